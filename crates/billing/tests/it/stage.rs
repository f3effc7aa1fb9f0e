//! What these tests stand on: the sandbox's Stripe with everything that is sold, and organisations that want it.

use std::collections::BTreeMap;
use std::time::Duration;

use billing::Billing;
use clap::Parser as _;
use domain::billing::customers;
use jiff::Timestamp;
use serde_json::Value;
use stripe::client::{
    CustomerChange, CustomerInvoiceSettings, NewCustomer, NewSubscription, NewSubscriptionItem, NewTestClock,
};
use stripe::types::{Subscription, TestClockStatus};
use stripe::{Config, ConfigParts, Idempotency, Stripe};
use testkit::{Client, Organisation, World, organisation};

pub(crate) const KEY: &str = "sk_test_0123456789abcdef0123456789abcdef";

/// A sandbox of the test's own, and how to reach it.
pub(crate) struct StripeAccount {
    pub(crate) stripe: Stripe,
    base: String,
    control: String,
    raw: reqwest::Client,
    _sandbox: sandbox::Sandbox,
    _folder: tempfile::TempDir,
}

impl StripeAccount {
    /// With products, prices and portal configurations.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_str().unwrap().to_owned();
        let arguments =
            ["sandbox", "--clerk-port", "0", "--stripe-port", "0", "--mailbox-port", "0", "--data-dir", &data];
        let more = ["--secret-key", KEY, "--stripe-secret-key", KEY];
        let options = sandbox::Options::parse_from(arguments.iter().chain(&more));
        let sandbox = sandbox::start(options).await.unwrap();
        let base = format!("http://127.0.0.1:{}", sandbox.stripe_port);
        let stripe = client(&base);
        billing::setup::set_up(&stripe, None).await.unwrap();
        Self {
            stripe,
            base,
            control: format!("http://127.0.0.1:{}/control", sandbox.mailbox_port),
            raw: reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap(),
            _sandbox: sandbox,
            _folder: folder,
        }
    }

    /// What Stripe says, without a client of ours in between.
    pub(crate) async fn says(&self, path: &str) -> Value {
        let asked = self.raw.get(format!("{}{path}", self.base)).bearer_auth(KEY).send().await.unwrap();
        let text = asked.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// A change at Stripe, as somebody makes it at the dashboard.
    pub(crate) async fn does(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let asked = self.raw.post(format!("{}{path}", self.base)).bearer_auth(KEY).form(form).send().await.unwrap();
        let (status, text) = (asked.status(), asked.text().await.unwrap());
        assert!(status.is_success(), "{path} {form:?}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// A call of the sandbox's control page.
    pub(crate) async fn control(&self, path: &str, body: &Value) -> Value {
        let asked = self.raw.post(format!("{}{path}", self.control)).header("content-type", "application/json");
        let answer = asked.body(body.to_string()).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path} {body}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The id of the price sold under this key.
    pub(crate) async fn price(&self, lookup_key: &str) -> String {
        let found = self.says(&format!("/v1/prices?lookup_keys[0]={lookup_key}")).await;
        found["data"][0]["id"].as_str().unwrap().to_owned()
    }

    /// A customer with a card, as a purchase leaves it; on a clock of its own where one is named.
    pub(crate) async fn customer(&self, at: &Organisation, card: Option<&str>, clock: Option<&str>) -> String {
        let new = NewCustomer {
            name: Some(format!("The {} company", at.slug)),
            metadata: BTreeMap::from([("org_id".to_owned(), at.id.to_string())]),
            test_clock: clock.map(str::to_owned),
            ..NewCustomer::default()
        };
        let id = self.stripe.create_customer(&Idempotency::fresh(), &new).await.unwrap().id;
        if let Some(card) = card {
            self.pays_with(&id, card).await;
        }
        id
    }

    /// The customer's invoices are paid with this card from now on.
    pub(crate) async fn pays_with(&self, customer: &str, card: &str) {
        let method = self.stripe.attach_payment_method(card, &Idempotency::fresh(), customer).await.unwrap().id;
        let settings = CustomerInvoiceSettings { default_payment_method: Some(method), ..Default::default() };
        let change = CustomerChange { invoice_settings: Some(settings), ..CustomerChange::default() };
        self.stripe.update_customer(customer, &Idempotency::fresh(), &change).await.unwrap();
    }

    /// A subscription, as a purchase leaves it.
    pub(crate) async fn subscribe(&self, customer: &str, lookup_key: &str, trial_days: Option<u32>) -> Subscription {
        let new = NewSubscription {
            customer: customer.to_owned(),
            items: vec![NewSubscriptionItem { price: self.price(lookup_key).await, quantity: Some(1) }],
            trial_period_days: trial_days,
            trial_settings: trial_days.map(|_| stripe::client::MissingPaymentMethod::Cancel.into()),
            ..NewSubscription::default()
        };
        self.stripe.create_subscription(&Idempotency::fresh(), &new).await.unwrap()
    }

    /// A clock that stands at this moment.
    pub(crate) async fn clock(&self) -> String {
        let new = NewTestClock { frozen_time: now(), name: None, customer: None };
        self.stripe.create_test_clock(&Idempotency::fresh(), &new).await.unwrap().id
    }

    /// So many days go by.
    pub(crate) async fn days_go_by(&self, clock: &str, days: i64) {
        let from = self.stripe.get_test_clock(clock).await.unwrap().frozen_time;
        let to = Timestamp::from_second(from.as_second() + days * 86_400).unwrap();
        self.stripe.advance_test_clock(clock, &Idempotency::fresh(), to).await.unwrap();
        for _ in 0..200 {
            if self.stripe.get_test_clock(clock).await.unwrap().status == TestClockStatus::Ready {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the clock does not come to rest");
    }
}

/// To the second, as Stripe counts.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap()
}

fn client(base: &str) -> Stripe {
    let config = Config::from_parts(ConfigParts {
        api_base: Some(base.to_owned()),
        secret_key: KEY.to_owned().into(),
        calls_in_a_second: Some(1_000_000),
        calls_at_once: Some(64),
        ..ConfigParts::default()
    });
    Stripe::new(&config.unwrap()).unwrap()
}

/// People and organisations beside an account.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) account: StripeAccount,
    /// As the server has it.
    pub(crate) billing: Billing,
    /// Looks behind the wall.
    pub(crate) admin: Client,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let (world, account) = (World::create().await, StripeAccount::open().await);
        let billing = Billing::new(world.app.clone(), account.stripe.clone(), "http://localhost:3000");
        let admin = world.database.client("postgres").await;
        Self { world, account, billing, admin }
    }

    /// New organisations, of which ada is the admin.
    pub(crate) async fn organisations(&self, prefix: &str, count: usize) -> Vec<Organisation> {
        let made: Vec<Organisation> = (0..count).map(|number| organisation(&format!("{prefix}{number}"))).collect();
        let all: Vec<_> = made.iter().chain([&self.world.acme]).map(|at| (at, domain::BaseRole::Admin)).collect();
        self.world.record("ada", &all).await;
        made
    }

    /// The organisation's customer, with a card unless none is wanted.
    pub(crate) async fn customer(&self, at: &Organisation, card: Option<&str>, clock: Option<&str>) -> String {
        let id = self.account.customer(at, card, clock).await;
        customers::claim(&self.world.app, &id, &at.id).await.unwrap()
    }

    /// Somebody wanted to buy so long ago, and what came of it was not written down.
    pub(crate) async fn asked_ago(&self, at: &Organisation, hours: i32) {
        let sql = "insert into tenantry.billing_accounts (organisation_id, billing_name, changed_at)
                   values ($1, 'As it was called then', now() - make_interval(hours => $2))";
        self.admin.execute(sql, &[&at.id.as_str(), &hours]).await.unwrap();
    }

    /// Plan and status as they count for the organisation.
    pub(crate) async fn terms(&self, at: &Organisation) -> (String, Option<String>) {
        let sql = "select plan, billing_status from tenantry.organisations where id = $1";
        let row = self.admin.query_one(sql, &[&at.id.as_str()]).await.unwrap();
        (row.get(0), row.get(1))
    }

    /// A lease whose holder died has run out.
    pub(crate) async fn leases_run_out(&self) {
        let sql =
            "update tenantry.stripe_customers set leased_until = now() - interval '1 second' where lease is not null";
        self.admin.execute(sql, &[]).await.unwrap();
    }
}
