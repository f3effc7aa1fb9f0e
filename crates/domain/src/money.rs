//! Amounts as people read them in British English: `$29`, `€34.50`, `¥2,900`, `CHF 1,200.50`.

use std::fmt;

/// An amount of a currency.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Money {
    minor: i64,
    currency: String,
}

impl Money {
    /// So many of the currency's smallest unit.
    pub fn new(minor: i64, currency: &str) -> Self {
        Self { minor, currency: currency.to_ascii_lowercase() }
    }

    /// The same without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        Self { minor: self.minor.abs(), currency: self.currency.clone() }
    }

    /// How many digits stand behind the point: as in Stripe's list of currencies without, and with three.
    fn digits(&self) -> u32 {
        match self.currency.as_str() {
            "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf" | "ugx" | "vnd" | "vuv"
            | "xaf" | "xof" | "xpf" => 0,
            "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
            _ => 2,
        }
    }

    fn symbol(&self) -> String {
        match self.currency.as_str() {
            "usd" => "$".to_owned(),
            "eur" => "€".to_owned(),
            "gbp" => "£".to_owned(),
            "jpy" => "¥".to_owned(),
            // A code is set off from the number, and stays with it.
            other => format!("{}\u{a0}", other.to_ascii_uppercase()),
        }
    }
}

/// Whole amounts without decimals.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        let unit = 10_u64.pow(digits);
        let (whole, part) = (self.minor.unsigned_abs() / unit, self.minor.unsigned_abs() % unit);
        if self.minor < 0 {
            f.write_str("−")?;
        }
        write!(f, "{}{}", self.symbol(), grouped(whole))?;
        if part > 0 { write!(f, ".{part:0width$}", width = digits as usize) } else { Ok(()) }
    }
}

/// `1,234,567`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_they_are_written() {
        let money = |minor, currency| Money::new(minor, currency).to_string();
        assert_eq!(money(2900, "usd"), "$29");
        assert_eq!(money(3450, "EUR"), "€34.50");
        assert_eq!(money(5, "gbp"), "£0.05");
        assert_eq!(money(0, "usd"), "$0");
        assert_eq!(money(-1234, "usd"), "−$12.34");
        assert_eq!(money(2900, "jpy"), "¥2,900");
        assert_eq!(money(1_234_567_890, "jpy"), "¥1,234,567,890");
        assert_eq!(money(1500, "kwd"), "KWD\u{a0}1.500");
        assert_eq!(money(120_050, "chf"), "CHF\u{a0}1,200.50");
        assert_eq!(money(i64::MIN, "jpy"), "−¥9,223,372,036,854,775,808");
    }
}
