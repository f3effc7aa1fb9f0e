//! The API: typed calls, one file per noun. A request has only the fields that we mean to send.
//!
//! Protocol: Stripe's published API, version [`API_VERSION`].

mod answer;
mod pages;
mod paging;
mod transport;

mod account;
mod checkout_sessions;
mod customers;
mod events;
mod invoices;
mod payment_methods;
mod portal_configurations;
mod portal_sessions;
mod prices;
mod products;
mod subscription_schedules;
mod subscriptions;
mod tax_ids;
mod terms;
mod test_clocks;
mod webhook_endpoints;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use budget::{Budget, Priority};
use reqwest::{Client, Method};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use url::Url;

use self::transport::{Call, MOST_RETRIES};
use crate::config::{Config, Mode};
use crate::error::Error;
use crate::form::Pairs;
use crate::http_client;
use crate::idempotency::Idempotency;

pub use self::checkout_sessions::{
    BillingAddressCollection, CheckoutExpand, CheckoutFilter, CheckoutStatusFilter, ConsentCollection, CustomField,
    CustomText, CustomerUpdate, LineItem, Locale, NewCheckoutSession, NewSubscriptionData, PaymentMethodCollection,
    Requirement, SubmitType, Take, TaxIdCollection, Words,
};
pub use self::customers::{
    CustomerChange, CustomerExpand, CustomerFilter, CustomerInvoiceSettings, NewCustomer, NewTaxId, TaxExemption,
};
pub use self::events::EventFilter;
pub use self::invoices::{
    InvoiceChange, InvoiceExpand, InvoiceFilter, InvoiceStatusFilter, PayInvoice, Preview, PreviewItem, PreviewMode,
    PreviewSubscription,
};
pub use self::pages::Pages;
pub use self::paging::{Created, Paging};
pub use self::payment_methods::PaymentMethodFilter;
pub use self::portal_configurations::{
    CancelMode, CancellationReasonOption, CancellationReasons, Enabled, LoginPage, NewPortalConfiguration,
    PortalBusinessProfile, PortalConfigurationChange, PortalConfigurationFilter, PortalCustomerDetail,
    PortalCustomerUpdate, PortalFeatures, PortalProduct, PortalQuantity, PortalSubscriptionCancel,
    PortalSubscriptionDetail, PortalSubscriptionUpdate, ScheduleAtPeriodEnd, ScheduleCondition, ScheduleWhen,
    TrialUpdateBehavior,
};
pub use self::portal_sessions::{AfterCompletion, Flow, FlowData, NewPortalSession};
pub use self::prices::{
    CurrencyOption, NewInterval, NewPrice, NewRecurring, PriceChange, PriceExpand, PriceFilter, TaxBehavior,
};
pub use self::products::{MarketingFeature, NewProduct, ProductChange, ProductFilter};
pub use self::subscriptions::{
    CancelSubscription, NewSubscription, NewSubscriptionItem, ResumePaymentBehavior, ResumeSubscription, StatusFilter,
    SubscriptionChange, SubscriptionExpand, SubscriptionFilter, SubscriptionItemChange,
};
pub use self::terms::{
    Anchor, AutomaticTax, BillingCycleAnchor, CancelAt, CancellationFeedback, CancellationNote, Collection,
    MissingPaymentMethod, NewBillingMode, PauseOfCollection, PausedInvoices, PaymentBehavior, ProrationBehavior,
    TrialEnd, TrialEndBehavior, TrialSettings,
};
pub use self::test_clocks::NewTestClock;
pub use self::webhook_endpoints::{NewWebhookEndpoint, WebhookEndpointChange};

/// The version of the API these types were written for; webhook endpoints are made with it too.
pub const API_VERSION: &str = "2026-09-30.endive";

/// Stripe counts in seconds.
const WINDOW: Duration = Duration::from_secs(1);

/// Calls at the same time.
const AT_ONCE: usize = 16;

/// A client of Stripe. Cheap to clone; clones share one budget of calls.
#[derive(Clone)]
pub struct Stripe {
    client: Client,
    base: Url,
    secret: SecretString,
    mode: Mode,
    budget: Arc<Budget>,
    /// Places for calls at the same time: all of them, and those of them that the background may take.
    places: Arc<[Semaphore; 2]>,
    priority: Priority,
    retries: u32,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Stripe")
            .field("base", &self.base.as_str())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl Stripe {
    /// A client for this account. Nothing is asked yet.
    ///
    /// # Errors
    /// When there is no TLS on this machine.
    pub fn new(config: &Config) -> Result<Self, Error> {
        // Four fifths of what Stripe allows, so that other programs with the same key live too: a quarter of them at
        // once, the others as the second goes by.
        let allowed = f64::from(config.calls_in_a_second.unwrap_or(match config.mode {
            Mode::Live => 80,
            Mode::Test => 20,
        }));
        let at_once = config.calls_at_once.unwrap_or(AT_ONCE).max(1);
        Ok(Self {
            client: http_client::build(config)?,
            base: config.api_base.clone(),
            secret: config.secret_key.clone(),
            mode: config.mode,
            // A bucket has to hold one call, and what the background leaves of it.
            budget: Arc::new(Budget::new(WINDOW, allowed, (allowed / 4.0).max(2.0))),
            places: Arc::new([Semaphore::new(at_once), Semaphore::new(at_once.div_ceil(2))]),
            priority: Priority::Interactive,
            retries: config.retries.unwrap_or(MOST_RETRIES),
        })
    }

    /// The same client for work that nobody waits for: its calls come after those of people, and wait longer.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self { priority: Priority::Background, ..self.clone() }
    }

    /// Whether money is real.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// `<api base>/v1/<segments>`, each segment escaped.
    fn url(&self, segments: &[&str], query: &Pairs) -> Result<Url, Error> {
        // An empty id would ask for the list, or change it.
        if segments.iter().any(|segment| segment.is_empty()) {
            return Err(Error::Encode("an id is empty".into()));
        }
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::Encode("the API's address cannot have a path".into()))?
            .pop_if_empty()
            .push("v1")
            .extend(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn get<T: DeserializeOwned>(&self, segments: &[&str], query: &Pairs) -> Result<T, Error> {
        self.send(Call { method: Method::GET, url: self.url(segments, query)?, change: None }).await
    }

    async fn delete<T: DeserializeOwned>(&self, segments: &[&str], query: &Pairs) -> Result<T, Error> {
        self.send(Call { method: Method::DELETE, url: self.url(segments, query)?, change: None }).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        key: &Idempotency,
        body: Result<Pairs, Error>,
    ) -> Result<T, Error> {
        let change = Some((key.clone(), body?));
        self.send(Call { method: Method::POST, url: self.url(segments, &Pairs::new())?, change }).await
    }
}

/// The names of what is to come along instead of its id.
fn expanding(pairs: &mut Pairs, names: impl IntoIterator<Item = String>) {
    pairs.extend(names.into_iter().enumerate().map(|(index, name)| (format!("expand[{index}]"), name)));
}
