//! Checkout: what its completion makes, in which order it is told, and what a bad card leaves behind.

use serde_json::{Value, json};

use super::account::{Account, DAY, START, id, summary};

async fn session(account: &Account, more: &[(&str, &str)]) -> String {
    let form = [
        ("mode", "subscription"),
        ("customer", account.customer.as_str()),
        ("client_reference_id", "org_acme"),
        ("line_items[0][price]", &account.team),
        ("line_items[0][quantity]", "1"),
        ("success_url", "http://localhost:4390/back?id={CHECKOUT_SESSION_ID}"),
        ("subscription_data[metadata][org_id]", "org_acme"),
    ];
    id(&account.post("/checkout/sessions", &[&form, more].concat()).await)
}

async fn complete(account: &Account, id: &str, body: Value) -> (u16, Value) {
    account.instance.try_control(&format!("/stripe/checkout/{id}/complete"), body).await
}

#[tokio::test]
async fn one_test_card_in_both_places_is_one_card() {
    let account = Account::new().await;
    let methods = account.get(&format!("/customers/{}/payment_methods", account.customer)).await;
    assert_eq!(methods["data"].as_array().unwrap().len(), 1);
    let customer = account.get(&format!("/customers/{}", account.customer)).await;
    assert_eq!(customer["invoice_settings"]["default_payment_method"], methods["data"][0]["id"]);
}

#[tokio::test]
async fn a_paid_session_makes_a_subscription_and_tells_of_it_in_order() {
    let account =
        Account::with(None, &["--stripe-webhook-url=http://127.0.0.1:9/", "--stripe-webhook-secrets=whsec_x"]).await;
    let session = session(&account, &[]).await;
    let (status, done) = complete(&account, &session, json!({"card": "4242 4242 4242 4242", "name": "Ada"})).await;
    assert_eq!(status, 200, "{done}");
    assert_eq!(
        (&done["status"], &done["payment_status"], &done["url"]),
        (&json!("complete"), &json!("paid"), &Value::Null)
    );
    assert_eq!(done["destination"], format!("http://localhost:4390/back?id={session}"));
    let made = account.subscription(done["subscription"].as_str().unwrap()).await;
    assert_eq!((&made["status"], &made["metadata"]["org_id"]), (&json!("active"), &json!("org_acme")));
    assert!(made["default_payment_method"].is_string(), "the card is the subscription's");
    assert_eq!(summary(&account.invoices().await), json!([["paid", 2_900, 0]]));
    let dump: Value =
        account.instance.get(&account.instance.mailbox("/control/stripe/state.json")).await.json().await.unwrap();
    let mut kinds: Vec<_> =
        dump["deliveries"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap().to_owned()).collect();
    kinds.reverse();
    let first = kinds.iter().position(|kind| kind == "payment_method.attached").unwrap();
    assert_eq!(
        kinds[first..],
        [
            "payment_method.attached",
            "payment_intent.created",
            "payment_intent.succeeded",
            "charge.succeeded",
            "customer.subscription.created",
            "invoice.created",
            "invoice.finalized",
            "invoice_payment.paid",
            "invoice.paid",
            "invoice.payment_succeeded",
            "customer.updated",
            "checkout.session.completed",
        ]
    );
    assert_eq!(complete(&account, &session, json!({"card": "pm_card_visa"})).await.0, 400, "once is enough");
}

#[tokio::test]
async fn a_bad_card_leaves_nothing_behind() {
    let account = Account::with(None, &[]).await;
    let session = session(&account, &[]).await;
    for (card, code) in [
        ("4000000000000002", "card_declined"),
        ("4000000000000341", "card_declined"),
        ("4000000000009995", "card_declined"),
        ("4000000000000069", "expired_card"),
        ("4000002500003155", "invoice_payment_intent_requires_action"),
    ] {
        let (status, answer) = complete(&account, &session, json!({"card": card})).await;
        assert_eq!((status, &answer["error"]["code"]), (402, &json!(code)), "{card}");
    }
    assert_eq!(account.invoices().await.len(), 0);
    let list = account.get(&format!("/subscriptions?customer={}&status=all", account.customer)).await;
    assert_eq!(list["data"], json!([]));
    let methods = account.get(&format!("/customers/{}/payment_methods", account.customer)).await;
    assert_eq!(methods["data"], json!([]));
    assert_eq!(account.get(&format!("/checkout/sessions/{session}")).await["status"], "open");
    let (status, _) = complete(&account, &session, json!({"card": "4000002500003155", "confirmed": true})).await;
    assert_eq!(status, 200);
    account.advance(START + 32 * DAY).await;
    assert_eq!(
        summary(&account.invoices().await),
        json!([["paid", 2_900, 0], ["paid", 2_900, 0]]),
        "confirmed for good"
    );
}

#[tokio::test]
async fn a_trial_needs_a_card_only_if_it_is_asked_for() {
    let account = Account::with(None, &[]).await;
    let trial = [("subscription_data[trial_period_days]", "14")];
    let strict = session(&account, &trial).await;
    assert_eq!(complete(&account, &strict, json!({})).await.0, 400);
    let cancel = ("subscription_data[trial_settings][end_behavior][missing_payment_method]", "cancel");
    let easy = session(&account, &[trial[0], ("payment_method_collection", "if_required"), cancel]).await;
    let (status, done) = complete(&account, &easy, json!({})).await;
    assert_eq!((status, &done["payment_status"]), (200, &json!("no_payment_required")));
    let made = done["subscription"].as_str().unwrap();
    assert_eq!(account.subscription(made).await["status"], "trialing");
    account.advance(START + 15 * DAY).await;
    assert_eq!(account.subscription(made).await["status"], "canceled");
    assert_eq!(account.get(&format!("/checkout/sessions/{strict}")).await["status"], "expired");
}
