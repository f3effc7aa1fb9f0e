//! The card form, and what is wrong with a card before anybody asks its bank.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::stripe::cards::by_number;
use crate::stripe::clock::Seconds;
use crate::stripe::errors::StripeError;
use crate::stripe::pages::fields::{Field, Fields, REQUIRED};
use crate::stripe::records::Card;

/// What a card says that is on nobody's list.
const LIVE: &str = "Your card was declined. Your request was in test mode, but used a non test card. For a list of test cards, see \
     below.";

/// The fields of a card.
pub(super) fn card_fields(optional: bool) -> Vec<Field> {
    let fields = [
        Field::digits("number", "Card number", "cc-number", "1234 1234 1234 1234", false),
        Field::digits("expiry", "Expiry", "cc-exp", "MM / YY", true),
        Field::digits("cvc", "CVC", "cc-csc", "CVC", true),
        Field::text("name", "Name on card", "cc-name"),
    ];
    fields.map(|field| Field { optional, ..field }).into()
}

/// Whether a card was begun to be typed.
pub(super) fn is_typed(fields: &Fields) -> bool {
    ["number", "expiry", "cvc"].iter().any(|name| fields.value(name).is_some())
}

/// The card that was typed; complaints are left in the fields.
pub(super) fn read_card(fields: &mut Fields, now: Seconds) -> Option<Card> {
    let number = fields.value("number").unwrap_or_default();
    let digits: String = number.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.is_empty() || (digits.len() < 15 && digits.bytes().all(|digit| digit.is_ascii_digit())) {
        fields.refuse("number", "Your card number is incomplete.");
    } else if !is_card_number(&digits) {
        fields.refuse("number", "Your card number is invalid.");
    }
    let expiry = fields.value("expiry").unwrap_or_default();
    let expires = read_expiry(&expiry);
    match expires {
        None => fields.refuse("expiry", "Your card's expiration date is incomplete."),
        Some((month, _)) if !(1..=12).contains(&month) => {
            fields.refuse("expiry", "Your card's expiration date is invalid.");
        }
        Some((month, year)) if (year, month) < month_of(now) => {
            fields.refuse("expiry", "Your card's expiration date is in the past.");
        }
        Some((_, year)) if year > month_of(now).0 + 50 => {
            fields.refuse("expiry", "Your card's expiration year is invalid.");
        }
        Some(_) => {}
    }
    let cvc = fields.value("cvc").unwrap_or_default();
    let length = if digits.starts_with("34") || digits.starts_with("37") { 3..=4 } else { 3..=3 };
    if !length.contains(&cvc.len()) || !cvc.bytes().all(|digit| digit.is_ascii_digit()) {
        fields.refuse("cvc", "Your card's security code is incomplete.");
    }
    if fields.has("name") && fields.value("name").is_none() {
        fields.refuse("name", REQUIRED);
    }
    if !fields.are_good() {
        return None;
    }
    let (month, year) = expires?;
    let Some(card) = by_number(&digits) else {
        fields.refuse("number", LIVE);
        return None;
    };
    Some(card.card(month, year))
}

/// Puts a refusal where it belongs; answers with what belongs to no field.
pub(super) fn place(fields: &mut Fields, refusal: &StripeError) -> Option<String> {
    let name = match refusal.code {
        Some("incorrect_cvc") => "cvc",
        Some("expired_card") => "expiry",
        Some("incorrect_number") => "number",
        _ => "",
    };
    if fields.has(name) {
        fields.refuse(name, &refusal.message);
        return None;
    }
    Some(refusal.message.clone())
}

/// Year and month of a moment.
fn month_of(now: Seconds) -> (i64, i64) {
    let moment = Timestamp::from_second(now).unwrap_or_default().to_zoned(TimeZone::UTC);
    (moment.year().into(), moment.month().into())
}

/// Month and year of `12 / 34`, `1234`, `1/2034`.
fn read_expiry(text: &str) -> Option<(i64, i64)> {
    let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let (month, year) = match text.split_once(['/', '-']) {
        Some(parts) => parts,
        None if text.len() == 4 => text.split_at_checked(2)?,
        None => return None,
    };
    if !matches!(year.len(), 2 | 4) {
        return None;
    }
    let (month, year): (i64, i64) = (month.parse().ok()?, year.parse().ok()?);
    Some((month, if year < 100 { 2_000 + year } else { year }))
}

/// Whether the last digit is the check of the others.
fn is_card_number(digits: &str) -> bool {
    let sum: Option<u32> = digits
        .chars()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = digit.to_digit(10)?;
            let doubled = if place % 2 == 1 { digit * 2 } else { digit };
            Some(if doubled > 9 { doubled - 9 } else { doubled })
        })
        .sum();
    (15..=19).contains(&digits.len()) && sum.is_some_and(|sum| sum % 10 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_type_them() {
        for text in ["12 / 34", "12/34", "1234", "12/2034", "12-34"] {
            assert_eq!(read_expiry(text), Some((12, 2034)), "{text}");
        }
        assert_eq!(read_expiry("1/30"), Some((1, 2030)));
        for text in ["", "12", "123", "12/3", "12/34567", "ab/cd", "é12"] {
            assert_eq!(read_expiry(text), None, "{text}");
        }
    }

    #[test]
    fn one_wrong_digit_is_noticed() {
        assert!(is_card_number("4242424242424242") && is_card_number("378282246310005"));
        for bad in ["4242424242424241", "42424242424242", "42424242424242424242424", "abcd424242424242"] {
            assert!(!is_card_number(bad), "{bad}");
        }
    }

    fn typed(number: &str, expiry: &str, cvc: &str) -> (Option<Card>, Vec<(String, String)>) {
        let mut fields = Fields(card_fields(false));
        for (name, value) in [("number", number), ("expiry", expiry), ("cvc", cvc), ("name", "Ada")] {
            fields.0.iter_mut().find(|field| field.name == name).unwrap().value = value.to_owned();
        }
        let now = "2026-06-15T00:00:00Z".parse::<Timestamp>().unwrap().as_second();
        let card = read_card(&mut fields, now);
        (card, fields.0.into_iter().filter_map(|field| Some((field.name, field.error?))).collect())
    }

    #[test]
    fn a_card_may_end_this_month_and_not_before() {
        let (card, _) = typed("4242 4242 4242 4242", "06/26", "123");
        assert_eq!(card.map(|card| (card.exp_month, card.exp_year)), Some((6, 2026)));
        for (number, expiry, cvc, name) in [
            ("4242", "06/26", "123", "number"),
            ("4242424242424241", "06/26", "123", "number"),
            ("4111111111111111", "06/26", "123", "number"),
            ("4242424242424242", "05/26", "123", "expiry"),
            ("4242424242424242", "13/26", "123", "expiry"),
            ("4242424242424242", "01/99", "123", "expiry"),
            ("4242424242424242", "06/26", "12", "cvc"),
            ("4242424242424242", "06/26", "1234", "cvc"),
        ] {
            let (card, errors) = typed(number, expiry, cvc);
            assert!(card.is_none());
            assert_eq!(errors.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), [name], "{number} {expiry}");
        }
        assert!(typed("378282246310005", "06/26", "1234").0.is_some());
    }
}
