//! Codes by mail: asked for, tried, used up.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{MINUTE, Millis};
use crate::errors::ApiError;
use crate::ids;
use crate::state::State;

/// The code every test address takes.
const TEST_CODE: &str = "424242";
/// What makes an address a test address: nothing is sent to it.
const TEST_MARK: &str = "+clerk_test";
/// How long a code works.
const LIFE: Millis = 10 * MINUTE;
/// Wrong tries before a new code is needed.
const MOST_ATTEMPTS: u32 = 5;

/// One code that was sent, or would have been.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Challenge {
    code: String,
    attempts: u32,
    expire_at: Millis,
    verified: bool,
}

impl Challenge {
    /// Takes the code, or says why not in Clerk's words.
    pub(crate) fn attempt(&mut self, code: &str, now: Millis) -> Result<(), ApiError> {
        if self.verified {
            return Err(ApiError::bad_request(
                "verification_already_verified",
                "This verification has already been verified.",
            ));
        }
        if self.expire_at <= now {
            return Err(ApiError::bad_request(
                "verification_expired",
                "This verification has expired. You must create a new one.",
            ));
        }
        if self.attempts >= MOST_ATTEMPTS {
            return Err(ApiError::bad_request(
                "verification_failed",
                "Too many failed attempts. You have to try again with the same or another method.",
            ));
        }
        self.attempts += 1;
        if self.code != code.trim() {
            return Err(ApiError {
                long_message: Some("Incorrect code".to_owned()),
                ..ApiError::form("form_code_incorrect", "code", "is incorrect")
            });
        }
        self.verified = true;
        Ok(())
    }

    /// As `verification` of a sign-in, sign-up or address.
    pub(crate) fn json(&self, now: Millis) -> Value {
        let status = if self.verified {
            "verified"
        } else if self.attempts >= MOST_ATTEMPTS {
            "failed"
        } else if self.expire_at <= now {
            "expired"
        } else {
            "unverified"
        };
        json!({
            "object": "verification",
            "status": status,
            "strategy": "email_code",
            "attempts": self.attempts,
            "expire_at": self.expire_at,
            "error": null,
            "verified_at_client": null,
        })
    }
}

impl State {
    /// A new code for the address: the fixed one for a test address, else a random one that lands in the outbox.
    pub(crate) fn challenge(&mut self, address: &str, now: Millis) -> Challenge {
        let code = if is_test_address(address) {
            TEST_CODE.to_owned()
        } else {
            let code = ids::digits();
            self.mail_code(address, &code, now);
            code
        };
        Challenge { code, attempts: 0, expire_at: now + LIFE, verified: false }
    }
}

/// Whether the address is one nothing is sent to.
pub(crate) fn is_test_address(address: &str) -> bool {
    address.split_once('@').is_some_and(|(local, _)| local.contains(TEST_MARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_addresses_get_no_mail_and_others_do() {
        let mut state = State::default();
        let mut test = state.challenge("ada+clerk_test@example.com", 0);
        assert!(state.mails.is_empty());
        assert!(test.attempt("424242", 1).is_ok());

        let mut real = state.challenge("ada@clerk.example+clerk_test", 0);
        let code = state.mails[0].code.clone();
        assert_eq!(real.attempt("nope", 1).unwrap_err().code, "form_code_incorrect");
        assert!(real.attempt(&code, 1).is_ok());
        assert!(real.attempt(&code, 1).is_err(), "a code works once");
    }

    #[test]
    fn codes_wear_out() {
        let mut state = State::default();
        let mut challenge = state.challenge("ada+clerk_test@example.com", 0);
        assert_eq!(challenge.attempt("424242", LIFE).unwrap_err().code, "verification_expired");
        for _ in 0..MOST_ATTEMPTS {
            assert_eq!(challenge.attempt("1", 1).unwrap_err().code, "form_code_incorrect");
        }
        assert_eq!(challenge.attempt("424242", 1).unwrap_err().code, "verification_failed");
    }
}
