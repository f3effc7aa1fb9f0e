//! Changes of plan: prorations to the cent, the same in previews, and what happens when the money does not come.

use reqwest::Method;
use serde_json::{Value, json};

use super::account::{Account, DAY, HOUR, START, amounts, id, period_end, summary};

/// The middle of the first period, which has 31 days.
const HALF: i64 = START + 31 * DAY / 2;

async fn half_way(card: &str) -> (Account, String, String) {
    let account = Account::new().await;
    let made = account.subscribe(&account.team, &[]).await;
    account.advance(HALF).await;
    if card != "pm_card_visa" {
        let method =
            id(&account.post(&format!("/payment_methods/{card}/attach"), &[("customer", &account.customer)]).await);
        let form = [("invoice_settings[default_payment_method]", method.as_str())];
        account.post(&format!("/customers/{}", account.customer), &form).await;
    }
    (account, id(&made), id(&made["items"]["data"][0]))
}

async fn change(account: &Account, id: &str, item: &str, price: &str, more: &[(&str, &str)]) -> (u16, Value) {
    let form = [("items[0][id]", item), ("items[0][price]", price)];
    account.call(Method::POST, &format!("/subscriptions/{id}"), &[&form, more].concat()).await
}

#[tokio::test]
async fn an_upgrade_is_billed_at_once_as_it_was_previewed() {
    let (account, subscription, item) = half_way("pm_card_visa").await;
    let preview = account
        .post(
            "/invoices/create_preview",
            &[
                ("subscription", subscription.as_str()),
                ("subscription_details[items][0][id]", &item),
                ("subscription_details[items][0][price]", &account.business),
                ("subscription_details[proration_behavior]", "always_invoice"),
                ("subscription_details[proration_date]", &HALF.to_string()),
            ],
        )
        .await;
    assert_eq!(amounts(&preview), [-1_450, 4_950]);
    assert_eq!(account.invoices().await.len(), 1, "a preview leaves nothing behind");
    let more = [("proration_behavior", "always_invoice"), ("proration_date", &HALF.to_string())];
    let (status, changed) = change(&account, &subscription, &item, &account.business, &more).await;
    assert_eq!((status, &changed["items"]["data"][0]["price"]["id"]), (200, &json!(account.business)));
    assert_eq!(period_end(&changed), START + 31 * DAY, "the anchor stays");
    let invoices = account.invoices().await;
    assert_eq!(summary(&invoices), json!([["paid", 3_500, 0], ["paid", 2_900, 0]]));
    assert_eq!(amounts(&invoices[0]), amounts(&preview));
    let credit = &invoices[0]["lines"]["data"][0]["parent"]["subscription_item_details"];
    assert_eq!(credit["proration"], true);
    assert_eq!(credit["proration_details"]["credited_items"]["invoice"], invoices[1]["id"]);
    account.advance(START + 32 * DAY).await;
    assert_eq!(amounts(&account.invoices().await[0]), [9_900]);
}

#[tokio::test]
async fn an_upgrade_waits_for_the_renewal_by_default() {
    let (account, subscription, item) = half_way("pm_card_visa").await;
    change(&account, &subscription, &item, &account.business, &[]).await;
    assert_eq!(account.invoices().await.len(), 1);
    let preview = account.post("/invoices/create_preview", &[("subscription", &subscription)]).await;
    assert_eq!(amounts(&preview), [-1_450, 4_950, 9_900]);
    account.advance(START + 32 * DAY).await;
    let invoice = &account.invoices().await[0];
    assert_eq!((amounts(invoice), &invoice["status"]), (vec![-1_450, 4_950, 9_900], &json!("paid")));
}

#[tokio::test]
async fn a_credit_is_computed_from_what_was_debited() {
    let (account, subscription, item) = half_way("pm_card_visa").await;
    let at_once = [("proration_behavior", "always_invoice")];
    change(&account, &subscription, &item, &account.business, &at_once).await;
    // A quarter of the period is left: half of the 49.50 that were debited for half of it, not of 99.00.
    account.advance(START + 31 * DAY * 3 / 4).await;
    change(&account, &subscription, &item, &account.team, &at_once).await;
    let invoice = &account.invoices().await[0];
    assert_eq!(amounts(invoice), [-2_475, 725]);
    assert_eq!((&invoice["status"], &invoice["amount_due"]), (&json!("paid"), &json!(0)));
    assert_eq!(account.balance().await, -1_750, "a negative total becomes credit");
}

#[tokio::test]
async fn without_proration_nothing_is_billed_before_the_renewal() {
    let (account, subscription, item) = half_way("pm_card_visa").await;
    change(&account, &subscription, &item, &account.business, &[("proration_behavior", "none")]).await;
    account.advance(START + 32 * DAY).await;
    assert_eq!(summary(&account.invoices().await), json!([["paid", 9_900, 0], ["paid", 2_900, 0]]));
}

