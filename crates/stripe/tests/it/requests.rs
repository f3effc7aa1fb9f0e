//! What is sent. That it is what Stripe's own library sends is shown in e2e/stripe_requests.test.mjs.

use jiff::Timestamp;
use serde_json::json;
use stripe::client::{
    CancelAt, CancelSubscription, CustomerChange, CustomerInvoiceSettings, NewCustomer, SubscriptionChange,
    SubscriptionFilter, TrialEnd,
};
use stripe::{Change, Error, Idempotency};

use crate::server::{Reply, Server, customer, subscription};

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[tokio::test]
async fn clearing_is_said_and_saying_nothing_does_not_clear() {
    let server = Server::start().await;
    let stripe = server.stripe();
    let key = Idempotency::key("k");
    server.reply([Reply::json(200, &customer("cus_1"))]);
    stripe.update_customer("cus_1", &key, &CustomerChange::default()).await.unwrap();
    let invoice_settings = CustomerInvoiceSettings { custom_fields: Some(Change::Clear), default_payment_method: None };
    let change = CustomerChange {
        address: Some(Change::Clear),
        metadata: [("old".to_owned(), String::new())].into(),
        invoice_settings: Some(invoice_settings),
        ..CustomerChange::default()
    };
    stripe.update_customer("cus_1", &key, &change).await.unwrap();
    let [nothing, clearing] = server.asked().try_into().unwrap();
    assert_eq!(nothing.form(), []);
    assert_eq!(
        clearing.form(),
        pairs([("address", ""), ("invoice_settings[custom_fields]", ""), ("metadata[old]", "")])
    );

    server.reply([Reply::json(200, &subscription("sub_1"))]);
    let at = Timestamp::from_second(1_700_000_000).unwrap();
    for (change, sent) in [
        (SubscriptionChange { cancel_at: Some(CancelAt::Never), ..Default::default() }, ("cancel_at", "")),
        (SubscriptionChange { cancel_at: Some(CancelAt::At(at)), ..Default::default() }, ("cancel_at", "1700000000")),
        (
            SubscriptionChange { cancel_at: Some(CancelAt::MinPeriodEnd), ..Default::default() },
            ("cancel_at", "min_period_end"),
        ),
        (
            SubscriptionChange { cancel_at_period_end: Some(false), ..Default::default() },
            ("cancel_at_period_end", "false"),
        ),
        (SubscriptionChange { trial_end: Some(TrialEnd::Now), ..Default::default() }, ("trial_end", "now")),
        (SubscriptionChange { pause_collection: Some(Change::Clear), ..Default::default() }, ("pause_collection", "")),
        (SubscriptionChange { proration_date: Some(at), ..Default::default() }, ("proration_date", "1700000000")),
    ] {
        stripe.update_subscription("sub_1", &key, &change).await.unwrap();
        assert_eq!(server.asked()[0].form(), pairs([sent]));
    }
}

#[tokio::test]
async fn subscriptions_that_ended_are_listed_unless_others_are_asked_for() {
    let server = Server::start().await;
    server.reply([Reply::json(200, &json!({ "data": [] }))]);
    server.stripe().list_subscriptions(&SubscriptionFilter::default()).await.unwrap();
    assert_eq!(server.asked()[0].query(), pairs([("status", "all")]));
}

#[tokio::test]
async fn a_cancellation_says_what_becomes_of_the_money() {
    let server = Server::start().await;
    server.reply([Reply::json(200, &subscription("sub_1"))]);
    let how = CancelSubscription { invoice_now: true, prorate: true, cancellation_details: None };
    server.stripe().cancel_subscription("sub_1", &how).await.unwrap();
    assert_eq!(server.asked()[0].query(), pairs([("invoice_now", "true"), ("prorate", "true")]));
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let server = Server::start().await;
    let stripe = server.stripe();
    server.reply([Reply::json(200, &customer("cus_1"))]);
    for key in ["", "a b", "a\r\nstripe-version: 1", "é"] {
        let error = stripe.create_customer(&Idempotency::key(key), &NewCustomer::default()).await.unwrap_err();
        assert!(matches!(error, Error::Encode(_)) && !error.outcome_unknown(), "{error}");
    }
    // Without an id this would be the list.
    assert!(matches!(stripe.get_customer("", &[]).await, Err(Error::Encode(_))));
    assert!(matches!(stripe.delete_customer("").await, Err(Error::Encode(_))));
    assert!(server.asked().is_empty());
    stripe.get_customer("../products?a#b", &[]).await.unwrap();
    assert_eq!(server.asked()[0].target, "/v1/customers/..%2Fproducts%3Fa%23b");
}

#[tokio::test]
async fn a_search_cannot_be_widened_by_its_value() {
    let server = Server::start().await;
    server.reply([Reply::json(200, &json!({ "data": [customer("cus_1")], "has_more": false, "next_page": null }))]);
    let found = server.stripe().search_customers("org_id", "x' OR name~'a", None).await.unwrap();
    assert_eq!(found.data.len(), 1);
    assert_eq!(server.asked()[0].query(), pairs([("query", r"metadata['org_id']:'x\' OR name~\'a'")]));
}
