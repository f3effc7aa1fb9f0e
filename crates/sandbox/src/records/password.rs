//! Passwords, as people choose them.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::errors::ApiError;
use crate::ids;

/// Characters of a password, as the environment says them.
pub(crate) const LENGTH: std::ops::RangeInclusive<usize> = 8..=72;

/// One password, unreadable.
///
/// Hashed once with a salt, where Clerk makes guessing slow: nobody guesses here, everything is on one machine and for
/// its owner's eyes only, and tests sign in often. It is hashed all the same so that a password somebody really uses
/// does not lie about in a file.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Password {
    salt: String,
    hash: String,
    /// When it was chosen.
    pub(crate) chosen_at: Millis,
}

impl Password {
    /// The password, if it is long enough and not too long.
    pub(crate) fn choose(param: &str, text: &str, now: Millis) -> Result<Self, ApiError> {
        let (least, most) = (LENGTH.start(), LENGTH.end());
        let length = text.chars().count();
        if length < *least {
            return Err(ApiError::form(
                "form_password_length_too_short",
                param,
                format!("Passwords must be {least} characters or more."),
            ));
        }
        if length > *most {
            return Err(ApiError::form(
                "form_password_length_too_long",
                param,
                format!("Passwords must be less than {} characters.", most + 1),
            ));
        }
        let salt = ids::letters(16);
        Ok(Self { hash: hash(&salt, text), salt, chosen_at: now })
    }

    /// 422 unless it is the one.
    pub(crate) fn check(&self, param: &str, text: &str) -> Result<(), ApiError> {
        verify_slices_are_equal(self.hash.as_bytes(), hash(&self.salt, text).as_bytes()).map_err(|_| {
            ApiError::form("form_password_incorrect", param, "Password is incorrect. Try again, or use another method.")
        })
    }
}

fn hash(salt: &str, text: &str) -> String {
    STANDARD_NO_PAD.encode(digest(&SHA256, format!("{salt}.{text}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_one_is_taken_and_cannot_be_read() {
        let password = Password::choose("password", "correct horse", 0).unwrap();
        assert!(password.check("password", "correct horse").is_ok());
        assert_eq!(password.check("password", "Correct horse").unwrap_err().code, "form_password_incorrect");
        let again = Password::choose("password", "correct horse", 0).unwrap();
        assert_ne!(password.hash, again.hash, "each has a salt of its own");
        assert!(!serde_json::to_string(&password).unwrap().contains("horse"));
    }

    #[test]
    fn its_length_is_bounded() {
        let code = |length| Password::choose("password", &"é".repeat(length), 0).map_err(|refusal| refusal.code).err();
        assert_eq!((code(7), code(8), code(72)), (Some("form_password_length_too_short"), None, None));
        assert_eq!(code(73), Some("form_password_length_too_long"));
    }
}
