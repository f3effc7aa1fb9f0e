//! What has to stand at Stripe before anything can be sold, made from the file of plans: products, prices, what the portal
//! offers, and where events go. Any number of runs make it once.

mod portals;

use std::collections::BTreeMap;
use std::fmt;

use domain::plans::{Feature, Interval, Plan, Price};
use secrecy::SecretString;
use stripe::client::{
    API_VERSION, LoginPage, MarketingFeature, NewInterval, NewPortalConfiguration, NewPrice, NewProduct, NewRecurring,
    NewWebhookEndpoint, PortalBusinessProfile, PortalConfigurationChange, PortalFeatures, PriceFilter, ProductChange,
    ProductFilter, WebhookEndpointChange,
};
use stripe::types::{self, EndpointStatus};
use stripe::{Currency, Idempotency, Stripe};

use self::portals::{differences, portals};
use crate::catalogue::{PLAN_CODE, PORTAL, portal};
use crate::{Error, Result};

pub(crate) use self::portals::{CHANGE_PLAN, MANAGE};

/// The events that ring the bell.
const EVENTS: [&str; 31] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "invoice.created",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.updated",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "payment_method.attached",
    "payment_method.detached",
    "payment_method.updated",
    "subscription_schedule.updated",
    "subscription_schedule.released",
    "price.updated",
    "product.updated",
    "charge.refunded",
];

/// What was done about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The thing, in words.
    pub what: String,
    /// Whether it was made or changed; false where it stood as it should.
    pub changed: bool,
}

/// What came of it.
#[derive(Debug)]
pub struct Setup {
    /// In the order it was done.
    pub steps: Vec<Step>,
    /// The secret of a new endpoint: said this once.
    pub secret: Option<SecretString>,
}

/// What is not at Stripe as the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// In words, with the way out.
    pub what: String,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// What is at Stripe.
struct Found {
    products: BTreeMap<String, types::Product>,
    prices: BTreeMap<String, types::Price>,
    portals: BTreeMap<&'static str, types::PortalConfiguration>,
    endpoint: Option<types::WebhookEndpoint>,
}

/// Makes what is missing and changes what differs. `webhook` is where events are to go; none leaves endpoints alone.
pub async fn set_up(stripe: &Stripe, webhook: Option<&str>) -> Result<Setup> {
    let mut setup = Setup { steps: Vec::new(), secret: None };
    let found = found(stripe, webhook).await?;
    let mut prices: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for plan in Plan::all().filter(|plan| !plan.prices().is_empty()) {
        let changed = set_up_product(stripe, plan, found.products.get(&product_id(plan))).await?;
        setup.note(format!("product {}", product_id(plan)), changed);
        for price in plan.prices() {
            let (id, changed) = set_up_price(stripe, plan, price, found.prices.get(&price.lookup_key)).await?;
            setup.note(format!("price {}", price.lookup_key), changed);
            prices.entry(product_id(plan)).or_default().push(id);
        }
    }
    for (which, features) in portals(&prices) {
        let changed = set_up_portal(stripe, which, features, found.portals.get(which)).await?;
        setup.note(format!("portal configuration {which}"), changed);
    }
    if let Some(url) = webhook {
        let changed = set_up_webhook(stripe, url, found.endpoint.as_ref(), &mut setup.secret).await?;
        setup.note(format!("webhook endpoint {url}"), changed);
    }
    Ok(setup)
}

/// What is not as the file says; empty where all of it is.
pub async fn defects(stripe: &Stripe, webhook: Option<&str>) -> Result<Vec<Defect>> {
    let found = found(stripe, webhook).await?;
    let mut defects = Vec::new();
    let mut wrong = |what: String| defects.push(Defect { what: format!("{what}: run `tenantry stripe setup`") });
    for plan in Plan::all().filter(|plan| !plan.prices().is_empty()) {
        match found.products.get(&product_id(plan)) {
            None => wrong(format!("the product {} is missing", product_id(plan))),
            Some(product) if !is_right(product, plan) => {
                wrong(format!("the product {} is inactive, or called otherwise than plans.toml says", product.id));
            }
            Some(_) => {}
        }
        for price in plan.prices() {
            match found.prices.get(&price.lookup_key) {
                None => wrong(format!("the price {} is missing", price.lookup_key)),
                Some(there) if !costs(there, plan, price) => {
                    wrong(format!("the price {} costs something else than plans.toml says", price.lookup_key));
                }
                Some(_) => {}
            }
        }
    }
    for (which, features) in portals(&found.sold()) {
        match found.portals.get(which) {
            None => wrong(format!("the portal configuration {which} is missing")),
            Some(there) => {
                for what in differences(&features, there)? {
                    wrong(format!("the portal configuration {which} differs in {what}"));
                }
            }
        }
    }
    if let Some(url) = webhook {
        match &found.endpoint {
            None => wrong(format!("no webhook endpoint sends to {url}")),
            Some(endpoint) => {
                if endpoint.api_version.as_deref() != Some(API_VERSION) {
                    defects.push(Defect {
                        what: format!(
                            "the webhook endpoint {url} sends version {}, and {API_VERSION} is read here: delete it at \
                             Stripe, then run `tenantry stripe setup`",
                            endpoint.api_version.as_deref().unwrap_or("of the account"),
                        ),
                    });
                } else if !listens(endpoint) {
                    wrong(format!("the webhook endpoint {url} is disabled, or misses events"));
                }
            }
        }
    }
    Ok(defects)
}

