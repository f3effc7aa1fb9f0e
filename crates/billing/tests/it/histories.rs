//! Random histories: what happens at Stripe, told by events that are lost, doubled, late and out of order, to a program that
//! may die between any two steps. In the end we say what Stripe says.
//!
//! STRIPE_HISTORIES says how many, SEED which.

use std::time::Duration;

use domain::billing::customers;
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use stripe::Event;
use testkit::Organisation;

use crate::stage::Stage;

const PRICES: [&str; 4] =
    ["tenantry_team_monthly", "tenantry_team_yearly", "tenantry_business_monthly", "tenantry_business_yearly"];
/// Beside each other, each with a Stripe of its own: what one of them is told must not wait for the others.
const BESIDE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_history_ends_as_stripe_says() {
    let count = testkit::number_from("STRIPE_HISTORIES", 40);
    let seed = testkit::number_from("SEED", 20_261_128);
    let share = |part: u64| count / BESIDE as u64 + u64::from(part < count % BESIDE as u64);
    let tasks = (0..BESIDE as u64).map(|part| tokio::spawn(several(seed.wrapping_add(part), share(part))));
    let mut told = [0_usize; 4];
    for task in tasks.collect::<Vec<_>>() {
        for (sum, one) in told.iter_mut().zip(task.await.unwrap()) {
            *sum += one;
        }
    }
    let [events, lost, crashes, repaired] = told;
    println!("{count} histories of seed {seed}: {events} events, {lost} lost, {crashes} crashes, {repaired} repaired");
    assert!(count < 40 || (lost > 0 && crashes > 0 && repaired > 0), "the histories are too tame");
}

async fn several(seed: u64, count: u64) -> [usize; 4] {
    let stage = Stage::set().await;
    let mut sum = [0; 4];
    let places = stage.organisations("history", usize::try_from(count).unwrap()).await;
    for (number, at) in places.iter().enumerate() {
        let mut history =
            History::begin(&stage, at, StdRng::seed_from_u64(seed.wrapping_mul(1_000_003) + number as u64)).await;
        history.go().await;
        let what = format!("seed {seed}, history {number}: {:#?}", history.said);
        history.compare(&what).await;
        for (sum, one) in sum.iter_mut().zip([history.events, history.lost, history.crashes, history.repaired]) {
            *sum += one;
        }
    }
    sum
}

struct History<'a> {
    stage: &'a Stage,
    at: &'a Organisation,
    rng: StdRng,
    customer: String,
    clock: Option<String>,
    /// The newest event that was read.
    last: Option<String>,
    /// Events on their way to us.
    late: Vec<Event>,
    /// Events that we have, and since when, with a job each.
    queue: Vec<(Event, Timestamp)>,
    said: Vec<String>,
    events: usize,
    lost: usize,
    crashes: usize,
    repaired: usize,
}

impl<'a> History<'a> {
    async fn begin(stage: &'a Stage, at: &'a Organisation, mut rng: StdRng) -> Self {
        let clock = if rng.random_bool(0.3) { Some(stage.account.clock().await) } else { None };
        let newest = stage.account.says("/v1/events?limit=1").await;
        let last = newest["data"][0]["id"].as_str().map(str::to_owned);
        let customer = stage.customer(at, Some("pm_card_visa"), clock.as_deref()).await;
        let (late, queue, said) = (Vec::new(), Vec::new(), Vec::new());
        Self { stage, at, rng, customer, clock, last, late, queue, said, events: 0, lost: 0, crashes: 0, repaired: 0 }
    }

    async fn go(&mut self) {
        for _ in 0..self.rng.random_range(3..8) {
            self.something_happens().await;
            self.events_come().await;
            self.some_are_done().await;
        }
        while !(self.queue.is_empty() && self.late.is_empty()) {
            self.arrive(self.late.len()).await;
            self.some_are_done().await;
        }
        if self.lost > 0 {
            // Nobody told us: the reconciler asks.
            let synced = self.stage.billing.sync_now(&self.customer).await.unwrap();
            if let billing::Synced::Changed(changed) = synced {
                self.repaired += usize::from(!changed.is_empty());
            }
        }
    }

