//! Identifiers in Clerk's form: a prefix that tells the noun, then 27 letters and digits.

use rand::Rng as _;
use rand::distr::Alphanumeric;

const LENGTH: usize = 27;

/// A fresh identifier such as `user_…`; the prefix comes with its underscore.
pub(crate) fn fresh(prefix: &str) -> String {
    format!("{prefix}{}", letters(LENGTH))
}

/// Random letters and digits, about six bits each.
pub(crate) fn letters(count: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(count).map(char::from).collect()
}

/// Six random digits, for a mail.
pub(crate) fn digits() -> String {
    format!("{:06}", rand::rng().random_range(0..1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_six_digits() {
        for _ in 0..100 {
            let code = digits();
            assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
        }
    }
}
