//! Renewals: a draft for an hour, then paid; and the calendar they follow.

use reqwest::Method;
use serde_json::json;

use super::account::{Account, DAY, HOUR, START, amounts, id, period_end, summary};

#[tokio::test]
async fn a_renewal_is_a_draft_for_an_hour() {
    let account = Account::new().await;
    let made = account.subscribe(&account.team, &[]).await;
    assert_eq!((&made["status"], period_end(&made)), (&json!("active"), START + 31 * DAY), "15 February");
    assert_eq!(made.get("current_period_end"), None, "periods are on items only");
    account.advance(START + 31 * DAY).await;
    let renewed = account.subscription(&id(&made)).await;
    assert_eq!(period_end(&renewed), START + 59 * DAY, "15 March: the period advances before it is paid");
    let invoices = account.invoices().await;
    assert_eq!(summary(&invoices), json!([["draft", 2_900, 2_900], ["paid", 2_900, 0]]));
    assert_eq!(invoices[0]["billing_reason"], "subscription_cycle");
    assert_eq!(invoices[0]["automatically_finalizes_at"], START + 31 * DAY + HOUR);
    assert_eq!(renewed["latest_invoice"], invoices[0]["id"]);
    let events = account.events_since("test_helpers.test_clock.advancing").await;
    assert_eq!(
        events,
        ["invoice.upcoming", "customer.subscription.updated", "invoice.created", "test_helpers.test_clock.ready"]
    );
    account.advance(START + 31 * DAY + HOUR).await;
    let events = account.events_since("test_helpers.test_clock.advancing").await;
    assert_eq!(
        events,
        [
            "invoice.finalized",
            "payment_intent.created",
            "customer.updated",
            "payment_intent.succeeded",
            "charge.succeeded",
            "invoice_payment.paid",
            "invoice.paid",
            "invoice.payment_succeeded",
            "test_helpers.test_clock.ready",
        ]
    );
    let invoices = account.invoices().await;
    assert_eq!(summary(&invoices), json!([["paid", 2_900, 0], ["paid", 2_900, 0]]));
    assert_eq!(invoices[0]["status_transitions"]["paid_at"], START + 31 * DAY + HOUR);
    let number = |index: usize| invoices[index]["number"].as_str().unwrap().to_owned();
    assert!(number(1).ends_with("-0001") && number(0).ends_with("-0002"));
}

#[tokio::test]
async fn a_clock_goes_two_intervals_at_once_and_never_back() {
    let account = Account::new().await;
    account.subscribe(&account.team, &[]).await;
    let path = format!("/test_helpers/test_clocks/{}/advance", account.clock);
    for (to, wanted) in [(START, 400), (START - 1, 400), (START + 63 * DAY, 400)] {
        let (status, answer) = account.call(Method::POST, &path, &[("frozen_time", &to.to_string())]).await;
        assert_eq!((status, &answer["error"]["param"]), (wanted, &json!("frozen_time")), "{to}");
    }
    account.advance(START + 60 * DAY).await;
    assert_eq!(account.invoices().await.len(), 3, "two renewals on the way");
}

#[tokio::test]
async fn credit_is_used_before_the_card() {
    let account = Account::new().await;
    account.subscribe(&account.team, &[]).await;
    let path = format!("/customers/{}/balance_transactions", account.customer);
    account.post(&path, &[("amount", "-4000"), ("currency", "eur")]).await;
    account.advance(START + 32 * DAY).await;
    let invoice = &account.invoices().await[0];
    assert_eq!(
        (&invoice["total"], &invoice["amount_due"], &invoice["status"]),
        (&json!(2_900), &json!(0), &json!("paid"))
    );
    assert_eq!((&invoice["starting_balance"], &invoice["ending_balance"]), (&json!(-4_000), &json!(-1_100)));
    assert_eq!(account.balance().await, -1_100);
    account.advance(START + 60 * DAY).await;
    let invoice = &account.invoices().await[0];
    assert_eq!((&invoice["amount_due"], &invoice["amount_paid"]), (&json!(1_800), &json!(1_800)));
    let moved = account.get(&path).await;
    let kinds: Vec<_> =
        moved["data"].as_array().unwrap().iter().map(|one| json!([one["type"], one["amount"]])).collect();
    assert_eq!(
        kinds,
        [json!(["applied_to_invoice", 1_100]), json!(["applied_to_invoice", 2_900]), json!(["adjustment", -4_000])]
    );
}

