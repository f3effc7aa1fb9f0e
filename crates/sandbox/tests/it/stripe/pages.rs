//! The hosted pages, used without script.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::account::{Account, DAY, HOUR, START, id};
use crate::instance::APP;
use crate::portal::location;

/// An account, and a browser without script that follows nothing.
struct Site {
    account: Account,
}

impl Site {
    async fn new() -> Self {
        Self { account: Account::new().await }
    }

    /// A page: an address the API gave, or its path.
    async fn get(&self, page: &str) -> Response {
        self.account.instance.get(&self.address(page)).await
    }

    async fn post(&self, page: &str, form: &[(&str, &str)]) -> Response {
        self.from(&self.account.instance.stripe(""), page, form).await
    }

    /// A form of a page of some origin.
    async fn from(&self, origin: &str, page: &str, form: &[(&str, &str)]) -> Response {
        let request = self.account.instance.request(Method::POST, &self.address(page));
        request.header("origin", origin).form(form).send().await.unwrap()
    }

    fn address(&self, page: &str) -> String {
        let path = page.split_once("://").map_or(page, |(_, rest)| &rest[rest.find('/').unwrap()..]);
        self.account.instance.stripe(path)
    }

    /// A Checkout session for Team.
    async fn checkout(&self, more: &[(&str, &str)]) -> Value {
        let success = format!("{APP}/success?session={{CHECKOUT_SESSION_ID}}");
        let form = [
            ("mode", "subscription"),
            ("customer", &self.account.customer),
            ("line_items[0][price]", &self.account.team),
            ("line_items[0][quantity]", "1"),
            ("success_url", &success),
            ("cancel_url", "http://localhost:4391/back"),
        ];
        self.account.post("/checkout/sessions", &[&form, more].concat()).await
    }

    async fn subscriptions(&self) -> usize {
        let path = format!("/subscriptions?customer={}&status=all", self.account.customer);
        self.account.get(&path).await["data"].as_array().unwrap().len()
    }

    /// A portal session with everything but what is left out.
    async fn portal(&self, without: &str, flow: &[(&str, &str)]) -> String {
        let product = self.account.get(&format!("/prices/{}", self.account.business)).await["product"].clone();
        let all = [
            ("features[payment_method_update][enabled]", "true"),
            ("features[invoice_history][enabled]", "true"),
            ("features[customer_update][enabled]", "true"),
            ("features[customer_update][allowed_updates][0]", "name"),
            ("features[subscription_cancel][enabled]", "true"),
            ("features[subscription_update][enabled]", "true"),
            ("features[subscription_update][default_allowed_updates][0]", "price"),
            ("features[subscription_update][proration_behavior]", "always_invoice"),
            ("features[subscription_update][products][0][product]", product.as_str().unwrap()),
            ("features[subscription_update][products][0][prices][0]", &self.account.business),
        ];
        let form: Vec<_> = all.into_iter().filter(|(name, _)| without.is_empty() || !name.contains(without)).collect();
        let configuration = id(&self.account.post("/billing_portal/configurations", &form).await);
        let back = format!("{APP}/billing");
        let form =
            [("customer", self.account.customer.as_str()), ("configuration", &configuration), ("return_url", &back)];
        let session = self.account.post("/billing_portal/sessions", &[&form, flow].concat()).await;
        session["url"].as_str().unwrap().to_owned()
    }
}

fn url(object: &Value) -> &str {
    object["url"].as_str().unwrap()
}

fn card(number: &str) -> [(&str, &str); 6] {
    [
        ("number", number),
        ("expiry", "12 / 34"),
        ("cvc", "123"),
        ("name", "Mary Ward"),
        ("country", "DE"),
        ("email", "billing@acme.example"),
    ]
}

#[tokio::test]
async fn checkout_says_what_is_bought_and_leads_where_the_session_says() {
    let site = Site::new().await;
    let session = site.checkout(&[]).await;
    let page = site.get(url(&session)).await;
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let targets = format!("form-action 'self' {APP} http://localhost:4391;");
    assert!(policy.starts_with("default-src 'none'") && policy.contains(&targets), "{policy}");
    let html = page.text().await.unwrap();
    for text in ["Sandbox: no real money.", "Subscribe to Team", "€29.00", "per month", "http://localhost:4391/back"]
    {
        assert!(html.contains(text), "{text}");
    }
    assert!(!html.contains("<script"));
    assert_eq!(site.get("/c/pay/cs_test_nobody").await.status(), 404);
    for origin in [APP, "http://evil.example", "null"] {
        assert_eq!(site.from(origin, url(&session), &card("4242424242424242")).await.status(), 403, "{origin}");
    }
    assert_eq!(site.subscriptions().await, 0);
}