    /// Somebody does something at Stripe, or time does.
    async fn something_happens(&mut self) {
        let all = self
            .stage
            .account
            .says(&format!("/v1/subscriptions?customer={}&status=all&limit=100", self.customer))
            .await;
        let live: Vec<Value> = all["data"].as_array().unwrap().iter().filter(|one| is_live(one)).cloned().collect();
        let (account, price) = (&self.stage.account, PRICES[self.rng.random_range(0..PRICES.len())]);
        let Some(one) = live.first() else {
            let trial = self.rng.random_bool(0.3).then_some(14);
            self.said.push(format!("subscribes to {price}, trial {trial:?}"));
            account.subscribe(&self.customer, price, trial).await;
            return;
        };
        let path = format!("/v1/subscriptions/{}", one["id"].as_str().unwrap());
        match self.rng.random_range(0..8) {
            0 | 1 => {
                self.said.push(format!("changes to {price}"));
                let (item, price) = (one["items"]["data"][0]["id"].as_str().unwrap(), account.price(price).await);
                account.does(&path, &[("items[0][id]", item), ("items[0][price]", &price)]).await;
            }
            2 => {
                self.said.push("ends with the period".to_owned());
                account.does(&path, &[("cancel_at", "min_period_end")]).await;
            }
            3 => {
                self.said.push("goes on after all".to_owned());
                let form = match one["cancel_at_period_end"].as_bool() {
                    Some(true) => [("cancel_at_period_end", "false")],
                    _ => [("cancel_at", "")],
                };
                account.does(&path, &form).await;
            }
            4 => {
                self.said.push("ends now".to_owned());
                account.stripe.cancel_subscription(one["id"].as_str().unwrap(), &Default::default()).await.unwrap();
            }
            5 => {
                self.said.push("is bought a second time".to_owned());
                account.subscribe(&self.customer, price, None).await;
            }
            6 => {
                let card = if self.rng.random_bool(0.5) { "pm_card_chargeCustomerFail" } else { "pm_card_mastercard" };
                self.said.push(format!("pays with {card}"));
                account.pays_with(&self.customer, card).await;
            }
            _ => match &self.clock {
                Some(clock) => {
                    let days = self.rng.random_range(5..40);
                    self.said.push(format!("{days} days go by"));
                    account.days_go_by(clock, days).await;
                }
                None => {
                    self.said.push("another address for invoices".to_owned());
                    let email = format!("a{}@example.test", self.rng.random_range(0..100));
                    account.does(&format!("/v1/customers/{}", self.customer), &[("email", &email)]).await;
                }
            },
        }
    }

    /// What Stripe has to tell of it: some of it is lost, some comes twice, some of it late.
    async fn events_come(&mut self) {
        let path = match &self.last {
            Some(last) => format!("/v1/events?limit=100&ending_before={last}"),
            None => "/v1/events?limit=100".to_owned(),
        };
        let new = self.stage.account.says(&path).await;
        let new = new["data"].as_array().unwrap();
        if let Some(newest) = new.first() {
            self.last = newest["id"].as_str().map(str::to_owned);
        }
        for event in new.iter().rev() {
            self.events += 1;
            let event = Event::from_slice(event.to_string().as_bytes()).unwrap();
            match self.rng.random_range(0..10) {
                0 | 1 => self.lost += 1,
                2 => self.late.extend([event.clone(), event]),
                _ => self.late.push(event),
            }
        }
        self.late.shuffle(&mut self.rng);
        let late = if self.rng.random_bool(0.3) { self.rng.random_range(0..=self.late.len()) } else { 0 };
        self.arrive(self.late.len() - late).await;
    }

    /// So many are recorded now.
    async fn arrive(&mut self, count: usize) {
        if count > 0 {
            let now = customers::now(&self.stage.world.app).await.unwrap();
            self.queue.extend(self.late.drain(..count).map(|event| (event, now)));
        }
    }

