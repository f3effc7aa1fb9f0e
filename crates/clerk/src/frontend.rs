//! The Frontend API, asked for a browser by the application that is its proxy.
//!
//! Protocol: Clerk's guide to proxying. Three headers go with every request: where the proxy is, the secret key that
//! allows it to be one, and who asks.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use reqwest::{Body, Client, Method};
use secrecy::ExposeSecret as _;
use tokio::time::timeout;
use url::Url;

use crate::config::Config;
use crate::error::Error;
use crate::http_client::unreachable;

/// Path of the proxy below the application: what Clerk's own SDKs take when told nothing else.
pub const PROXY_PATH: &str = "/__clerk";

const PROXY_URL: HeaderName = HeaderName::from_static("clerk-proxy-url");
const SECRET_KEY: HeaderName = HeaderName::from_static("clerk-secret-key");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Until an answer begins.
const ANSWER: Duration = Duration::from_secs(10);

/// Until it has ended: it is passed on no faster than a browser takes it.
const WHOLE: Duration = Duration::from_secs(120);

/// The Frontend API as a proxy reaches it. Never follows a redirect.
pub struct Frontend {
    client: Client,
    /// Without a slash at its end.
    base: String,
    ours: HeaderMap,
}

impl fmt::Debug for Frontend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Frontend").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Frontend {
    /// `None` where the application is not the proxy.
    pub(crate) fn new(client: Client, config: &Config) -> Option<Self> {
        let (base, proxy) = (config.fapi_url.as_ref()?, config.proxy_url.as_ref()?);
        let authority = proxy.as_str().split('/').nth(2).unwrap_or_default();
        // Checked with the configuration: URLs are ASCII, and so is the key.
        let mut secret = HeaderValue::from_str(config.secret_key.expose_secret()).ok()?;
        secret.set_sensitive(true);
        let ours = [
            (PROXY_URL, HeaderValue::from_str(proxy.as_str().trim_end_matches('/')).ok()?),
            (FORWARDED_HOST, HeaderValue::from_str(authority).ok()?),
            (FORWARDED_PROTO, HeaderValue::from_str(proxy.scheme()).ok()?),
            (SECRET_KEY, secret),
        ];
        Some(Self { client, base: base.as_str().trim_end_matches('/').to_owned(), ours: ours.into_iter().collect() })
    }

    /// Whether a header says who the proxy is or for whom it asks, which is the proxy's own to say.
    #[must_use]
    pub fn is_ours(name: &HeaderName) -> bool {
        [PROXY_URL, SECRET_KEY, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO].contains(name)
    }

    /// Asks for `below`, path and query behind the proxy's own path, beginning with a slash. What `headers` says of the
    /// proxy is replaced.
    ///
    /// # Errors
    /// [`Error::Unreachable`] without an answer; [`Error::Decode`] for an address that does not stay below the API's.
    pub async fn ask(
        &self,
        method: Method,
        below: &str,
        client_ip: Option<IpAddr>,
        mut headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Response<Body>, Error> {
        let url = address(&self.base, below)?;
        headers.remove(HOST);
        headers.remove(FORWARDED_FOR);
        for (name, value) in &self.ours {
            headers.insert(name.clone(), value.clone());
        }
        if let Some(address) = client_ip.and_then(|address| HeaderValue::try_from(address.to_string()).ok()) {
            headers.insert(FORWARDED_FOR, address);
        }
        let mut request = self.client.request(method, url).headers(headers).timeout(WHOLE);
        if !body.is_empty() {
            request = request.body(body);
        }
        match timeout(ANSWER, request.send()).await {
            Ok(answer) => answer.map(Into::into).map_err(unreachable),
            Err(late) => Err(Error::Unreachable(Box::new(late))),
        }
    }
}

/// Joined as text; what parsing makes of dots and slashes must still lie below the base.
fn address(base: &str, below: &str) -> Result<Url, Error> {
    let outside = || Error::Decode("the address does not stay below the Frontend API's".into());
    let url = Url::parse(&format!("{base}{below}")).map_err(|_| outside())?;
    let stays = below.starts_with('/') && url.as_str().starts_with(&format!("{base}/"));
    if stays { Ok(url) } else { Err(outside()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stays_below_the_base() {
        let below_api = |below: &str| address("https://clerk.example/fapi", below).map(String::from);
        assert_eq!(below_api("/v1/client?a=%2f").unwrap(), "https://clerk.example/fapi/v1/client?a=%2f");
        assert_eq!(below_api("//evil.example/x").unwrap(), "https://clerk.example/fapi//evil.example/x");
        for below in
            ["/../bapi/v1/users", "/%2e%2e/bapi", "/v1/../../bapi", "/..", "\\..\\..\\bapi", "", "@evil.example/"]
        {
            assert!(below_api(below).is_err(), "{below}");
        }
        for below in [".evil.example/x", "@evil.example/x", ":1/x"] {
            assert!(address("https://clerk.example", below).is_err(), "{below}");
        }
    }
}
