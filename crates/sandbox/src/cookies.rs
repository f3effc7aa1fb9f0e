//! Cookies: reading the header, and writing the directives a handshake or a refresh sets on the application's host.

use http::HeaderMap;
use http::header::COOKIE;

/// Development browser's id, on every port of the host.
pub(crate) const DEV_BROWSER: &str = "__clerk_db_jwt";
/// The client, on the Frontend API's own host in production.
pub(crate) const CLIENT: &str = "__client";
/// A year, in seconds.
const YEAR: i64 = 365 * 24 * 60 * 60;

/// The first cookie of that name.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A cookie on this host that scripts can read.
pub(crate) fn keep(name: &str, value: &str, secure: bool) -> String {
    // Lax and without Secure on plain http: browsers drop SameSite=None cookies there, and the handshake loops.
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={YEAR}; SameSite=Lax{secure}")
}

/// As [`keep`], out of reach of scripts.
pub(crate) fn keep_hidden(name: &str, value: &str, secure: bool) -> String {
    format!("{}; HttpOnly", keep(name, value, secure))
}

/// A cookie for the next page load, out of reach of scripts.
pub(crate) fn keep_for_a_minute(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Max-Age=60; SameSite=Lax; HttpOnly")
}

/// Takes a cookie away.
pub(crate) fn remove(name: &str) -> String {
    format!("{name}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; __clerk_db_jwt_x=no".parse().unwrap());
        headers.append(COOKIE, "__clerk_db_jwt=yes=1".parse().unwrap());
        assert_eq!(read(&headers, DEV_BROWSER), Some("yes=1"));
        assert_eq!(read(&headers, "b"), None);
    }

    #[test]
    fn nothing_is_secure_on_plain_http() {
        assert_eq!(keep("a", "b", false), "a=b; Path=/; Max-Age=31536000; SameSite=Lax");
        assert!(keep_hidden("a", "b", true).ends_with("SameSite=Lax; Secure; HttpOnly"));
    }
}
