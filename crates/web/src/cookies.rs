//! Our own few cookies. Their values are words of ours, never what somebody typed.
//!
//! Over TLS their names begin with `__Host-`: a browser takes such a cookie from this very host alone, so no sub-domain and
//! nobody on the unencrypted way can put one in its place.

use std::borrow::Cow;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::Config;

/// The first cookie of a name.
pub(crate) fn value<'a>(config: &Config, headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    let name = full_name(config, name);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// `Set-Cookie` that lives this long; out of scripts' reach.
pub(crate) fn set(config: &Config, name: &'static str, value: &str, seconds: u32) -> HeaderValue {
    let secure = if config.is_https() { "; Secure" } else { "" };
    let name = full_name(config, name);
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).expect("names and values are words of ours, visible ASCII")
}

/// `Set-Cookie` that makes the browser forget it.
pub(crate) fn forget(config: &Config, name: &'static str) -> HeaderValue {
    set(config, name, "", 0)
}

fn full_name(config: &Config, name: &'static str) -> Cow<'static, str> {
    if config.is_https() { Cow::Owned(format!("__Host-{name}")) } else { Cow::Borrowed(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    #[test]
    fn the_first_of_a_name_counts() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; theme=dark;b=2".parse().unwrap());
        headers.append(COOKIE, "theme=light".parse().unwrap());
        let local = config("http://localhost:3000");
        assert_eq!(value(&local, &headers, "theme"), Some("dark"));
        assert_eq!(value(&local, &headers, "b"), Some("2"));
        assert_eq!(value(&local, &headers, "heme"), None);
    }

    #[test]
    fn cookies_are_of_this_host_alone_where_browsers_talk_tls() {
        let text = |public| set(&config(public), "theme", "dark", 60).to_str().unwrap().to_owned();
        assert_eq!(text("http://localhost:3000"), "theme=dark; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
        let tls = "__Host-theme=dark; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(text("https://app.example.com"), tls);
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "theme=dark; __Host-theme=light".parse().unwrap());
        assert_eq!(value(&config("https://app.example.com"), &headers, "theme"), Some("light"));
    }
}
