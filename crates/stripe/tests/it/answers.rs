//! How every kind of answer is read.

use serde_json::{Value, json};
use stripe::client::{InvoiceFilter, NewPortalSession, NewWebhookEndpoint, PriceFilter, SubscriptionExpand};
use stripe::types::{
    CancellationReason, CustomerLookup, Expandable, InvoiceStatus, SubscriptionStatus, TaxExempt, VerificationStatus,
};
use stripe::{Config, ConfigParts, Error, ErrorCode, ErrorKind, Idempotency};

use crate::server::{Reply, SECRET, Server, customer, subscription};

#[tokio::test]
async fn reads_every_kind_of_refusal() {
    let server = Server::start().await;
    let stripe = server.stripe();
    let get = async |reply: Reply| {
        server.reply([reply.with("stripe-should-retry", "false").with("request-id", "req_1")]);
        stripe.get_customer("cus_1", &[]).await.unwrap_err()
    };
    let declined = json!({ "error": {
        "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "param": "payment_method",
        "message": "Your card has insufficient funds.", "doc_url": "https://stripe.com/docs", "charge": "ch_1",
    } });
    let error = get(Reply::json(402, &declined)).await;
    assert_eq!(
        error.to_string(),
        "Stripe answered 402 card_error card_declined (insufficient_funds) (parameter payment_method): \
         Your card has insufficient funds. [request req_1]"
    );
    assert!(error.is_card_error() && !error.is_transient() && !error.outcome_unknown());
    let api = error.api().unwrap();
    assert_eq!((&api.kind, error.code()), (&ErrorKind::Card, Some(&ErrorCode::CardDeclined)));
    assert_eq!(api.decline_code.as_deref(), Some("insufficient_funds"));

    let error = get(Reply::error(404, "invalid_request_error", "resource_missing")).await;
    assert!(error.is_missing() && !error.is_transient());
    let error = get(Reply::error(400, "invalid_request_error", "resource_already_exists")).await;
    assert!(error.is_taken() && !error.is_missing());
    let error = get(Reply::error(401, "invalid_request_error", "")).await;
    assert!(error.is_unauthorized());
    let error = get(Reply::error(400, "brand_new_error", "brand_new")).await;
    assert_eq!(error.code(), Some(&ErrorCode::Unknown("brand_new".into())));
    assert_eq!(error.api().unwrap().kind, ErrorKind::Unknown("brand_new_error".into()));

    for (odd, status) in [
        (Reply::text(502, "<html>Bad gateway</html>"), 502),
        (Reply::json(500, &json!([1])), 500),
        (Reply::json(500, &json!({ "error": "no" })), 500),
        (Reply::json(500, &json!({ "error": { "type": null, "message": null } })), 500),
        (Reply::text(500, ""), 500),
    ] {
        let error = get(odd).await;
        assert!(error.is_transient() && error.outcome_unknown(), "{error:?}");
        let api = error.api().unwrap();
        assert_eq!((api.status, api.request_id.as_deref(), api.message.as_str()), (status, Some("req_1"), ""));
    }
    let error = get(Reply::text(302, "").with("location", "/elsewhere")).await;
    assert_eq!(error.api().unwrap().status, 302);
    for unreadable in
        [Reply::text(200, "<html>"), Reply::json(200, &json!({ "object": "customer" })), Reply::text(200, "")]
    {
        assert!(matches!(get(unreadable).await, Error::Decode(_)));
    }
    let long = "é".repeat(5_000);
    let error = get(Reply::json(400, &json!({ "error": { "message": long } }))).await;
    assert_eq!(error.api().unwrap().message.len(), 1_000);
}