#[tokio::test]
async fn checkout_complains_at_each_field() {
    let site = Site::new().await;
    let session = site.checkout(&[("consent_collection[terms_of_service]", "required")]).await;
    let page = site.post(url(&session), &[("number", "4242"), ("name", "<b>")]).await;
    assert_eq!(page.status(), 422);
    let html = page.text().await.unwrap();
    for name in ["number", "expiry", "cvc", "terms"] {
        assert!(html.contains(&format!("id=\"{name}-error\"")), "{name}");
    }
    assert!(html.contains("value=\"&#60;b&#62;\""), "what was typed is kept, and is text");
    assert_eq!(site.subscriptions().await, 0);
}

#[tokio::test]
async fn checkout_is_completed_once_however_often_it_is_sent() {
    let site = Site::new().await;
    let session = site.checkout(&[]).await;
    let destination = format!("{APP}/success?session={}", id(&session));
    let form = card("4242 4242 4242 4242");
    let both = tokio::join!(site.post(url(&session), &form), site.post(url(&session), &form));
    assert_eq!([location(&both.0), location(&both.1)], [destination.clone(), destination.clone()]);
    assert_eq!(site.subscriptions().await, 1);
    let html = site.get(url(&session)).await.text().await.unwrap();
    assert!(html.contains("all done here") && html.contains(&destination));
}

#[tokio::test]
async fn checkout_waits_until_the_application_has_heard_of_it() {
    let site = Site::new().await;
    let receiver = crate::receiver::Receiver::answering(&[]).await;
    let form = [("url", receiver.url.as_str()), ("enabled_events[0]", "*")];
    site.account.post("/webhook_endpoints", &form).await;
    site.account.control("/webhooks", json!({"mode": "pause"})).await;
    let session = site.checkout(&[]).await;
    let form = card("4242424242424242");
    let sent = site.post(url(&session), &form);
    tokio::pin!(sent);
    let early = tokio::time::timeout(std::time::Duration::from_millis(700), &mut sent).await;
    assert!(early.is_err(), "nobody has heard of it");
    site.account.control("/webhooks", json!({"mode": "deliver"})).await;
    assert_eq!(sent.await.status(), 303);
}

#[tokio::test]
async fn a_card_that_asks_leads_to_its_bank_and_back() {
    let site = Site::new().await;
    let session = site.checkout(&[]).await;
    let form = card("4000002500003155");
    let asked = site.post(url(&session), &form).await;
    assert_eq!(asked.status(), 200);
    let policy = asked.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains(APP), "{policy}");
    let html = asked.text().await.unwrap();
    assert!(html.contains("name=\"number\" value=\"4000002500003155\"") && html.contains("€29.00"));
    let failed = site.post(url(&session), &[&form[..], &[("authentication", "fail")]].concat()).await;
    assert_eq!(failed.status(), 422);
    assert!(failed.text().await.unwrap().contains("We are unable to authenticate your payment method."));
    assert_eq!(site.subscriptions().await, 0);
    let done = site.post(url(&session), &[&form[..], &[("authentication", "complete")]].concat()).await;
    assert_eq!(done.status(), 303);
    assert_eq!(site.subscriptions().await, 1);
}

#[tokio::test]
async fn a_session_that_has_run_out_takes_nothing() {
    let site = Site::new().await;
    let session = site.checkout(&[]).await;
    site.account.advance(START + DAY).await;
    for page in [site.get(url(&session)).await, site.post(url(&session), &card("4242424242424242")).await] {
        assert_eq!(page.status(), 200);
        assert!(page.text().await.unwrap().contains("This page has expired"));
    }
    assert_eq!(site.subscriptions().await, 0);
}

#[tokio::test]
async fn a_trial_needs_no_card_and_takes_one() {
    for number in ["", "4000000000000341"] {
        let site = Site::new().await;
        let trial = [("payment_method_collection", "if_required"), ("subscription_data[trial_period_days]", "14")];
        let session = site.checkout(&trial).await;
        let html = site.get(url(&session)).await.text().await.unwrap();
        assert!(html.contains("14 days free") && html.contains("Add a card now") && html.contains("€0.00"));
        let form = card(number);
        let form = if number.is_empty() { &form[3..] } else { &form[..] };
        assert_eq!(site.post(url(&session), form).await.status(), 303);
        let done = site.account.get(&format!("/checkout/sessions/{}", id(&session))).await;
        assert_eq!(done["payment_status"], "no_payment_required");
        let made = site.account.subscription(done["subscription"].as_str().unwrap()).await;
        assert_eq!(
            (&made["status"], made["default_payment_method"].is_null()),
            (&json!("trialing"), number.is_empty())
        );
    }
}

