//! What demo organisations pay: a card that always works, and a subscription that renews.

use std::collections::BTreeMap;

use anyhow::Context;
use domain::Plan;
use domain::billing::customers;
use stripe::Idempotency;
use stripe::client::{NewCustomer, NewSubscription, NewSubscriptionItem, PriceFilter};
use tenancy::OrganisationId;

use super::directory::Plans;

/// Test cards can be attached by their names.
const CARD: &str = "pm_card_visa";

/// Has the organisation pay for its plan; nothing on the first one.
pub(super) async fn begin(plans: &Plans, at: &OrganisationId, name: &str, plan: Plan) -> anyhow::Result<()> {
    let Some(price) = plan.prices().first() else { return Ok(()) };
    let key = |what: &str| Idempotency::key(format!("demo:{at}:{what}"));
    let stripe = &plans.stripe;
    let metadata = BTreeMap::from([("org_id".to_owned(), at.to_string())]);
    let new = NewCustomer {
        name: Some(name.to_owned()),
        email: Some("accounts@example.com".to_owned()),
        metadata: metadata.clone(),
        ..NewCustomer::default()
    };
    let customer = stripe.create_customer(&key("customer"), &new).await?.id;
    customers::claim(&plans.database, &customer, at).await?;
    let card = stripe.attach_payment_method(CARD, &key("card"), &customer).await?.id;
    let filter =
        PriceFilter { lookup_keys: vec![price.lookup_key.clone()], active: Some(true), ..PriceFilter::default() };
    let price = stripe.list_prices(&filter).await?.data.pop().context("the price was made a moment ago")?.id;
    let new = NewSubscription {
        customer: customer.clone(),
        items: vec![NewSubscriptionItem { price, quantity: Some(1) }],
        default_payment_method: Some(card),
        metadata,
        ..NewSubscription::default()
    };
    stripe.create_subscription(&key("subscription"), &new).await?;
    plans.billing.sync_now(&customer).await?;
    Ok(())
}
