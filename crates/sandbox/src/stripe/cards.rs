//! The test cards: what each of them does when it is saved and when it is charged.

use crate::stripe::errors::StripeError;
use crate::stripe::records::{Card, Mood};

/// What a bank says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    Accepts,
    /// Code, and the bank's own.
    Declines(&'static str, Option<&'static str>),
    /// Its holder has to confirm.
    Asks,
}

/// A card of Stripe's list.
#[derive(Debug)]
pub(crate) struct TestCard {
    pub(crate) number: &'static str,
    /// Its name in the API, such as `pm_card_visa`.
    token: &'static str,
    brand: &'static str,
    funding: &'static str,
    country: &'static str,
    /// When it is saved or paid with by its holder.
    pub(crate) saved: Reaction,
    /// When it is charged later.
    pub(crate) charged: Reaction,
    /// Whether confirming once is enough for ever.
    once: bool,
}

use Reaction::{Accepts, Asks, Declines};

const fn good(number: &'static str, token: &'static str, brand: &'static str) -> TestCard {
    TestCard { number, token, brand, funding: "credit", country: "US", saved: Accepts, charged: Accepts, once: false }
}

const fn bad(
    number: &'static str,
    token: &'static str,
    code: &'static str,
    decline_code: Option<&'static str>,
) -> TestCard {
    let reaction = Declines(code, decline_code);
    TestCard { saved: reaction, charged: reaction, ..good(number, token, "visa") }
}

const CARDS: [TestCard; 17] = [
    good("4242424242424242", "pm_card_visa", "visa"),
    TestCard { funding: "debit", ..good("4000056655665556", "pm_card_visa_debit", "visa") },
    good("5555555555554444", "pm_card_mastercard", "mastercard"),
    good("378282246310005", "pm_card_amex", "amex"),
    good("6011111111111117", "pm_card_discover", "discover"),
    TestCard { country: "DE", ..good("4000002760000016", "pm_card_de", "visa") },
    TestCard {
        charged: Declines("card_declined", Some("generic_decline")),
        ..good("4000000000000341", "pm_card_chargeCustomerFail", "visa")
    },
    bad("4000000000000002", "pm_card_visa_chargeDeclined", "card_declined", Some("generic_decline")),
    bad(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        "card_declined",
        Some("insufficient_funds"),
    ),
    bad("4000000000009987", "pm_card_visa_chargeDeclinedLostCard", "card_declined", Some("lost_card")),
    bad("4000000000009979", "pm_card_visa_chargeDeclinedStolenCard", "card_declined", Some("stolen_card")),
    bad("4000000000000069", "pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    bad("4000000000000127", "pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
    bad("4000000000000119", "pm_card_chargeDeclinedProcessingError", "processing_error", None),
    TestCard { charged: Asks, once: true, ..good("4000002500003155", "pm_card_authenticationRequiredOnSetup", "visa") },
    TestCard { charged: Asks, once: true, ..good("4000000000003220", "pm_card_threeDSecure2Required", "visa") },
    TestCard { charged: Asks, ..good("4000002760003184", "pm_card_authenticationRequired", "visa") },
];

/// The card of a number as people type it.
pub(crate) fn by_number(number: &str) -> Option<&'static TestCard> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    CARDS.iter().find(|card| card.number == digits)
}

/// The card of a token, such as `pm_card_visa` or `tok_visa`.
pub(crate) fn by_token(token: &str) -> Option<&'static TestCard> {
    let plain = token.replacen("tok_", "pm_card_", 1);
    let of_visa = plain.replacen("pm_card_", "pm_card_visa_", 1);
    CARDS.iter().find(|card| card.token == plain || card.token == of_visa)
}

impl TestCard {
    /// The card as it is kept.
    pub(crate) fn card(&self, exp_month: i64, exp_year: i64) -> Card {
        Card {
            number: self.number.to_owned(),
            brand: self.brand.to_owned(),
            funding: self.funding.to_owned(),
            country: self.country.to_owned(),
            exp_month,
            exp_year,
            authenticated: false,
            mood: Mood::Plain,
        }
    }

    /// Whether its holder has to confirm when they save it or pay with it.
    pub(crate) fn asks(&self) -> bool {
        self.charged == Asks
    }
}

impl Card {
    /// What the bank says when it is charged without its holder.
    pub(crate) fn charged(&self) -> Reaction {
        match self.mood {
            Mood::Plain => {}
            Mood::FailsOnce => return Declines("card_declined", Some("generic_decline")),
            Mood::Expired => return Declines("expired_card", None),
        }
        match by_number(&self.number) {
            Some(card) if self.authenticated && card.asks() => Accepts,
            Some(card) => card.charged,
            None => Declines("incorrect_number", None),
        }
    }

    /// Its holder has gone: a card that asks every time asks again.
    pub(crate) fn leave_holder(&mut self) {
        self.authenticated &= by_number(&self.number).is_some_and(|card| card.once);
    }

    /// What the bank says when it is saved.
    pub(crate) fn saved(&self) -> Reaction {
        by_number(&self.number).map_or(Declines("incorrect_number", None), |card| card.saved)
    }
}

/// The refusal of a declined card.
pub(crate) fn declined(code: &'static str, decline_code: Option<&str>) -> StripeError {
    StripeError::card(code, decline_code, sentence(code, decline_code))
}

/// What people are told of it.
pub(crate) fn sentence(code: &str, decline_code: Option<&str>) -> &'static str {
    match (code, decline_code) {
        (_, Some("insufficient_funds")) => "Your card has insufficient funds.",
        ("expired_card", _) => "Your card has expired.",
        ("incorrect_cvc", _) => "Your card's security code is incorrect.",
        ("incorrect_number", _) => "Your card number is incorrect.",
        ("processing_error", _) => "An error occurred while processing your card. Try again in a little bit.",
        ("authentication_required", _) => "Your card was declined. This transaction requires authentication.",
        _ => "Your card was declined.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_tokens_lead_to_the_same_cards() {
        assert_eq!(by_number("4242 4242 4242 4242").unwrap().token, "pm_card_visa");
        assert_eq!(by_token("tok_visa").unwrap().number, "4242424242424242");
        assert_eq!(by_token("pm_card_chargeDeclined").unwrap().number, "4000000000000002");
        assert!(by_token("pm_1").is_none() && by_number("4111111111111111").is_none());
        for card in &CARDS {
            assert_eq!(by_token(card.token).unwrap().number, by_number(card.number).unwrap().number);
        }
    }

    #[test]
    fn a_card_that_asks_once_asks_no_more() {
        let mut card = by_number("4000002500003155").unwrap().card(1, 2040);
        assert_eq!((card.saved(), card.charged()), (Accepts, Asks));
        card.authenticated = true;
        assert_eq!(card.charged(), Accepts);
        let mut always = by_number("4000002760003184").unwrap().card(1, 2040);
        always.authenticated = true;
        assert_eq!(always.charged(), Accepts, "while its holder is there");
        always.leave_holder();
        card.leave_holder();
        assert_eq!((card.charged(), always.charged()), (Accepts, Asks));
    }
}
