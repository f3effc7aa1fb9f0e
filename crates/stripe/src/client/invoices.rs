//! Bills.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Serialize;

use super::terms::{AutomaticTax, BillingCycleAnchor, CancelAt, ProrationBehavior, TrialEnd};
use super::{Created, Pages, Paging, Stripe, expanding};
use crate::error::Error;
use crate::form::{Pairs, pairs};
use crate::idempotency::Idempotency;
use crate::types::{Invoice, List, Metadata};
use crate::words::choices;

choices! {
    /// Which bills to list.
    InvoiceStatusFilter {
        /// Not made out yet.
        Draft = "draft",
        /// To be paid.
        Open = "open",
        /// Paid.
        Paid = "paid",
        /// Given up.
        Uncollectible = "uncollectible",
        /// Taken back.
        Void = "void",
    }
}

choices! {
    /// What may come along with a bill.
    InvoiceExpand {
        /// Its payments.
        Payments = "payments",
    }
}

choices! {
    /// What to reckon.
    PreviewMode {
        /// The next bill.
        Next = "next",
        /// Those after it, without what is settled once.
        Recurring = "recurring",
    }
}

/// Which bills to list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InvoiceFilter {
    /// Of this customer.
    pub customer: Option<String>,
    /// Of this subscription.
    pub subscription: Option<String>,
    /// In which state.
    pub status: Option<InvoiceStatusFilter>,
    /// Made when.
    pub created: Option<Created>,
    /// Which part of the list.
    #[serde(flatten)]
    pub paging: Paging,
    /// What comes along.
    #[serde(skip)]
    pub expand: Vec<InvoiceExpand>,
}

impl InvoiceFilter {
    fn pairs(&self) -> Result<Pairs, Error> {
        let mut pairs = pairs(self)?;
        expanding(&mut pairs, self.expand.iter().map(|what| format!("data.{}", what.as_str())));
        Ok(pairs)
    }
}

/// What to reckon the next bill of.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Preview {
    /// `cus_…`
    pub customer: Option<String>,
    /// `sub_…`
    pub subscription: Option<String>,
    /// As if this were changed.
    pub subscription_details: Option<PreviewSubscription>,
    /// What to reckon.
    pub preview_mode: Option<PreviewMode>,
    /// `sub_sched_…`
    pub schedule: Option<String>,
    /// Whether tax is reckoned.
    pub automatic_tax: Option<AutomaticTax>,
}

/// A subscription as if it were changed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PreviewSubscription {
    /// What is subscribed to.
    pub items: Vec<PreviewItem>,
    /// What becomes of what was paid for the rest of the period.
    pub proration_behavior: Option<ProrationBehavior>,
    /// The moment of the change; give the same one to the change itself.
    #[serde(with = "second::optional")]
    pub proration_date: Option<Timestamp>,
    /// As if it ended now.
    pub cancel_now: Option<bool>,
    /// As if it ended then.
    pub cancel_at: Option<CancelAt>,
    /// As if the trial ended then.
    pub trial_end: Option<TrialEnd>,
    /// When the period begins.
    pub billing_cycle_anchor: Option<BillingCycleAnchor>,
}

/// Something subscribed to, as if it were changed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PreviewItem {
    /// `si_…`; none is something more.
    pub id: Option<String>,
    /// `price_…`
    pub price: Option<String>,
    /// How many.
    pub quantity: Option<u64>,
}

/// How to pay a bill.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PayInvoice {
    /// With this; none is what the subscription or the customer has.
    pub payment_method: Option<String>,
    /// Nobody is there to authenticate it; Stripe's default.
    pub off_session: Option<bool>,
    /// It was paid some other way.
    pub paid_out_of_band: Option<bool>,
    /// Take what there is, and give up the rest.
    pub forgive: Option<bool>,
}

/// What to change of a bill; `None` leaves it as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InvoiceChange {
    /// Whether Stripe goes on with it by itself.
    pub auto_advance: Option<bool>,
    /// Ours; merged into what is there.
    pub metadata: Metadata,
}

#[derive(Serialize)]
struct Finalize {
    auto_advance: Option<bool>,
}

impl Stripe {
    /// A part of the bills.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_invoices(&self, filter: &InvoiceFilter) -> Result<List<Invoice>, Error> {
        self.get(&["invoices"], &filter.pairs()?).await
    }

    /// All bills, page after page.
    #[must_use]
    pub fn invoices(&self, filter: &InvoiceFilter) -> Pages<Invoice> {
        Pages::new(self, &["invoices"], filter.pairs())
    }

    /// One bill.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn get_invoice(&self, invoice_id: &str, expand: &[InvoiceExpand]) -> Result<Invoice, Error> {
        let mut query = Pairs::new();
        expanding(&mut query, expand.iter().map(|what| what.as_str().to_owned()));
        self.get(&["invoices", invoice_id], &query).await
    }

    /// What the next bill would be. Nothing changes, so each asking has a key of its own.
    ///
    /// # Errors
    /// [`Error::Api`] with [`crate::ErrorCode::InvoiceUpcomingNone`] when nothing will be due.
    pub async fn preview_invoice(&self, preview: &Preview) -> Result<Invoice, Error> {
        self.post(&["invoices", "create_preview"], &Idempotency::fresh(), pairs(preview)).await
    }

    /// Makes a draft out, so that it is to be paid.
    ///
    /// # Errors
    /// [`Error::Api`] when it is no draft.
    pub async fn finalize_invoice(
        &self,
        invoice_id: &str,
        key: &Idempotency,
        auto_advance: Option<bool>,
    ) -> Result<Invoice, Error> {
        self.post(&["invoices", invoice_id, "finalize"], key, pairs(&Finalize { auto_advance })).await
    }

    /// Pays a bill.
    ///
    /// # Errors
    /// [`Error::is_card_error`] when the card does not pay.
    pub async fn pay_invoice(&self, invoice_id: &str, key: &Idempotency, how: &PayInvoice) -> Result<Invoice, Error> {
        self.post(&["invoices", invoice_id, "pay"], key, pairs(how)).await
    }

    /// Takes a bill back.
    ///
    /// # Errors
    /// [`Error::Api`] when it is neither open nor given up.
    pub async fn void_invoice(&self, invoice_id: &str, key: &Idempotency) -> Result<Invoice, Error> {
        self.post(&["invoices", invoice_id, "void"], key, Ok(Pairs::new())).await
    }

    /// Gives a bill up.
    ///
    /// # Errors
    /// [`Error::Api`] when it is not open.
    pub async fn mark_invoice_uncollectible(&self, invoice_id: &str, key: &Idempotency) -> Result<Invoice, Error> {
        self.post(&["invoices", invoice_id, "mark_uncollectible"], key, Ok(Pairs::new())).await
    }

    /// Changes a bill.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn update_invoice(
        &self,
        invoice_id: &str,
        key: &Idempotency,
        change: &InvoiceChange,
    ) -> Result<Invoice, Error> {
        self.post(&["invoices", invoice_id], key, pairs(change)).await
    }
}
