//! Amounts, counted in the smallest unit of their currency, and never in floating point.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// Currencies without a smaller unit, as Stripe lists them. Not ISK and UGX: they have none either, but Stripe goes on
/// counting them in hundredths.
const WHOLE: &[&str] =
    &["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"];

/// Currencies whose unit has a thousand parts, as Stripe lists them.
const THOUSANDTHS: &[&str] = &["bhd", "jod", "kwd", "omr", "tnd"];

/// A currency by its three letters, small as Stripe writes them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// The text is not three letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three letters, such as eur")]
pub struct InvalidCurrency;

impl Currency {
    /// Three letters, large or small.
    ///
    /// # Errors
    /// [`InvalidCurrency`] for anything else. Whether there is such a currency is for Stripe to say.
    pub fn parse(text: &str) -> Result<Self, InvalidCurrency> {
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_| InvalidCurrency)?;
        if !letters.iter().all(u8::is_ascii_alphabetic) {
            return Err(InvalidCurrency);
        }
        Ok(Self(letters.map(|letter| letter.to_ascii_lowercase())))
    }

    /// `eur`
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("three ASCII letters")
    }

    /// How many digits the smallest unit lies behind the point: 2 for most, 0 for yen, 3 for dinars.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        if WHOLE.contains(&self.as_str()) {
            0
        } else if THOUSANDTHS.contains(&self.as_str()) {
            3
        } else {
            2
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Currency({})", self.as_str())
    }
}

impl fmt::Display for Currency {
    /// `EUR`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.as_str().to_ascii_uppercase())
    }
}

impl std::str::FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        Self::parse(text)
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// An amount. Below zero it is owed to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// How many of the smallest unit: cents, yen, fils.
    pub minor: i64,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// So many of the smallest unit.
    #[must_use]
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The number alone, with a point: `-12.40`. How a reader's language writes it is for whoever shows it.
    #[must_use]
    pub fn decimal(&self) -> String {
        let decimals = self.currency.decimals();
        let sign = if self.minor < 0 { "-" } else { "" };
        let (units, parts) =
            (self.minor.unsigned_abs() / 10_u64.pow(decimals), self.minor.unsigned_abs() % 10_u64.pow(decimals));
        if decimals == 0 {
            return format!("{sign}{units}");
        }
        format!("{sign}{units}.{parts:0width$}", width = decimals as usize)
    }
}

impl fmt::Display for Money {
    /// `12.40 EUR`
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_shown_with_the_digits_of_its_currency() {
        for (minor, currency, shown) in [
            (1240, "eur", "12.40 EUR"),
            (-5, "usd", "-0.05 USD"),
            (0, "usd", "0.00 USD"),
            (1240, "JPY", "1240 JPY"),
            (-1, "krw", "-1 KRW"),
            (1240, "kwd", "1.240 KWD"),
            (-7, "bhd", "-0.007 BHD"),
            (i64::MIN, "eur", "-92233720368547758.08 EUR"),
            (i64::MAX, "xof", "9223372036854775807 XOF"),
        ] {
            assert_eq!(Money::new(minor, Currency::parse(currency).unwrap()).to_string(), shown);
        }
    }

    #[test]
    fn a_currency_is_three_letters() {
        for text in ["", "e", "euro", "e r", "e1r", "€", "€r"] {
            assert_eq!(Currency::parse(text), Err(InvalidCurrency), "{text}");
        }
        let euro: Currency = serde_json::from_str("\"EUR\"").unwrap();
        assert_eq!((euro.as_str(), serde_json::to_string(&euro).unwrap().as_str()), ("eur", "\"eur\""));
        assert!(serde_json::from_str::<Currency>("\"euros\"").is_err());
    }

    #[test]
    fn the_lists_are_sorted_and_apart() {
        assert!(WHOLE.is_sorted() && THOUSANDTHS.is_sorted());
        assert!(WHOLE.iter().all(|currency| !THOUSANDTHS.contains(currency)));
    }
}
