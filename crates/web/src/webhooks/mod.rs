//! Vendors' webhooks: verified over the raw body, recorded once, answered at once. The worker looks into them.

pub(crate) mod clerk;
mod self_test;
pub(crate) mod stripe;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use crate::error::Error;

pub use self_test::SelfTest;

/// Longer than any id that a vendor makes.
const LONGEST_ID: usize = 256;

/// A word of the vendor's as it can be logged.
fn plain(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(LONGEST_ID).collect()
}

/// A header that stands there once. One that is doubled may be read by somebody else as its other value.
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    all.next().filter(|_| all.next().is_none())?.to_str().ok()
}

/// What was signed are the bytes that came: packed ones are not unpacked, and only JSON is sent.
fn is_plain_json(headers: &HeaderMap) -> bool {
    let kind = once(headers, CONTENT_TYPE.as_str()).and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json") && !headers.contains_key(CONTENT_ENCODING)
}

fn refused() -> Error {
    Error::BadRequest { code: "webhook_refused", message: "The signature is not what is expected.".to_owned() }
}
