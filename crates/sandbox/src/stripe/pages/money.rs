//! Amounts for people.

use crate::stripe::clock::Rhythm;

/// Currencies without a minor unit.
const WHOLE: [&str; 16] =
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"];

/// An amount with its currency: `€29.00`, `-$3.50`, `CHF 12.00`.
pub(super) fn money(amount: i64, currency: &str) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let symbol = match currency {
        "eur" => "€".to_owned(),
        "usd" => "$".to_owned(),
        "gbp" => "£".to_owned(),
        "jpy" => "¥".to_owned(),
        other => format!("{} ", other.to_ascii_uppercase()),
    };
    let amount = amount.unsigned_abs();
    let digits = if WHOLE.contains(&currency) {
        grouped(amount)
    } else {
        format!("{}.{:02}", grouped(amount / 100), amount % 100)
    };
    format!("{sign}{symbol}{digits}")
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How often: `per month`, `every 3 months`.
pub(super) fn every(rhythm: Rhythm) -> String {
    let interval = rhythm.interval.as_str();
    if rhythm.count == 1 { format!("per {interval}") } else { format!("every {} {interval}s", rhythm.count) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stripe::clock::Interval;

    #[test]
    fn amounts_are_written_as_people_write_them() {
        for (amount, currency, text) in [
            (2_900, "eur", "€29.00"),
            (-350, "usd", "-$3.50"),
            (123_456_789, "gbp", "£1,234,567.89"),
            (1_200, "chf", "CHF 12.00"),
            (1_200, "jpy", "¥1,200"),
            (0, "eur", "€0.00"),
            (5, "eur", "€0.05"),
        ] {
            assert_eq!(money(amount, currency), text);
        }
    }

    #[test]
    fn intervals_are_named() {
        assert_eq!(every(Rhythm { interval: Interval::Month, count: 1 }), "per month");
        assert_eq!(every(Rhythm { interval: Interval::Month, count: 3 }), "every 3 months");
    }
}