#[tokio::test]
async fn collection_can_be_paused() {
    for (behaviour, wanted) in [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")] {
        let account = Account::new().await;
        let made = account.subscribe(&account.team, &[]).await;
        let path = format!("/subscriptions/{}", id(&made));
        account.post(&path, &[("pause_collection[behavior]", behaviour)]).await;
        account.advance(START + 32 * DAY).await;
        assert_eq!(account.invoices().await[0]["status"], wanted);
        assert_eq!(account.subscription(&id(&made)).await["status"], "active");
    }
}

#[tokio::test]
async fn an_invoice_that_is_sent_becomes_overdue() {
    let account = Account::with(None, &[]).await;
    let more = [("collection_method", "send_invoice"), ("days_until_due", "14")];
    let made = account.subscribe(&account.team, &more).await;
    account.advance(START + HOUR).await;
    let invoice = account.invoices().await[0].clone();
    assert_eq!((&invoice["status"], &invoice["due_date"]), (&json!("open"), &json!(START + HOUR + 14 * DAY)));
    assert_eq!(account.subscription(&id(&made)).await["status"], "active");
    account.advance(START + 15 * DAY).await;
    assert_eq!(account.subscription(&id(&made)).await["status"], "past_due");
    account.post(&format!("/invoices/{}/pay", id(&invoice)), &[("paid_out_of_band", "true")]).await;
    assert_eq!(account.subscription(&id(&made)).await["status"], "active");
}

#[tokio::test]
async fn a_customer_without_a_clock_can_be_moved_alone() {
    let account = Account::new().await;
    let form = [
        ("name", "Free"),
        ("payment_method", "pm_card_visa"),
        ("invoice_settings[default_payment_method]", "pm_card_visa"),
    ];
    let (free, other) = (id(&account.post("/customers", &form).await), id(&account.post("/customers", &form).await));
    let mut made = Vec::new();
    for customer in [&free, &other] {
        made.push(account.post("/subscriptions", &[("customer", customer), ("items[0][price]", &account.team)]).await);
    }
    let before = period_end(&made[0]);
    account.control(&format!("/customers/{free}/advance"), json!({"days": 32})).await;
    assert!(period_end(&account.subscription(&id(&made[0])).await) > before);
    assert_eq!(period_end(&account.subscription(&id(&made[1])).await), period_end(&made[1]), "nobody else moves");
    let invoices = account.get(&format!("/invoices?customer={free}")).await;
    assert_eq!(summary(invoices["data"].as_array().unwrap()), json!([["paid", 2_900, 0], ["paid", 2_900, 0]]));
    assert_eq!(amounts(&invoices["data"][0]), [2_900]);
    let page = account.instance.get(&account.instance.mailbox("/control")).await.text().await.unwrap();
    assert!(page.contains(&format!("action=\"/control/stripe/customers/{free}/advance\"")), "as a button");
    let on_clock = format!("/customers/{}/advance", account.customer);
    assert_eq!(account.instance.try_control(&format!("/stripe{on_clock}"), json!({"days": 1})).await.0, 404);
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let mut account = Account::new().await;
    let made = account.subscribe(&account.team, &[]).await;
    account.instance = account.instance.restart().await;
    assert_eq!(account.subscription(&id(&made)).await, made);
    account.advance(START + 32 * DAY).await;
    assert_eq!(account.invoices().await.len(), 2);
}
