//! The portal's actions, as its configuration allows them.

use serde_json::{Value, json};

use super::account::{Account, DAY, START, amounts, id, summary};

struct Portal {
    account: Account,
    subscription: String,
    session: String,
}

impl Portal {
    async fn new() -> Self {
        let account = Account::new().await;
        let made = account.subscribe(&account.business, &[]).await;
        let product = |price: Value| price["product"].as_str().unwrap().to_owned();
        let team = product(account.get(&format!("/prices/{}", account.team)).await);
        let business = product(account.get(&format!("/prices/{}", account.business)).await);
        let yearly = product(account.get(&format!("/prices/{}", account.yearly)).await);
        let update = |name: &str| format!("features[subscription_update]{name}");
        let form = [
            (update("[enabled]"), "true"),
            (update("[default_allowed_updates][0]"), "price"),
            (update("[proration_behavior]"), "always_invoice"),
            (update("[products][0][product]"), team.as_str()),
            (update("[products][0][prices][0]"), &account.team),
            (update("[products][1][product]"), &business),
            (update("[products][1][prices][0]"), &account.business),
            (update("[products][2][product]"), &yearly),
            (update("[products][2][prices][0]"), &account.yearly),
            (update("[schedule_at_period_end][conditions][0][type]"), "decreasing_item_amount"),
            (update("[schedule_at_period_end][conditions][1][type]"), "shortening_interval"),
            ("features[subscription_cancel][enabled]".to_owned(), "true"),
        ];
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let configuration = account.post("/billing_portal/configurations", &form).await;
        let form = [("customer", account.customer.as_str()), ("configuration", &id(&configuration))];
        let session = account.post("/billing_portal/sessions", &form).await;
        Self { subscription: id(&made), session: id(&session), account }
    }

    async fn act(&self, what: &str, mut body: Value) -> Value {
        body["subscription"] = json!(self.subscription);
        self.account.control(&format!("/portal/{}/{what}", self.session), body).await
    }
}

#[tokio::test]
async fn a_downgrade_waits_for_the_end_of_the_period_and_an_upgrade_does_not() {
    let portal = Portal::new().await;
    let account = &portal.account;
    account.advance(START + 31 * DAY / 2).await;
    let preview = portal.act("change", json!({"price": account.team, "preview": true})).await;
    assert_eq!(preview["waits_for_period_end"], true);
    let waiting = portal.act("change", json!({"price": account.team})).await;
    assert_eq!(waiting["items"]["data"][0]["price"]["id"], account.business);
    let schedule = account.get(&format!("/subscription_schedules/{}", waiting["schedule"].as_str().unwrap())).await;
    assert_eq!(schedule["phases"][1]["items"][0]["price"], account.team);
    assert_eq!(account.invoices().await.len(), 1);
    account.advance(START + 32 * DAY).await;
    assert_eq!(summary(&account.invoices().await), json!([["paid", 2_900, 0], ["paid", 9_900, 0]]));

    let portal = Portal::new().await;
    let account = &portal.account;
    account.advance(START + 31 * DAY / 2).await;
    let preview = portal.act("change", json!({"price": account.yearly, "preview": true})).await;
    assert_eq!((&preview["waits_for_period_end"], amounts(&preview)), (&json!(false), vec![-4_950, 29_000]));
    let changed = portal.act("change", json!({"price": account.yearly})).await;
    assert_eq!(
        (&changed["items"]["data"][0]["price"]["id"], &changed["schedule"]),
        (&json!(account.yearly), &Value::Null)
    );
    assert_eq!(amounts(&account.invoices().await[0]), amounts(&preview));
}

#[tokio::test]
async fn a_scheduled_downgrade_can_be_undone() {
    let portal = Portal::new().await;
    let account = &portal.account;
    let waiting = portal.act("change", json!({"price": account.team})).await;
    let schedule = waiting["schedule"].as_str().unwrap();
    account.post(&format!("/subscription_schedules/{schedule}/release"), &[]).await;
    account.advance(START + 32 * DAY).await;
    assert_eq!(summary(&account.invoices().await), json!([["paid", 9_900, 0], ["paid", 9_900, 0]]));
}

#[tokio::test]
async fn cancelling_sets_only_the_date_and_can_be_taken_back() {
    let portal = Portal::new().await;
    let leaving = portal.act("cancel", json!({"feedback": "unused", "comment": "Too quiet"})).await;
    assert_eq!((&leaving["cancel_at"], &leaving["cancel_at_period_end"]), (&json!(START + 31 * DAY), &json!(false)));
    assert_eq!(leaving["cancellation_details"]["feedback"], "unused");
    let back = portal.act("renew", json!({})).await;
    assert_eq!((&back["cancel_at"], &back["canceled_at"]), (&Value::Null, &Value::Null));
    portal.act("cancel", json!({})).await;
    portal.account.advance(START + 32 * DAY).await;
    assert_eq!(portal.account.subscription(&portal.subscription).await["status"], "canceled");
}

#[tokio::test]
async fn a_card_becomes_the_customers_default() {
    let portal = Portal::new().await;
    let method = portal.act("card", json!({"card": "5555555555554444"})).await["payment_method"].clone();
    let customer = portal.account.get(&format!("/customers/{}", portal.account.customer)).await;
    assert_eq!(customer["invoice_settings"]["default_payment_method"], method);
    let path = format!("/stripe/portal/{}/card", portal.session);
    for (card, status) in [("4000000000000002", 402), ("4000002760003184", 402), ("nothing", 422)] {
        assert_eq!(portal.account.instance.try_control(&path, json!({"card": card})).await.0, status, "{card}");
    }
}

#[tokio::test]
async fn a_session_reaches_its_own_customer_only() {
    let portal = Portal::new().await;
    let account = &portal.account;
    let form = [
        ("name", "Other"),
        ("payment_method", "pm_card_visa"),
        ("invoice_settings[default_payment_method]", "pm_card_visa"),
    ];
    let other = id(&account.post("/customers", &form).await);
    let theirs = id(&account.post("/subscriptions", &[("customer", &other), ("items[0][price]", &account.team)]).await);
    for what in ["change", "cancel", "renew"] {
        let path = format!("/stripe/portal/{}/{what}", portal.session);
        let (status, _) =
            account.instance.try_control(&path, json!({"subscription": theirs, "price": account.business})).await;
        assert_eq!(status, 400, "{what}");
    }
    assert_eq!(account.subscription(&theirs).await["cancel_at"], Value::Null);
}
