//! Idempotency keys: the first answer is kept and given again.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::stripe::book::Book;
use crate::stripe::clock::{DAY, Seconds};
use crate::stripe::errors::StripeError;

/// The longest a key may be.
const LONGEST: usize = 255;
/// How long answers are kept.
const LIFE: Seconds = DAY;

/// What became of a call with a key.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Kept {
    /// Address and parameters.
    fingerprint: String,
    begun: Seconds,
    /// Status and body, as JSON; none while it is under way.
    answer: Option<(u16, String)>,
}

/// What is to be done with a call.
#[derive(Debug, PartialEq)]
pub(crate) enum Turn {
    /// The first of its key.
    First,
    /// Answered before.
    Again(u16, Value),
}

impl Book {
    /// Begins a call with a key.
    pub(crate) fn begin(&mut self, key: &str, fingerprint: &str, now: Seconds) -> Result<Turn, StripeError> {
        if key.is_empty() || key.len() > LONGEST {
            return Err(StripeError::invalid(format!(
                "Invalid idempotency key: it must have 1 to {LONGEST} characters."
            )));
        }
        self.answers.retain(|_, kept| kept.begun + LIFE > now);
        match self.answers.get(key) {
            None => {
                let kept = Kept { fingerprint: fingerprint.to_owned(), begun: now, answer: None };
                self.answers.insert(key.to_owned(), kept);
                Ok(Turn::First)
            }
            Some(kept) if kept.fingerprint != fingerprint => Err(StripeError::other_parameters(key)),
            Some(Kept { answer: Some((status, body)), .. }) => {
                Ok(Turn::Again(*status, serde_json::from_str(body).unwrap_or_default()))
            }
            Some(_) => Err(StripeError::key_in_use(key)),
        }
    }

    /// Keeps the answer; one that was refused before anything was done is not kept.
    pub(crate) fn finish(&mut self, key: &str, status: u16, body: &Value) {
        if matches!(status, 400 | 401 | 403 | 404 | 409 | 429) {
            self.answers.remove(key);
        } else if let Some(kept) = self.answers.get_mut(key) {
            kept.answer = Some((status, body.to_string()));
        }
    }

    /// Forgets calls that never ended: the sandbox was stopped meanwhile.
    pub(crate) fn forget_unfinished(&mut self) {
        self.answers.retain(|_, kept| kept.answer.is_some());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_answer_counts_for_a_day() {
        let mut book = Book::default();
        assert_eq!(book.begin("k", "a", 0).unwrap(), Turn::First);
        assert_eq!(book.begin("k", "a", 1).unwrap_err().code, Some("idempotency_key_in_use"));
        book.finish("k", 200, &json!({"id": 1}));
        assert_eq!(book.begin("k", "a", LIFE - 1).unwrap(), Turn::Again(200, json!({"id": 1})));
        assert_eq!(book.begin("k", "b", 1).unwrap_err().status, 400);
        assert_eq!(book.begin("k", "b", LIFE).unwrap(), Turn::First, "forgotten");
        book.finish("k", 400, &json!({}));
        assert_eq!(book.begin("k", "c", LIFE).unwrap(), Turn::First, "nothing had been done");
        book.finish("k", 402, &json!({"error": 1}));
        assert_eq!(book.begin("k", "c", LIFE).unwrap(), Turn::Again(402, json!({"error": 1})));
        assert!(book.begin("", "a", 0).is_err() && book.begin(&"k".repeat(256), "a", 0).is_err());
    }
}
