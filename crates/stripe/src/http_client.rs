//! The HTTP client under the API: timeouts, no redirects, bounded answers.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::config::Config;
use crate::error::Error;

/// A whole attempt, answer included. Stripe takes its time over what charges a card.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// Making the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) fn build(config: &Config) -> Result<Client, Error> {
    let mut builder = Client::builder()
        .timeout(config.call_timeout.unwrap_or(CALL_TIMEOUT))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .user_agent(concat!("tenantry-stripe/", env!("CARGO_PKG_VERSION")));
    if config.stays_on_this_machine() {
        // Neither the system's certificates (a bare machine has none) nor its proxy are any use on loopback.
        builder = builder.no_proxy().tls_certs_only([]);
    }
    builder.build().map_err(unreachable)
}

/// A transport error without its URL, which holds ids of customers.
pub(crate) fn unreachable(error: reqwest::Error) -> Error {
    Error::Unreachable(Box::new(error.without_url()))
}

/// Reads a body up to `most` bytes.
pub(crate) async fn read_bounded(mut response: Response, most: usize) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > most {
            return Err(Error::Decode(format!("the answer is larger than {most} bytes").into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