    async fn some_are_done(&mut self) {
        for _ in 0..self.rng.random_range(1..=self.queue.len().max(1)) {
            let Some((event, received_at)) = self.queue.pop() else { return };
            let applying = self.stage.billing.apply(&event, received_at);
            if self.rng.random_bool(0.15) {
                // Whoever does it dies at whatever step it has come to; the job is there still.
                let lifetime = Duration::from_micros(self.rng.random_range(100..30_000));
                if tokio::time::timeout(lifetime, applying).await.is_err() {
                    self.crashes += 1;
                    self.stage.leases_run_out().await;
                    self.queue.insert(0, (event, received_at));
                }
                continue;
            }
            match applying.await {
                Ok(_) => {}
                // A statement of somebody who died was still on its way: their lease runs out.
                Err(billing::Error::Busy) => {
                    self.stage.leases_run_out().await;
                    self.queue.insert(0, (event, received_at));
                }
                Err(error) => panic!("{}: {error}", event.kind),
            }
        }
    }

    /// Ours beside Stripe's, field by field.
    async fn compare(&self, what: &str) {
        let account = &self.stage.account;
        let all = account.says(&format!("/v1/subscriptions?customer={}&status=all&limit=100", self.customer)).await;
        let live: Vec<&Value> = all["data"].as_array().unwrap().iter().filter(|one| is_live(one)).collect();
        assert!(live.len() <= 1, "two subscriptions live: {what}");
        let sql = "select organisation.plan, organisation.billing_status, organisation.past_due_since is not null,
                          account.subscription, account.billing_email, account.balance
                     from tenantry.organisations as organisation
                     join tenantry.billing_accounts as account on account.organisation_id = organisation.id
                    where organisation.id = $1";
        let row = self.stage.admin.query_one(sql, &[&self.at.id.as_str()]).await.unwrap();
        let (plan, status, owing): (String, Option<String>, bool) = (row.get(0), row.get(1), row.get(2));
        let ours: Option<Value> = row.get(3);
        let ours = ours.unwrap_or_default();
        match live.first() {
            Some(one) => {
                let item = &one["items"]["data"][0];
                let product =
                    account.says(&format!("/v1/products/{}", item["price"]["product"].as_str().unwrap())).await;
                assert_eq!(plan, product["metadata"]["plan_code"].as_str().unwrap(), "{what}");
                assert_eq!(status.as_deref(), one["status"].as_str(), "{what}");
                assert_eq!(owing, matches!(one["status"].as_str(), Some("past_due" | "unpaid")), "{what}");
                assert_eq!(ours["id"], one["id"], "{what}");
                assert_eq!(ours["item"], item["id"], "{what}");
                assert_eq!(ours["amount"], item["price"]["unit_amount"], "{what}");
                let ends = one["cancel_at"].as_i64();
                let known = ours["cancel_at"].as_str().map(|at| at.parse::<Timestamp>().unwrap().as_second());
                assert_eq!(known, ends, "{what}");
            }
            None => {
                assert_eq!(plan, "free", "{what}");
                assert!(!owing, "{what}");
                assert!(ours.is_null() || !is_live(&ours), "{what}");
            }
        }
        let customer = account.says(&format!("/v1/customers/{}", self.customer)).await;
        assert_eq!(row.get::<_, Option<String>>(4).as_deref(), customer["email"].as_str(), "{what}");
        assert_eq!(row.get::<_, i64>(5), customer["balance"].as_i64().unwrap(), "{what}");
        let theirs = account.says(&format!("/v1/invoices?customer={}&limit=24", self.customer)).await;
        for invoice in theirs["data"].as_array().unwrap() {
            let sql = "select status, total from tenantry.invoices where organisation_id = $1 and id = $2";
            let row = self.stage.admin.query_one(sql, &[&self.at.id.as_str(), &invoice["id"].as_str().unwrap()]).await;
            let row = row.unwrap_or_else(|error| panic!("{}: {error}: {what}", invoice["id"]));
            assert_eq!(Some(row.get::<_, &str>(0)), invoice["status"].as_str(), "{what}");
            assert_eq!(Some(row.get::<_, i64>(1)), invoice["total"].as_i64(), "{what}");
        }
    }
}

fn is_live(one: &Value) -> bool {
    !matches!(one["status"].as_str(), Some("canceled" | "incomplete" | "incomplete_expired") | None)
}
