//! The terms of a subscription, which several calls say alike.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::{Serialize, Serializer};

use crate::words::choices;

choices! {
    /// What becomes of what was paid for the rest of the period.
    ProrationBehavior {
        /// It is reckoned, and comes with the next invoice.
        CreateProrations = "create_prorations",
        /// It is reckoned and billed at once.
        AlwaysInvoice = "always_invoice",
        /// Nothing.
        None = "none",
    }
}

choices! {
    /// What becomes of a change whose payment fails.
    PaymentBehavior {
        /// It is made, and the subscription is overdue.
        AllowIncomplete = "allow_incomplete",
        /// It is refused.
        ErrorIfIncomplete = "error_if_incomplete",
        /// It waits.
        PendingIfIncomplete = "pending_if_incomplete",
        /// The subscription waits for its first payment.
        DefaultIncomplete = "default_incomplete",
    }
}

choices! {
    /// What a trial's end brings when there is no card.
    MissingPaymentMethod {
        /// The end.
        Cancel = "cancel",
        /// A pause.
        Pause = "pause",
        /// An invoice.
        CreateInvoice = "create_invoice",
    }
}

choices! {
    /// When the period begins.
    Anchor {
        /// Now.
        Now = "now",
        /// When it did before.
        Unchanged = "unchanged",
    }
}

choices! {
    /// How it is to be paid.
    Collection {
        /// By itself.
        ChargeAutomatically = "charge_automatically",
        /// Against an invoice.
        SendInvoice = "send_invoice",
    }
}

choices! {
    /// What becomes of invoices while collection pauses.
    PausedInvoices {
        /// They wait.
        KeepAsDraft = "keep_as_draft",
        /// They are given up.
        MarkUncollectible = "mark_uncollectible",
        /// They are void.
        Void = "void",
    }
}

choices! {
    /// What a customer who leaves chose.
    CancellationFeedback {
        /// Customer service.
        CustomerService = "customer_service",
        /// Quality.
        LowQuality = "low_quality",
        /// Something is missing.
        MissingFeatures = "missing_features",
        /// Something else.
        Other = "other",
        /// Another service.
        SwitchedService = "switched_service",
        /// Too complex.
        TooComplex = "too_complex",
        /// Too expensive.
        TooExpensive = "too_expensive",
        /// Not used.
        Unused = "unused",
    }
}

/// When a trial ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialEnd {
    /// At once.
    Now,
    /// Then.
    At(Timestamp),
}

impl Serialize for TrialEnd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Now => serializer.serialize_str("now"),
            Self::At(time) => serializer.serialize_i64(time.as_second()),
        }
    }
}

/// When a subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelAt {
    /// Then.
    At(Timestamp),
    /// With the first period to end.
    MinPeriodEnd,
    /// With the last period to end.
    MaxPeriodEnd,
    /// Not: undoes a cancellation.
    Never,
}

impl Serialize for CancelAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(time) => serializer.serialize_i64(time.as_second()),
            Self::MinPeriodEnd => serializer.serialize_str("min_period_end"),
            Self::MaxPeriodEnd => serializer.serialize_str("max_period_end"),
            Self::Never => serializer.serialize_str(""),
        }
    }
}

/// When the period begins.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BillingCycleAnchor {
    /// When.
    #[serde(rename = "type")]
    pub anchor: Anchor,
}

/// What happens at the end of a trial.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct TrialSettings {
    /// What happens.
    pub end_behavior: TrialEndBehavior,
}

/// What happens at the end of a trial.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct TrialEndBehavior {
    /// When there is no card.
    pub missing_payment_method: MissingPaymentMethod,
}

impl From<MissingPaymentMethod> for TrialSettings {
    fn from(missing_payment_method: MissingPaymentMethod) -> Self {
        Self { end_behavior: TrialEndBehavior { missing_payment_method } }
    }
}

/// How proration is reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewBillingMode {
    /// The older way.
    Classic,
    /// The newer way. There is no way back from it.
    Flexible,
}

impl Serialize for NewBillingMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = match self {
            Self::Classic => "classic",
            Self::Flexible => "flexible",
        };
        serde_json::json!({ "type": kind }).serialize(serializer)
    }
}

/// Collection pauses.
#[derive(Debug, Clone, Serialize)]
pub struct PauseOfCollection {
    /// What becomes of invoices meanwhile.
    pub behavior: PausedInvoices,
    /// Until then; none is until somebody says so.
    #[serde(with = "second::optional")]
    pub resumes_at: Option<Timestamp>,
}

/// Why a subscription ends.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CancellationNote {
    /// In words.
    pub comment: Option<String>,
    /// What the customer chose.
    pub feedback: Option<CancellationFeedback>,
}

/// Whether tax is reckoned.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AutomaticTax {
    /// Whether it is.
    pub enabled: bool,
}