#[tokio::test]
async fn the_portal_shows_what_its_configuration_offers_and_nothing_else() {
    let site = Site::new().await;
    let subscription = id(&site.account.subscribe(&site.account.team, &[]).await);
    let cancel = format!("/plans/{subscription}/cancel");
    let plans = format!("/plans/{subscription}");
    for (feature, path) in [
        ("payment_method_update", "/card"),
        ("customer_update", "/customer"),
        ("subscription_cancel", &cancel),
        ("subscription_update", &plans),
    ] {
        let with = site.portal("", &[]).await;
        assert_eq!(site.get(&format!("{with}{path}")).await.status(), 200, "{feature}");
        let link = format!("href=\"{}{path}\"", &with[with.find("/p/").unwrap()..]);
        assert!(site.get(&with).await.text().await.unwrap().contains(&link), "{link}");
        let without = site.portal(feature, &[]).await;
        assert_eq!(site.get(&format!("{without}{path}")).await.status(), 404, "{feature}");
        assert_eq!(site.post(&format!("{without}{path}"), &[]).await.status().as_u16() / 100, 4, "{feature}");
        assert!(!site.get(&without).await.text().await.unwrap().contains(&format!("{path}\"")), "{feature}");
    }
    assert_eq!(site.get("/p/session/test_nobody").await.status(), 404);
}

#[tokio::test]
async fn a_flow_has_one_way_and_ends_where_it_says() {
    let site = Site::new().await;
    let subscription = id(&site.account.subscribe(&site.account.team, &[]).await);
    let after = format!("{APP}/after");
    let flow = [
        ("flow_data[type]", "payment_method_update"),
        ("flow_data[after_completion][type]", "redirect"),
        ("flow_data[after_completion][redirect][return_url]", after.as_str()),
    ];
    let portal = site.portal("", &flow).await;
    assert!(location(&site.get(&portal).await).ends_with("/card"));
    for hidden in ["/customer", &format!("/plans/{subscription}"), &format!("/plans/{subscription}/cancel")] {
        assert_eq!(site.get(&format!("{portal}{hidden}")).await.status(), 404, "{hidden}");
    }
    let html = site.get(&format!("{portal}/card")).await.text().await.unwrap();
    assert!(!html.contains("Back to billing"));
    for _ in 0..2 {
        let done = site.post(&format!("{portal}/card"), &card("5555555555554444")).await;
        assert_eq!(location(&done), after);
    }
    let cards = site.account.get(&format!("/payment_methods?customer={}&type=card", site.account.customer)).await;
    let saved = cards["data"].as_array().unwrap().iter().filter(|card| card["card"]["last4"] == "4444").count();
    assert_eq!(saved, 1, "sent twice, saved once");
    assert_eq!(location(&site.get(&portal).await), after, "there is no way back in");
}

