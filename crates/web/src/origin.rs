//! Which host a request may be for, and whether a form was sent by one of our own pages.

use http::header::{COOKIE, HOST, ORIGIN};
use http::{HeaderMap, Method, Uri};

use crate::Config;

/// The names this server answers to.
#[derive(Debug)]
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    /// The public name, with and without the scheme's own port, and the loopback names of the address listened on.
    pub(crate) fn of(config: &Config) -> Self {
        let url = &config.public_base_url;
        let name = url.host_str().unwrap_or_default().to_owned();
        let mut names = Vec::new();
        if let Some(port) = url.port_or_known_default() {
            names.push(format!("{name}:{port}"));
        }
        if url.port().is_none() {
            names.push(name);
        }
        if let Some(port) = config.listen.map(|address| address.port()) {
            names.extend(["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{port}")));
        }
        Self(names)
    }

    /// Whether the request names one of them, once, wherever it names a host.
    pub(crate) fn know(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let known = |name: &str| self.0.iter().any(|one| one.eq_ignore_ascii_case(name));
        let mut named = headers.get_all(HOST).iter();
        let in_header = match (named.next(), named.next()) {
            (Some(host), None) => host.to_str().is_ok_and(known),
            (None, _) => uri.authority().is_some(),
            (Some(_), Some(_)) => false,
        };
        in_header && uri.authority().is_none_or(|authority| known(authority.as_str()))
    }
}

/// Whether a request that changes something and carries cookies comes from one of our own pages.
///
/// A sub-domain is not one of our own pages. A request without cookies carries nobody's rights and passes.
pub(crate) fn may_change(method: &Method, headers: &HeaderMap, own_origin: &str) -> bool {
    if method.is_safe() || !headers.contains_key(COOKIE) {
        return true;
    }
    let site = headers.get("sec-fetch-site").map(|value| matches!(value.as_bytes(), b"same-origin" | b"none"));
    let origin = headers.get(ORIGIN).map(|value| value.as_bytes() == own_origin.as_bytes());
    match (site, origin) {
        (None, None) => false,
        (site, origin) => site.unwrap_or(true) && origin.unwrap_or(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://app.example.com";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_our_own_pages_may_change_something_with_a_cookie() {
        for (expected, pairs) in [
            (true, vec![("sec-fetch-site", "same-origin"), ("origin", OWN)]),
            (true, vec![("sec-fetch-site", "same-origin")]),
            (true, vec![("origin", OWN)]),
            (true, vec![("sec-fetch-site", "none")]),
            (false, vec![]),
            (false, vec![("sec-fetch-site", "same-site"), ("origin", "https://evil.example.com")]),
            (false, vec![("sec-fetch-site", "cross-site")]),
            (false, vec![("sec-fetch-site", "same-origin"), ("origin", "null")]),
            (false, vec![("origin", "null")]),
            (false, vec![("origin", "https://app.example.com.evil.test")]),
            (false, vec![("origin", "http://app.example.com")]),
            (false, vec![("sec-fetch-site", "none"), ("origin", "https://evil.test")]),
            (false, vec![("sec-fetch-site", "Same-Origin")]),
        ] {
            let mut map = headers(&pairs);
            map.insert(COOKIE, "__session=x".parse().unwrap());
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert_eq!(may_change(&method, &map, OWN), expected, "{method} {pairs:?}");
            }
            assert!(may_change(&Method::GET, &map, OWN));
        }
        assert!(may_change(&Method::POST, &headers(&[("origin", "https://evil.test")]), OWN), "no cookie, no rights");
    }

    #[test]
    fn unknown_and_doubled_hosts_are_refused() {
        let hosts = Hosts(vec!["app.example.com:443".to_owned(), "app.example.com".to_owned()]);
        let path: Uri = "/x".parse().unwrap();
        let absolute: Uri = "http://evil.test/x".parse().unwrap();
        assert!(hosts.know(&path, &headers(&[("host", "app.example.com")])));
        assert!(hosts.know(&path, &headers(&[("host", "APP.example.com:443")])));
        assert!(!hosts.know(&path, &headers(&[("host", "app.example.com:80")])));
        assert!(!hosts.know(&path, &headers(&[("host", "evil.test")])));
        assert!(!hosts.know(&path, &headers(&[])));
        assert!(!hosts.know(&absolute, &headers(&[("host", "app.example.com")])));
        let mut two = headers(&[("host", "app.example.com")]);
        two.append(HOST, "app.example.com".parse().unwrap());
        assert!(!hosts.know(&path, &two));
    }
}
