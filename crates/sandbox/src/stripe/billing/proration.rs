//! The arithmetic of prorations: by the second, rounded to the nearest minor unit.

use crate::stripe::clock::Seconds;

/// The share of an amount that falls to the time from a moment to the end of its span.
pub(super) fn share(amount: i64, from: Seconds, start: Seconds, end: Seconds) -> i64 {
    if end <= start {
        return 0;
    }
    let (whole, part) = (i128::from(end - start), i128::from(end - from.clamp(start, end)));
    let doubled = 2 * i128::from(amount) * part;
    // Halves go away from zero.
    let rounded = (doubled + if amount < 0 { -whole } else { whole }) / (2 * whole);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_to_the_nearest() {
        assert_eq!(share(2_900, 0, 0, 30), 2_900);
        assert_eq!(share(2_900, 15, 0, 30), 1_450);
        assert_eq!(share(100, 20, 0, 30), 33);
        assert_eq!(share(100, 10, 0, 30), 67);
        assert_eq!(share(1, 15, 0, 30), 1, "a half");
        assert_eq!(share(-1, 15, 0, 30), -1, "a half, the other way");
        assert_eq!(share(2_900, 30, 0, 30), 0);
        assert_eq!(share(2_900, 31, 0, 30), 0, "later than the end");
        assert_eq!(share(2_900, -1, 0, 30), 2_900, "earlier than the beginning");
        assert_eq!(share(2_900, 0, 30, 30), 0, "no time at all");
    }
}