#[tokio::test]
async fn what_is_confirmed_is_charged_as_it_was_shown() {
    let site = Site::new().await;
    let account = &site.account;
    let made = account.subscribe(&account.team, &[]).await;
    account.advance(START + 10 * DAY).await;
    let portal = site.portal("", &[]).await;
    let confirm = format!("{portal}/plans/{}/to/{}", id(&made), account.business);
    let html = site.get(&confirm).await.text().await.unwrap();
    let date = html.split("name=\"date\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(date, (START + 10 * DAY).to_string());
    account.advance(START + 10 * DAY + HOUR / 2).await;
    let done = site.post(&confirm, &[("date", &date)]).await;
    assert!(location(&done).ends_with("?done=changed"));
    let paid = account.invoices().await[0]["amount_paid"].as_i64().unwrap();
    assert!(html.contains(&format!("€{}.{:02}</dd></div>\n</dl>", paid / 100, paid % 100)), "{paid} {html}");
    let again = site.post(&confirm, &[("date", &date)]).await;
    assert!(location(&again).ends_with("?done=changed"));
    assert_eq!(account.invoices().await.len(), 2, "sent twice, changed once");
    let other = format!("{portal}/plans/{}/to/{}", id(&made), account.yearly);
    assert_eq!(site.get(&other).await.status(), 404, "no price of the configuration's");
    assert_eq!(site.post(&other, &[]).await.status(), 404);
}

#[tokio::test]
async fn a_portal_session_shows_its_own_customer_only() {
    let site = Site::new().await;
    let mine = id(&site.account.subscribe(&site.account.team, &[]).await);
    let customer = id(&site.account.post("/customers", &[("payment_method", "pm_card_visa"), ("name", "Other")]).await);
    let cards = site.account.get(&format!("/payment_methods?customer={customer}&type=card")).await;
    let card = id(&cards["data"][0]);
    let form = [("customer", customer.as_str()), ("items[0][price]", &site.account.team), ("trial_period_days", "9")];
    let theirs = id(&site.account.post("/subscriptions", &form).await);
    let portal = site.portal("", &[]).await;
    assert_eq!(site.get(&format!("{portal}/plans/{mine}/cancel")).await.status(), 200);
    for path in [
        format!("/plans/{theirs}/cancel"),
        format!("/plans/{theirs}"),
        format!("/plans/{theirs}/to/{}", site.account.business),
    ] {
        assert_eq!(site.get(&format!("{portal}{path}")).await.status(), 404, "{path}");
    }
    for path in [
        format!("/plans/{theirs}/cancel"),
        format!("/plans/{theirs}/renew"),
        format!("/cards/{card}/remove"),
        format!("/cards/{card}/default"),
        "/cards/pm_card_visa/default".to_owned(),
    ] {
        assert_eq!(site.post(&format!("{portal}{path}"), &[]).await.status(), 404, "{path}");
    }
    assert!(site.account.subscription(&theirs).await["cancel_at"].is_null());
}

#[tokio::test]
async fn a_portal_session_ends_when_nobody_comes() {
    let mut site = Site::new().await;
    let fresh = site.portal("", &[]).await;
    let visited = site.portal("", &[]).await;
    assert_eq!(site.get(&visited).await.status(), 200);
    // Six minutes later.
    site.account.instance = site
        .account
        .instance
        .restart_changing("stripe.json", |book| {
            for session in book["portal_sessions"].as_array_mut().unwrap() {
                for name in ["created", "visited"] {
                    if let Some(moment) = session[name].as_i64() {
                        session[name] = json!(moment - 360);
                    }
                }
            }
        })
        .await;
    let page = site.get(&fresh).await;
    assert_eq!(page.status(), 410);
    let html = page.text().await.unwrap();
    assert!(html.contains("Your session has expired") && html.contains(&format!("{APP}/billing")));
    assert_eq!(site.post(&format!("{fresh}/card"), &card("4242424242424242")).await.status(), 410);
    assert_eq!(site.get(&visited).await.status(), 200);
}

#[tokio::test]
async fn an_open_invoice_is_paid_on_its_page() {
    let site = Site { account: Account::with(Some("pm_card_chargeCustomerFail"), &[]).await };
    let made = site.account.subscribe(&site.account.team, &[]).await;
    assert_eq!(made["status"], "incomplete");
    let invoice = site.account.invoices().await[0].clone();
    let page = invoice["hosted_invoice_url"].as_str().unwrap();
    let html = site.get(page).await.text().await.unwrap();
    assert!(html.contains(invoice["number"].as_str().unwrap()) && html.contains("Pay €29.00"));
    let declined = site.post(page, &card("4000000000000002")).await;
    assert_eq!(declined.status(), 422);
    assert!(declined.text().await.unwrap().contains("Your card was declined."));
    for _ in 0..2 {
        assert!(page.ends_with(&location(&site.post(page, &card("4242424242424242")).await)));
    }
    assert_eq!(site.account.subscription(&id(&made)).await["status"], "active");
    let html = site.get(page).await.text().await.unwrap();
    assert!(html.contains("Invoice paid on 15 Jan 2026.") && !html.contains("name=\"number\""));
    let file = site.get(invoice["invoice_pdf"].as_str().unwrap()).await;
    assert_eq!(file.headers()["content-type"], "application/pdf");
    assert!(file.bytes().await.unwrap().starts_with(b"%PDF-1.4\n"));
    assert_eq!(site.get("/i/acct_sandbox/nobody").await.status(), 404);
    assert_eq!(site.get("/i/acct_sandbox/nobody/pdf").await.status(), 404);
}
