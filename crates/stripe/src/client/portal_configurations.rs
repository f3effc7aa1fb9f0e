//! What the customer portal offers.

use serde::Serialize;

use super::terms::{Anchor, ProrationBehavior};
use super::{Pages, Paging, Stripe, expanding};
use crate::change::Change;
use crate::error::Error;
use crate::form::{Pairs, pairs};
use crate::idempotency::Idempotency;
use crate::types::{List, Metadata, PortalConfiguration};
use crate::words::choices;

choices! {
    /// What of themselves customers may change.
    PortalCustomerDetail {
        /// Address.
        Address = "address",
        /// Email address.
        Email = "email",
        /// Name.
        Name = "name",
        /// Telephone.
        Phone = "phone",
        /// Where to send things.
        Shipping = "shipping",
        /// Number at a tax office.
        TaxId = "tax_id",
    }
}

choices! {
    /// What of a subscription customers may change.
    PortalSubscriptionDetail {
        /// Which price.
        Price = "price",
        /// How many.
        Quantity = "quantity",
        /// A code.
        PromotionCode = "promotion_code",
    }
}

choices! {
    /// When a subscription that is cancelled ends.
    CancelMode {
        /// With the period.
        AtPeriodEnd = "at_period_end",
        /// At once.
        Immediately = "immediately",
    }
}

choices! {
    /// Why customers leave.
    CancellationReasonOption {
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

choices! {
    /// When a change waits for the end of the period.
    ScheduleWhen {
        /// It costs less.
        DecreasingItemAmount = "decreasing_item_amount",
        /// It is paid more often.
        ShorteningInterval = "shortening_interval",
    }
}

choices! {
    /// What a change does to a trial.
    TrialUpdateBehavior {
        /// It goes on.
        ContinueTrial = "continue_trial",
        /// It ends.
        EndTrial = "end_trial",
    }
}

/// A portal to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewPortalConfiguration {
    /// What only we read.
    pub name: Option<String>,
    /// What customers see of us.
    pub business_profile: Option<PortalBusinessProfile>,
    /// Where to go back to, unless the way in says otherwise.
    pub default_return_url: Option<String>,
    /// Whether there is a way in without us.
    pub login_page: Option<LoginPage>,
    /// What it offers.
    pub features: PortalFeatures,
    /// Ours: what it was made from.
    pub metadata: Metadata,
}

/// What to change of a portal; `None` leaves it as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PortalConfigurationChange {
    /// Whether it can be used. There is no deleting.
    pub active: Option<bool>,
    /// What only we read.
    pub name: Option<String>,
    /// What customers see of us.
    pub business_profile: Option<PortalBusinessProfile>,
    /// Where to go back to, unless the way in says otherwise.
    pub default_return_url: Option<Change<String>>,
    /// Whether there is a way in without us.
    pub login_page: Option<LoginPage>,
    /// What it offers.
    pub features: Option<PortalFeatures>,
    /// Ours; merged into what is there.
    pub metadata: Metadata,
}

/// What customers see of us.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PortalBusinessProfile {
    /// At most 60 characters.
    pub headline: Option<String>,
    /// Where the privacy policy is.
    pub privacy_policy_url: Option<String>,
    /// Where the terms of service are.
    pub terms_of_service_url: Option<String>,
}

/// Whether there is a way in without us.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct LoginPage {
    /// Whether there is.
    pub enabled: bool,
}

/// What a portal offers; what is not given is off.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PortalFeatures {
    /// Changing who they are.
    pub customer_update: Option<PortalCustomerUpdate>,
    /// Looking at invoices.
    pub invoice_history: Option<Enabled>,
    /// Changing what they pay with.
    pub payment_method_update: Option<Enabled>,
    /// Leaving.
    pub subscription_cancel: Option<PortalSubscriptionCancel>,
    /// Changing what they have.
    pub subscription_update: Option<PortalSubscriptionUpdate>,
}

/// Whether something is offered.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Enabled {
    /// Whether it is.
    pub enabled: bool,
}

