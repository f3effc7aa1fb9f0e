//! Makes every call once, with every field that it can have, against whatever `STRIPE_API_BASE` is. Written out in full,
//! so that a new field does not compile before it is here, and compared with Stripe's own library by
//! `e2e/stripe_requests.test.mjs`, which makes the same calls in the same order.

mod billing;
mod catalogue;
mod people;

use std::error::Error;

use jiff::Timestamp;
use stripe::types::Metadata;
use stripe::{Config, ConfigParts, Idempotency, Stripe};

type Done = Result<(), Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let stripe = Stripe::new(&Config::from_parts(ConfigParts {
        api_base: Some(std::env::var("STRIPE_API_BASE")?),
        secret_key: "sk_test_compared".to_owned().into(),
        calls_in_a_second: Some(1_000),
        ..ConfigParts::default()
    })?)?;
    catalogue::calls(&stripe).await?;
    people::calls(&stripe).await?;
    billing::calls(&stripe).await
}

fn key() -> Idempotency {
    Idempotency::key("org:org_1:compared")
}

fn metadata() -> Metadata {
    [("org_id".to_owned(), "org_1".to_owned()), ("tags [&=]".to_owned(), "ä + b".to_owned())].into()
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}