#[tokio::test]
async fn the_secret_is_sent_and_never_shown() {
    let server = Server::start().await;
    let stripe = server.stripe();
    let message = format!("Invalid API Key provided: {SECRET}");
    server.reply([Reply::json(401, &json!({ "error": { "type": "invalid_request_error", "message": message } }))]);
    let error = stripe.get_customer("cus_1", &[]).await.unwrap_err();
    assert_eq!(server.asked()[0].header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
    assert!(error.to_string().contains("Invalid API Key provided: …"), "{error}");
    let parts = || ConfigParts { secret_key: SECRET.to_owned().into(), ..ConfigParts::default() };
    let config = Config::from_parts(parts()).unwrap();
    let shown = format!("{error:?} {error} {stripe:?} {:?} {config:?} {:?}", stripe.in_background(), parts());
    assert!(!shown.contains("never_to_be_seen"), "{shown}");

    // What lets somebody in is as secret.
    server.reply([Reply::json(200, &json!({ "id": "bps_1", "url": "https://billing.stripe.com/p/session/hidden" }))]);
    let way_in = stripe.create_portal_session(&Idempotency::fresh(), &NewPortalSession::default()).await.unwrap();
    assert!(way_in.url.as_str().ends_with("/hidden"));
    server.reply([Reply::json(200, &json!({ "id": "we_1", "secret": "whsec_hidden" }))]);
    let endpoint = NewWebhookEndpoint::default();
    let endpoint = stripe.create_webhook_endpoint(&Idempotency::key("k"), &endpoint).await.unwrap();
    assert!(endpoint.secret.is_some());
    assert!(!format!("{way_in:?} {endpoint:?}").contains("hidden"));
}

#[tokio::test]
async fn a_deleted_customer_is_told_apart_from_one_who_never_was() {
    let server = Server::start().await;
    let stripe = server.stripe();
    server.reply([Reply::json(200, &json!({ "id": "cus_1", "object": "customer", "deleted": true }))]);
    let found = stripe.get_customer("cus_1", &[]).await.unwrap();
    assert_eq!(found, CustomerLookup::Deleted("cus_1".into()));
    assert!(found.found().is_none());
    server.reply([Reply::json(200, &customer("cus_1"))]);
    assert_eq!(stripe.get_customer("cus_1", &[]).await.unwrap().found().unwrap().id, "cus_1");
    server.reply([Reply::error(404, "invalid_request_error", "resource_missing")]);
    assert!(stripe.get_customer("cus_1", &[]).await.unwrap_err().is_missing());
    server.reply([Reply::json(200, &json!({ "id": "cus_1", "object": "customer", "deleted": true }))]);
    assert!(stripe.delete_customer("cus_1").await.unwrap().deleted);
}

#[tokio::test]
async fn what_is_missing_or_null_or_new_does_not_matter() {
    let server = Server::start().await;
    let stripe = server.stripe();
    server.reply([Reply::json(200, &subscription("sub_1"))]);
    let least = stripe.get_subscription("sub_1", &[]).await.unwrap();
    assert_eq!(
        (least.status.clone(), least.period_end(), least.is_cancelling()),
        (SubscriptionStatus::Active, None, false)
    );

    let mut nulls = subscription("sub_1");
    for name in [
        "items",
        "cancel_at",
        "cancel_at_period_end",
        "canceled_at",
        "ended_at",
        "cancellation_details",
        "trial_start",
        "trial_end",
        "collection_method",
        "pause_collection",
        "pending_update",
        "schedule",
        "default_payment_method",
        "latest_invoice",
        "discounts",
        "billing_mode",
        "status_details",
        "start_date",
        "test_clock",
        "metadata",
        "livemode",
        "currency",
    ] {
        nulls[name] = Value::Null;
    }
    server.reply([Reply::json(200, &nulls)]);
    assert_eq!(stripe.get_subscription("sub_1", &[]).await.unwrap(), least);

    let mut new = subscription("sub_1");
    new["status"] = "hibernating".into();
    new["brand_new"] = json!({ "a": [1] });
    new["cancellation_details"] = json!({ "reason": "boredom", "feedback": null, "feedback_option": "cfo_1" });
    server.reply([Reply::json(200, &new)]);
    let new = stripe.get_subscription("sub_1", &[]).await.unwrap();
    assert_eq!(new.status, SubscriptionStatus::Unknown("hibernating".into()));
    assert!(!new.status.is_terminal());
    let reason = new.cancellation_details.unwrap().reason;
    assert_eq!(reason, Some(CancellationReason::Unknown("boredom".into())));

    server.reply([Reply::json(200, &json!({ "data": [{ "currency": "eur", "created": 1 }], "has_more": false }))]);
    let invoice = stripe.list_invoices(&InvoiceFilter::default()).await.unwrap().data.remove(0);
    assert_eq!((invoice.subscription(), invoice.total, invoice.status.as_ref()), (None, 0, None));
    server.reply([Reply::json(200, &json!({ "data": [{ "id": "price_1", "currency": "eur", "product": "prod_1" }] }))]);
    let price = stripe.list_prices(&PriceFilter::default()).await.unwrap().data.remove(0);
    assert_eq!((price.amount(), price.product.id()), (None, "prod_1"));
}

#[tokio::test]
async fn reads_a_whole_subscription() {
    let server = Server::start().await;
    server.reply([Reply::json(
        200,
        &json!({
            "id": "sub_1", "object": "subscription", "status": "trialing", "customer": "cus_1", "created": 1_700_000_000,
            "currency": "eur", "livemode": false, "metadata": { "org_id": "org_1" }, "start_date": 1_700_000_000,
            "cancel_at": 1_702_592_000, "cancel_at_period_end": false, "canceled_at": 1_700_000_100,
            "billing_mode": { "type": "flexible", "flexible": {} }, "collection_method": "charge_automatically",
            "items": { "object": "list", "has_more": false, "data": [
                { "id": "si_2", "quantity": 1, "current_period_start": 1_700_000_000, "current_period_end": 1_705_000_000,
                  "price": { "id": "price_2", "currency": "eur", "product": "prod_2" } },
                { "id": "si_1", "quantity": 2, "current_period_start": 1_700_000_000, "current_period_end": 1_702_592_000,
                  "price": { "id": "price_1", "currency": "eur", "unit_amount": 2900, "lookup_key": null, "type": "recurring",
                             "recurring": { "interval": "month", "interval_count": 1, "usage_type": "licensed" },
                             "product": { "id": "prod_1", "object": "product", "metadata": { "plan_code": "team" } } } },
            ] },
            "default_payment_method": { "id": "pm_1", "type": "card", "card": { "brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2030 } },
            "schedule": { "id": "sub_sched_1", "status": "active", "end_behavior": "release",
                "current_phase": { "start_date": 1_700_000_000, "end_date": 1_702_592_000 }, "phases": [
                { "start_date": 1_700_000_000, "end_date": 1_702_592_000, "items": [{ "price": "price_1", "quantity": 2 }] },
                { "start_date": 1_702_592_000, "end_date": null, "items": [{ "price": "price_3" }] },
            ] },
            "latest_invoice": { "id": "in_1", "currency": "eur", "created": 1, "status": "open", "total": -500,
                "payments": { "data": [{ "id": "inpay_1", "status": "paid", "amount_paid": 7 }], "has_more": false },
                "parent": { "type": "subscription_details", "subscription_details": { "subscription": "sub_1", "metadata": null } },
                "lines": { "data": [
                    { "id": "il_1", "amount": -500, "currency": "eur", "parent": { "type": "subscription_item_details",
                        "subscription_item_details": { "proration": true, "subscription": "sub_1", "subscription_item": "si_1" } } },
                    { "id": "il_2", "amount": 5, "currency": "eur", "parent": { "type": "subscription_item_details",
                        "subscription_item_details": { "proration": false } }, "period": { "start": 1, "end": 2 } },
                    { "id": "il_3", "amount": 5, "currency": "eur", "parent": { "type": "invoice_item_details",
                        "invoice_item_details": { "proration": true } } },
                ], "has_more": false } },
            "status_details": { "paused": { "type": "subscription", "transitioned_at": 5,
                "subscription": { "type": "trial_end_without_payment_method" } } },
            "pending_update": { "expires_at": 9 }, "pause_collection": { "behavior": "void", "resumes_at": null },
        }),
    )]);
    let expand = [SubscriptionExpand::Schedule, SubscriptionExpand::LatestInvoicePayments];
    let subscription = server.stripe().get_subscription("sub_1", &expand).await.unwrap();
    assert!(subscription.is_cancelling());
    assert_eq!(subscription.period_end().unwrap().as_second(), 1_702_592_000);
    assert_eq!(subscription.billing_mode().unwrap().as_str(), "flexible");
    let item = &subscription.items.data[1];
    assert_eq!(item.price.amount().unwrap().to_string(), "29.00 EUR");
    assert_eq!(item.price.product.object().unwrap().metadata["plan_code"], "team");
    let Some(Expandable::Object(card)) = &subscription.default_payment_method else { panic!("no card") };
    assert_eq!(card.card.as_ref().unwrap().last4, "4242");
    let schedule = subscription.schedule.as_ref().unwrap().object().unwrap();
    let next = schedule.next_phase().unwrap();
    assert_eq!((next.start_date.as_second(), next.items[0].price.id()), (1_702_592_000, "price_3"));
    let invoice = subscription.latest_invoice.as_ref().unwrap().object().unwrap();
    assert_eq!((invoice.status.as_ref(), invoice.subscription()), (Some(&InvoiceStatus::Open), Some("sub_1")));
    assert_eq!(invoice.money(invoice.total).to_string(), "-5.00 EUR");
    let prorations: Vec<bool> = invoice.lines.data.iter().map(|line| line.is_proration()).collect();
    assert_eq!(prorations, [true, false, true]);
    assert_eq!(invoice.payments.as_ref().unwrap().data[0].amount_paid, Some(7));
    let paused = subscription.status_details.unwrap().paused.unwrap();
    assert_eq!(paused.subscription.unwrap().kind, "trial_end_without_payment_method");
}

#[tokio::test]
async fn reads_a_whole_customer() {
    let server = Server::start().await;
    server.reply([Reply::json(
        200,
        &json!({
            "id": "cus_1", "object": "customer", "name": "Acme", "email": "billing@acme.test", "currency": "eur", "balance": -1240,
            "created": 1_700_000_000, "delinquent": true, "livemode": true, "tax_exempt": "reverse", "preferred_locales": ["de"],
            "address": { "city": "Wien", "country": "AT", "line1": null }, "metadata": { "org_id": "org_1" },
            "invoice_settings": { "default_payment_method": "pm_1", "custom_fields": [{ "name": "PO", "value": "4711" }] },
            "tax_ids": { "data": [{ "id": "txi_1", "type": "eu_vat", "value": "ATU1", "country": "AT", "verification": { "status": "verified" } }] },
        }),
    )]);
    let customer = server.stripe().get_customer("cus_1", &[]).await.unwrap().found().unwrap();
    assert_eq!((customer.balance, customer.delinquent, customer.livemode), (-1240, true, true));
    assert_eq!(customer.tax_exempt, TaxExempt::Reverse);
    assert_eq!(customer.invoice_settings.default_payment_method.unwrap().id(), "pm_1");
    assert_eq!(customer.invoice_settings.custom_fields[0].value, "4711");
    let tax_id = &customer.tax_ids.unwrap().data[0];
    assert_eq!(tax_id.verification.as_ref().unwrap().status, VerificationStatus::Verified);
    assert_eq!(customer.address.unwrap().city.as_deref(), Some("Wien"));
}
