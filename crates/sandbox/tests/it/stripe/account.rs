//! An account with two plans, a clock and a customer, and the calls tests make.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::Instance;

/// 15 January 2026, noon.
pub(super) const START: i64 = 1_768_478_400;
pub(super) const HOUR: i64 = 3_600;
pub(super) const DAY: i64 = 24 * HOUR;
const KEY: &str = "sk_test_sandbox";

/// The account.
pub(super) struct Account {
    pub(super) instance: Instance,
    pub(super) clock: String,
    pub(super) customer: String,
    /// 29.00 a month.
    pub(super) team: String,
    /// 99.00 a month.
    pub(super) business: String,
    /// 290.00 a year.
    pub(super) yearly: String,
}

impl Account {
    /// With a card that is good for everything.
    pub(super) async fn new() -> Self {
        Self::with(Some("pm_card_visa"), &[]).await
    }

    pub(super) async fn with(card: Option<&str>, options: &[&str]) -> Self {
        let instance = Instance::with(options).await;
        let mut account = Self {
            instance,
            clock: String::new(),
            customer: String::new(),
            team: String::new(),
            business: String::new(),
            yearly: String::new(),
        };
        account.team = account.price("Team", 2_900, "month").await;
        account.business = account.price("Business", 9_900, "month").await;
        account.yearly = account.price("Team, yearly", 29_000, "year").await;
        let clock = account.post("/test_helpers/test_clocks", &[("frozen_time", &START.to_string())]).await;
        account.clock = id(&clock);
        let mut form = vec![("name", "Acme"), ("test_clock", account.clock.as_str())];
        if let Some(card) = card {
            form.extend([("payment_method", card), ("invoice_settings[default_payment_method]", card)]);
        }
        let customer = account.post("/customers", &form).await;
        account.customer = id(&customer);
        account
    }

    async fn price(&self, name: &str, amount: i64, interval: &str) -> String {
        let product = id(&self.post("/products", &[("name", name)]).await);
        let form = [
            ("product", product.as_str()),
            ("currency", "eur"),
            ("unit_amount", &amount.to_string()),
            ("recurring[interval]", interval),
        ];
        id(&self.post("/prices", &form).await)
    }

    /// Any call, with its status.
    pub(super) async fn call(&self, method: Method, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let url = self.instance.stripe(&format!("/v1{path}"));
        let request = self.instance.request(method.clone(), &url).bearer_auth(KEY);
        let request = if method == Method::POST { request.form(form) } else { request.query(form) };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// A POST that must succeed.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let (status, answer) = self.call(Method::POST, path, form).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// A GET that must succeed.
    pub(super) async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call(Method::GET, path, &[]).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Subscribes the customer to a price; answers with the subscription.
    pub(super) async fn subscribe(&self, price: &str, more: &[(&str, &str)]) -> Value {
        let form = [("customer", self.customer.as_str()), ("items[0][price]", price)];
        self.post("/subscriptions", &[&form, more].concat()).await
    }

    pub(super) async fn subscription(&self, id: &str) -> Value {
        self.get(&format!("/subscriptions/{id}")).await
    }

    /// The customer's invoices, newest first.
    pub(super) async fn invoices(&self) -> Vec<Value> {
        self.get(&format!("/invoices?customer={}&limit=100", self.customer)).await["data"].as_array().unwrap().clone()
    }

    pub(super) async fn balance(&self) -> i64 {
        self.get(&format!("/customers/{}", self.customer)).await["balance"].as_i64().unwrap()
    }

    /// Takes the clock to a moment.
    pub(super) async fn advance(&self, to: i64) {
        let path = format!("/test_helpers/test_clocks/{}", self.clock);
        let answer = self.post(&format!("{path}/advance"), &[("frozen_time", &to.to_string())]).await;
        assert_eq!(answer["status"], "advancing");
        for _ in 0..200 {
            let clock = self.get(&path).await;
            if clock["status"] == "ready" {
                assert_eq!(clock["frozen_time"], to);
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the clock does not arrive");
    }

    /// Types of the last events, oldest first, from the last one of a type on.
    pub(super) async fn events_since(&self, kind: &str) -> Vec<String> {
        let events = self.get("/events?limit=100").await["data"].as_array().unwrap().clone();
        let kinds = events.iter().map(|event| event["type"].as_str().unwrap().to_owned());
        let mut since: Vec<_> = kinds.take_while(|other| other != kind).collect();
        since.reverse();
        since
    }

    /// Something of the control page that must succeed.
    pub(super) async fn control(&self, path: &str, body: Value) -> Value {
        self.instance.control(&format!("/stripe{path}"), body).await
    }
}

pub(super) fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// Status, total and what is still due of each.
pub(super) fn summary(invoices: &[Value]) -> Value {
    invoices.iter().map(|invoice| json!([invoice["status"], invoice["total"], invoice["amount_remaining"]])).collect()
}

/// Amounts of the lines.
pub(super) fn amounts(invoice: &Value) -> Vec<i64> {
    let lines = invoice["lines"]["data"].as_array().unwrap();
    lines.iter().map(|line| line["amount"].as_i64().unwrap()).collect()
}

/// When the period of the first item ends.
pub(super) fn period_end(subscription: &Value) -> i64 {
    subscription["items"]["data"][0]["current_period_end"].as_i64().unwrap()
}