impl Found {
    /// Prices that are sold, by product.
    fn sold(&self) -> BTreeMap<String, Vec<String>> {
        let mut sold: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (plan, price) in Plan::all().flat_map(|plan| plan.prices().iter().map(move |price| (plan, price))) {
            let there = self.prices.get(&price.lookup_key).map(|there| there.id.clone());
            sold.entry(product_id(plan)).or_default().extend(there);
        }
        sold
    }
}

async fn found(stripe: &Stripe, webhook: Option<&str>) -> Result<Found> {
    let products = stripe.products(&ProductFilter::default()).all().await?;
    let keys: Vec<String> = Plan::all().flat_map(Plan::prices).map(|price| price.lookup_key.clone()).collect();
    let mut prices = Vec::new();
    // Stripe takes ten keys at a time.
    for some in keys.chunks(10) {
        let filter = PriceFilter { lookup_keys: some.to_vec(), active: Some(true), ..PriceFilter::default() };
        prices.extend(stripe.prices(&filter).all().await?);
    }
    let mut portals = BTreeMap::new();
    for which in [MANAGE, CHANGE_PLAN] {
        portals.extend(portal(stripe, which).await?.map(|one| (which, one)));
    }
    let endpoints = match webhook {
        Some(_) => stripe.webhook_endpoints().all().await?,
        None => Vec::new(),
    };
    Ok(Found {
        products: products.into_iter().map(|one| (one.id.clone(), one)).collect(),
        prices: prices.into_iter().filter_map(|one| Some((one.lookup_key.clone()?, one))).collect(),
        portals,
        endpoint: endpoints.into_iter().find(|one| Some(one.url.as_str()) == webhook),
    })
}

async fn set_up_product(stripe: &Stripe, plan: Plan, there: Option<&types::Product>) -> Result<bool> {
    let id = product_id(plan);
    let name = format!("Tenantry {}", plan.name());
    let metadata = BTreeMap::from([(PLAN_CODE.to_owned(), plan.as_str().to_owned())]);
    let features: Vec<MarketingFeature> = features(plan).into_iter().map(|name| MarketingFeature { name }).collect();
    match there {
        Some(product) if is_right(product, plan) => Ok(false),
        Some(_) => {
            let change = ProductChange {
                active: Some(true),
                name: Some(name),
                description: Some(plan.summary().to_owned().into()),
                metadata,
                marketing_features: Some(features.into()),
                ..ProductChange::default()
            };
            stripe.update_product(&id, &Idempotency::fresh(), &change).await?;
            Ok(true)
        }
        None => {
            let new = NewProduct {
                id: Some(id),
                name,
                description: Some(plan.summary().to_owned()),
                metadata,
                marketing_features: features,
                ..NewProduct::default()
            };
            match stripe.create_product(&Idempotency::fresh(), &new).await {
                // Somebody else made it in this moment.
                Err(error) if error.is_taken() => Ok(true),
                answer => answer.map(|_| true).map_err(Error::from),
            }
        }
    }
}