#[tokio::test]
async fn another_interval_begins_anew_and_is_billed_at_once() {
    let (account, subscription, item) = half_way("pm_card_visa").await;
    let (_, changed) = change(&account, &subscription, &item, &account.yearly, &[]).await;
    assert_eq!(period_end(&changed), HALF + 365 * DAY);
    assert_eq!(changed["billing_cycle_anchor"], HALF);
    let invoice = &account.invoices().await[0];
    assert_eq!(amounts(invoice), [-1_450, 29_000]);
    assert_eq!(invoice["billing_reason"], "subscription_update");
}

#[tokio::test]
async fn quantities_are_prorated_too() {
    let (account, subscription, item) = half_way("pm_card_visa").await;
    let form = [("quantity", "3"), ("proration_behavior", "always_invoice")];
    account.post(&format!("/subscription_items/{item}"), &form).await;
    assert_eq!(amounts(&account.invoices().await[0]), [-1_450, 4_350]);
    assert_eq!(account.subscription(&subscription).await["items"]["data"][0]["quantity"], 3);
}

#[tokio::test]
async fn a_declined_card_leaves_the_new_plan_past_due_unless_it_is_told_otherwise() {
    let at_once = ("proration_behavior", "always_invoice");
    let (account, subscription, item) = half_way("pm_card_chargeCustomerFail").await;
    let (status, changed) = change(&account, &subscription, &item, &account.business, &[at_once]).await;
    assert_eq!((status, &changed["status"]), (200, &json!("past_due")), "the free upgrade");
    assert_eq!(changed["items"]["data"][0]["price"]["id"], account.business);

    let (account, subscription, item) = half_way("pm_card_chargeCustomerFail").await;
    let before = account.subscription(&subscription).await;
    let strict = [at_once, ("payment_behavior", "error_if_incomplete")];
    let (status, refusal) = change(&account, &subscription, &item, &account.business, &strict).await;
    assert_eq!((status, &refusal["error"]["code"]), (402, &json!("card_declined")));
    assert_eq!(account.subscription(&subscription).await, before, "nothing happened");
    assert_eq!(account.invoices().await.len(), 1);
}

#[tokio::test]
async fn a_change_can_wait_for_its_payment() {
    let pend = [("proration_behavior", "always_invoice"), ("payment_behavior", "pending_if_incomplete")];
    let (account, subscription, item) = half_way("pm_card_chargeCustomerFail").await;
    let (_, waiting) = change(&account, &subscription, &item, &account.business, &pend).await;
    assert_eq!(waiting["items"]["data"][0]["price"]["id"], account.team);
    assert_eq!(waiting["status"], "active");
    assert_eq!(waiting["pending_update"]["expires_at"], HALF + 23 * HOUR);
    assert_eq!(waiting["pending_update"]["subscription_items"][0]["price"]["id"], account.business);
    let invoice = account.invoices().await[0].clone();
    assert_eq!((&invoice["status"], &invoice["total"]), (&json!("open"), &json!(3_500)));
    account.post(&format!("/invoices/{}/pay", id(&invoice)), &[("payment_method", "pm_card_visa")]).await;
    let applied = account.subscription(&subscription).await;
    assert_eq!(
        (&applied["items"]["data"][0]["price"]["id"], &applied["pending_update"]),
        (&json!(account.business), &Value::Null)
    );

    let (account, subscription, item) = half_way("pm_card_chargeCustomerFail").await;
    change(&account, &subscription, &item, &account.business, &pend).await;
    account.advance(HALF + DAY).await;
    let expired = account.subscription(&subscription).await;
    assert_eq!(
        (&expired["items"]["data"][0]["price"]["id"], &expired["pending_update"]),
        (&json!(account.team), &Value::Null)
    );
    assert_eq!(account.invoices().await[0]["status"], "void");
}

#[tokio::test]
async fn a_schedule_changes_the_plan_at_its_boundary() {
    let (account, subscription, _) = half_way("pm_card_visa").await;
    let schedule = account.post("/subscription_schedules", &[("from_subscription", &subscription)]).await;
    let end = (START + 31 * DAY).to_string();
    let form = [
        ("end_behavior", "release"),
        ("phases[0][items][0][price]", account.team.as_str()),
        ("phases[0][end_date]", &end),
        ("phases[1][items][0][price]", &account.business),
        ("phases[1][proration_behavior]", "none"),
    ];
    account.post(&format!("/subscription_schedules/{}", id(&schedule)), &form).await;
    assert_eq!(account.subscription(&subscription).await["schedule"], schedule["id"]);
    account.advance(START + 32 * DAY).await;
    let changed = account.subscription(&subscription).await;
    assert_eq!(changed["items"]["data"][0]["price"]["id"], account.business);
    assert_eq!(summary(&account.invoices().await), json!([["paid", 9_900, 0], ["paid", 2_900, 0]]));
    account.advance(START + 60 * DAY).await;
    let shown = account.get(&format!("/subscription_schedules/{}", id(&schedule))).await;
    assert_eq!((&shown["status"], &shown["released_subscription"]), (&json!("released"), &json!(subscription)));
    assert_eq!(account.subscription(&subscription).await["schedule"], Value::Null);
}
