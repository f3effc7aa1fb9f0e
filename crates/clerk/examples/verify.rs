//! Measures session verification for `script/bench verify`: one thread, keys given, no network.
//!
//! Takes a file with a public key, a publishable key and tokens; writes how many requests a second were judged, with
//! tokens never seen before and with one that is known.

use std::error::Error;
use std::io::Write as _;
use std::time::Instant;

use clerk::{Clerk, Config, ConfigParts, Outcome, Request};
use http::{HeaderMap, HeaderValue, Method};
use serde::Deserialize;
use serde_json::json;
use url::Url;

#[derive(Deserialize)]
struct Input {
    pem: String,
    publishable_key: String,
    party: String,
    tokens: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("a file with tokens, please")?;
    let input: Input = serde_json::from_slice(&std::fs::read(path)?)?;
    let clerk = Clerk::new(Config::from_parts(ConfigParts {
        publishable_key: input.publishable_key,
        secret_key: "sk_test_measured".to_owned().into(),
        jwt_key: Some(input.pem),
        authorized_parties: vec![input.party.clone()],
        ..ConfigParts::default()
    })?)?;
    let url = Url::parse(&input.party)?;
    let headers = |token: &String| -> Result<HeaderMap, Box<dyn Error>> {
        let value = HeaderValue::try_from(format!("Bearer {token}"))?;
        Ok([(http::header::AUTHORIZATION, value)].into_iter().collect())
    };
    let all: Vec<HeaderMap> = input.tokens.iter().map(headers).collect::<Result<_, _>>()?;
    let one = all.first().ok_or("no tokens")?;
    let new = judge(&clerk, &url, all.iter()).await?;
    let known = judge(&clerk, &url, std::iter::repeat_n(one, 200_000)).await?;
    writeln!(std::io::stdout(), "{}", json!({ "new": new, "known": known }))?;
    Ok(())
}

/// Requests a second.
async fn judge<'a>(
    clerk: &Clerk,
    url: &Url,
    requests: impl Iterator<Item = &'a HeaderMap>,
) -> Result<f64, Box<dyn Error>> {
    let began = Instant::now();
    let mut count = 0_u32;
    for headers in requests {
        let outcome = clerk.authenticate(&Request { method: &Method::GET, public_url: url, headers }).await;
        let Outcome::SignedIn(_) = outcome else { return Err("an honest token was refused".into()) };
        count += 1;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}