/// An amount never changes: a price that costs something else is a new one, and takes the key over.
async fn set_up_price(
    stripe: &Stripe,
    plan: Plan,
    price: &Price,
    there: Option<&types::Price>,
) -> Result<(String, bool)> {
    if let Some(there) = there.filter(|there| costs(there, plan, price)) {
        return Ok((there.id.clone(), false));
    }
    let currency = currency()?;
    let interval = match price.interval {
        Interval::Month => NewInterval::Month,
        Interval::Year => NewInterval::Year,
    };
    let new = NewPrice {
        recurring: Some(NewRecurring { interval, interval_count: None }),
        lookup_key: Some(price.lookup_key.clone()),
        transfer_lookup_key: Some(true),
        ..NewPrice::new(product_id(plan), currency, price.amount)
    };
    Ok((stripe.create_price(&Idempotency::fresh(), &new).await?.id, true))
}

async fn set_up_portal(
    stripe: &Stripe,
    which: &'static str,
    features: PortalFeatures,
    there: Option<&types::PortalConfiguration>,
) -> Result<bool> {
    let metadata = BTreeMap::from([(PORTAL.to_owned(), which.to_owned())]);
    let login_page = Some(LoginPage { enabled: false });
    match there {
        Some(there) if differences(&features, there)?.is_empty() => Ok(false),
        Some(there) => {
            let change = PortalConfigurationChange {
                active: Some(true),
                login_page,
                features: Some(features),
                ..PortalConfigurationChange::default()
            };
            stripe.update_portal_configuration(&there.id, &Idempotency::fresh(), &change).await?;
            Ok(true)
        }
        None => {
            let new = NewPortalConfiguration {
                name: Some(format!("Tenantry {which}")),
                business_profile: Some(PortalBusinessProfile::default()),
                login_page,
                features,
                metadata,
                ..NewPortalConfiguration::default()
            };
            stripe.create_portal_configuration(&Idempotency::fresh(), &new).await?;
            Ok(true)
        }
    }
}

async fn set_up_webhook(
    stripe: &Stripe,
    url: &str,
    there: Option<&types::WebhookEndpoint>,
    secret: &mut Option<SecretString>,
) -> Result<bool> {
    let enabled_events: Vec<String> = EVENTS.iter().map(|&name| name.to_owned()).collect();
    match there {
        Some(there) if listens(there) => Ok(false),
        Some(there) => {
            let change =
                WebhookEndpointChange { enabled_events, disabled: Some(false), ..WebhookEndpointChange::default() };
            stripe.update_webhook_endpoint(&there.id, &Idempotency::fresh(), &change).await?;
            Ok(true)
        }
        None => {
            let new = NewWebhookEndpoint {
                url: url.to_owned(),
                enabled_events,
                description: Some("Tenantry".to_owned()),
                ..NewWebhookEndpoint::default()
            };
            *secret = stripe.create_webhook_endpoint(&Idempotency::fresh(), &new).await?.secret;
            Ok(true)
        }
    }
}

impl Setup {
    fn note(&mut self, what: String, changed: bool) {
        self.steps.push(Step { what, changed });
    }
}

/// Of our own choosing, so that a second run finds it.
fn product_id(plan: Plan) -> String {
    format!("prod_tenantry_{}", plan.as_str())
}

fn currency() -> Result<Currency> {
    let text = &Plan::catalogue().currency;
    Currency::parse(text).map_err(|_| Error::NotSetUp(format!("the currency {text} of plans.toml")))
}

fn is_right(product: &types::Product, plan: Plan) -> bool {
    product.active
        && product.name == format!("Tenantry {}", plan.name())
        && product.metadata.get(PLAN_CODE).is_some_and(|code| code == plan.as_str())
}

fn costs(there: &types::Price, plan: Plan, price: &Price) -> bool {
    let every = there.recurring.as_ref().map(|how| (how.interval.as_str(), how.interval_count));
    there.unit_amount == Some(price.amount)
        && there.currency.as_str() == Plan::catalogue().currency
        && every == Some((price.interval.as_str(), 1))
        && there.product.id() == product_id(plan)
}

fn listens(endpoint: &types::WebhookEndpoint) -> bool {
    let hears = |event: &&str| endpoint.enabled_events.iter().any(|one| one == event || one == "*");
    endpoint.status == EndpointStatus::Enabled && EVENTS.iter().all(hears)
}

/// What Checkout lists under the plan's name.
fn features(plan: Plan) -> Vec<String> {
    let mut all = vec![format!("{} members", plan.seats())];
    all.push(match plan.published_procedures() {
        Some(limit) => format!("{limit} published procedures"),
        None => "Any number of published procedures".to_owned(),
    });
    all.extend(Feature::ALL.into_iter().filter(|feature| plan.has(*feature)).map(|feature| feature.name().to_owned()));
    all
}
