//! Which headers go to Clerk, and which come back.

use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, FORWARDED, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// They belong to one connection, and end with it.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Made anew for the next request, or a caller's word for who asks: other names of what `X-Forwarded-For` says.
const NOT_SENT: [HeaderName; 7] = [
    HOST,
    CONTENT_LENGTH,
    EXPECT,
    FORWARDED,
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("cf-connecting-ip"),
    HeaderName::from_static("true-client-ip"),
];

/// How the names of Clerk's cookies begin; whatever else there is belongs to the product.
const CLERKS_COOKIES: [&[u8]; 4] = [b"__client", b"__clerk", b"__session", b"__refresh"];

/// What of a browser's request is passed on.
pub(super) fn to_clerk(all: &HeaderMap) -> HeaderMap {
    let mut kept = passing(all);
    for name in NOT_SENT {
        kept.remove(name);
    }
    let cookies: Vec<&[u8]> = all.get_all(COOKIE).iter().flat_map(clerks_cookies).collect();
    kept.remove(COOKIE);
    if !cookies.is_empty()
        && let Ok(cookies) = HeaderValue::from_bytes(&cookies.join(b"; ".as_slice()))
    {
        kept.insert(COOKIE, cookies);
    }
    kept
}

/// What of Clerk's answer is passed on, cookies included. Our own headers are never among it, whoever sends them back.
pub(super) fn from_clerk(all: &HeaderMap) -> HeaderMap {
    passing(all)
}

/// Everything but what belongs to the connection, by its name or because `Connection` names it, and what is the proxy's
/// own to say.
fn passing(all: &HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = all
        .get_all(CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let passes =
        |name: &HeaderName| !HOP_BY_HOP.contains(name) && !named.contains(name) && !clerk::Frontend::is_ours(name);
    let mut kept = HeaderMap::with_capacity(all.len());
    for (name, value) in all.iter().filter(|(name, _)| passes(name)) {
        kept.append(name, value.clone());
    }
    kept
}

fn clerks_cookies(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let pairs = line.as_bytes().split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    pairs.filter(|pair| CLERKS_COOKIES.iter().any(|name| pair.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn only_clerks_cookies_leave() {
        let all = headers(&[
            ("cookie", "theme=dark; __session=a; __Host-flash=x;__client_uat_abc=1"),
            ("cookie", "x__client=2; __refresh_abc=3; __clerk_db_jwt=4; tenantry=__session"),
        ]);
        let kept = to_clerk(&all);
        let lines: Vec<_> = kept.get_all(COOKIE).iter().collect();
        assert_eq!(lines, ["__session=a; __client_uat_abc=1; __refresh_abc=3; __clerk_db_jwt=4"]);
        assert!(to_clerk(&headers(&[("cookie", "theme=dark")])).get(COOKIE).is_none());
    }

    #[test]
    fn what_belongs_to_the_connection_ends_with_it() {
        let all = headers(&[
            ("connection", "Keep-Alive, X-Named"),
            ("connection", "x-other"),
            ("x-named", "1"),
            ("x-other", "1"),
            ("te", "trailers"),
            ("origin", "https://app.example"),
            ("set-cookie", "__client=1; HttpOnly"),
            ("set-cookie", "__client_uat=2"),
            ("clerk-secret-key", "sk_live_mine"),
        ]);
        let names = |map: HeaderMap| map.keys().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
        let back = from_clerk(&all);
        assert_eq!(back.get_all("set-cookie").iter().count(), 2);
        let mut back = names(back);
        back.sort();
        assert_eq!(back, ["origin", "set-cookie"]);
        let forged = [("x-forwarded-for", "9.9.9.9"), ("x-real-ip", "9.9.9.9"), ("forwarded", "for=9.9.9.9")];
        assert!(names(to_clerk(&headers(&forged))).is_empty());
    }
}