/// Changing who they are.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PortalCustomerUpdate {
    /// Whether it is offered.
    pub enabled: bool,
    /// What of it.
    pub allowed_updates: Vec<PortalCustomerDetail>,
}

/// Leaving.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PortalSubscriptionCancel {
    /// Whether it is offered.
    pub enabled: bool,
    /// When it ends.
    pub mode: Option<CancelMode>,
    /// What becomes of what was paid; only [`ProrationBehavior::None`] where it ends with the period.
    pub proration_behavior: Option<ProrationBehavior>,
    /// Whether they are asked why.
    pub cancellation_reason: Option<CancellationReasons>,
}

/// Whether they are asked why.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CancellationReasons {
    /// Whether they are.
    pub enabled: bool,
    /// What they may answer.
    pub options: Vec<CancellationReasonOption>,
}

/// Changing what they have.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PortalSubscriptionUpdate {
    /// Whether it is offered.
    pub enabled: bool,
    /// What of it.
    pub default_allowed_updates: Vec<PortalSubscriptionDetail>,
    /// What they may have (at most 10).
    pub products: Vec<PortalProduct>,
    /// What becomes of what was paid.
    pub proration_behavior: Option<ProrationBehavior>,
    /// What waits for the end of the period.
    pub schedule_at_period_end: Option<ScheduleAtPeriodEnd>,
    /// When the period begins.
    pub billing_cycle_anchor: Option<Anchor>,
    /// What it does to a trial.
    pub trial_update_behavior: Option<TrialUpdateBehavior>,
}

/// Something they may have.
#[derive(Debug, Clone, Serialize)]
pub struct PortalProduct {
    /// What.
    pub product: String,
    /// At which prices.
    pub prices: Vec<String>,
    /// Whether they may say how many.
    pub adjustable_quantity: Option<PortalQuantity>,
}

/// Whether they may say how many.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PortalQuantity {
    /// Whether they may.
    pub enabled: bool,
    /// No fewer.
    pub minimum: Option<u64>,
    /// No more.
    pub maximum: Option<u64>,
}

/// What waits for the end of the period.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ScheduleAtPeriodEnd {
    /// Any of these.
    pub conditions: Vec<ScheduleCondition>,
}

/// When a change waits.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ScheduleCondition {
    /// When.
    #[serde(rename = "type")]
    pub when: ScheduleWhen,
}

/// Which portals to list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PortalConfigurationFilter {
    /// Whether they can be used.
    pub active: Option<bool>,
    /// Which part of the list.
    #[serde(flatten)]
    pub paging: Paging,
    /// Whether what may be changed to comes along: Stripe leaves it out otherwise.
    #[serde(skip)]
    pub with_products: bool,
}

impl PortalConfigurationFilter {
    fn pairs(&self) -> Result<Pairs, Error> {
        let mut pairs = pairs(self)?;
        let products = self.with_products.then(|| "data.features.subscription_update.products".to_owned());
        expanding(&mut pairs, products);
        Ok(pairs)
    }
}

impl Stripe {
    /// Makes a portal.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_portal_configuration(
        &self,
        key: &Idempotency,
        new: &NewPortalConfiguration,
    ) -> Result<PortalConfiguration, Error> {
        self.post(&["billing_portal", "configurations"], key, pairs(new)).await
    }

    /// Changes a portal.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn update_portal_configuration(
        &self,
        configuration_id: &str,
        key: &Idempotency,
        change: &PortalConfigurationChange,
    ) -> Result<PortalConfiguration, Error> {
        self.post(&["billing_portal", "configurations", configuration_id], key, pairs(change)).await
    }

    /// A part of the portals.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_portal_configurations(
        &self,
        filter: &PortalConfigurationFilter,
    ) -> Result<List<PortalConfiguration>, Error> {
        self.get(&["billing_portal", "configurations"], &filter.pairs()?).await
    }

    /// All portals, page after page.
    #[must_use]
    pub fn portal_configurations(&self, filter: &PortalConfigurationFilter) -> Pages<PortalConfiguration> {
        Pages::new(self, &["billing_portal", "configurations"], filter.pairs())
    }
}
