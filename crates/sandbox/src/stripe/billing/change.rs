//! What a change of a subscription is to be.

use crate::stripe::clock::Seconds;
use crate::stripe::form::Metadata;

/// What becomes of time that was paid for differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Prorating {
    /// Credited and charged, on the next invoice.
    #[default]
    CreateProrations,
    /// The same, on an invoice of its own.
    AlwaysInvoice,
    None,
}

impl Prorating {
    /// Stripe's words.
    pub(crate) const WORDS: [&'static str; 3] = ["create_prorations", "always_invoice", "none"];

    /// The one of that word.
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "always_invoice" => Self::AlwaysInvoice,
            "none" => Self::None,
            _ => Self::CreateProrations,
        }
    }
}

/// What happens when the payment a change needs does not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OnFailure {
    /// It is done all the same.
    #[default]
    Allow,
    /// Nothing is tried before its holder confirms.
    Wait,
    /// It is not done.
    Refuse,
    /// It is done when the payment comes.
    Pend,
}

impl OnFailure {
    /// Stripe's words.
    pub(crate) const WORDS: [&'static str; 4] =
        ["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"];

    /// The one of that word.
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "default_incomplete" => Self::Wait,
            "error_if_incomplete" => Self::Refuse,
            "pending_if_incomplete" => Self::Pend,
            _ => Self::Allow,
        }
    }
}

/// One item of a change; without an id it is a new one.
#[derive(Clone, Debug, Default)]
pub(crate) struct ItemChange {
    pub(crate) id: Option<String>,
    pub(crate) price: Option<String>,
    pub(crate) quantity: Option<i64>,
    pub(crate) deleted: bool,
    pub(crate) metadata: Option<Metadata>,
    /// Its name in the call, for complaints.
    pub(crate) name: String,
}

/// A change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub(crate) items: Vec<ItemChange>,
    pub(crate) prorating: Prorating,
    pub(crate) proration_date: Option<Seconds>,
    pub(crate) on_failure: OnFailure,
    /// The periods begin anew.
    pub(crate) anchor_now: bool,
    /// The trial ends then; at once when it is now or earlier.
    pub(crate) trial_end: Option<Seconds>,
}
