//! From which address a request comes, as far as it can be known. Clerk counts attempts to sign in by it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap};

/// The other end of the connection. Where that is a machine of our own, which only a load balancer or a web server before
/// us is, the last address it wrote into `X-Forwarded-For`: every earlier one is what the caller says of itself.
pub(crate) fn of(headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let peer = peer.ip().to_canonical();
    Some(if is_ours(peer) { last_forwarded(headers).unwrap_or(peer) } else { peer })
}

fn is_ours(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let line = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = line.rsplit(',').next()?.trim();
    last.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&'static str]) -> Option<String> {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", http::HeaderValue::from_static(line));
        }
        of(&headers, &extensions).map(|address| address.to_string())
    }

    #[test]
    fn a_caller_cannot_say_where_it_is() {
        for (peer, forwarded, expected) in [
            ("203.0.113.7:5000", vec![], "203.0.113.7"),
            ("203.0.113.7:5000", vec!["198.51.100.1"], "203.0.113.7"),
            ("10.0.0.2:5000", vec!["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            ("127.0.0.1:5000", vec!["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
            ("[::1]:5000", vec!["203.0.113.7:44321"], "203.0.113.7"),
            ("[::ffff:10.0.0.2]:5000", vec!["2001:db8::7"], "2001:db8::7"),
            ("[fd00::2]:5000", vec!["[2001:db8::7]:443"], "2001:db8::7"),
            ("10.0.0.2:5000", vec!["203.0.113.7, nonsense"], "10.0.0.2"),
            ("10.0.0.2:5000", vec![], "10.0.0.2"),
        ] {
            assert_eq!(seen(peer, &forwarded).as_deref(), Some(expected), "{peer} {forwarded:?}");
        }
        assert_eq!(of(&HeaderMap::new(), &Extensions::new()), None);
    }
}
