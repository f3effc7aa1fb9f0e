//! The account under test, asked over plain HTTP: what our own client makes of an answer is not what is looked at.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use http::HeaderMap;
use jiff::Timestamp;
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(30);
/// How long something that comes by itself may take: an event, a clock.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// An account in test mode.
pub(super) struct Account {
    client: Client,
    base: Url,
    key: SecretString,
    made: Mutex<Vec<Made>>,
}

/// Something that is taken away at the end.
enum Made {
    /// By this address.
    Deleted(String),
    /// Can only be made inactive.
    SetAside(String),
}

/// An answer, whatever it is.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    /// A header's text; a dash where there is none.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-")
    }

    /// `400 invalid_request_error parameter_unknown nothing`: status, type, code and parameter.
    pub(super) fn refusal(&self) -> String {
        let part = |name: &str| self.body["error"][name].as_str().unwrap_or("-");
        format!("{} {} {} {}", self.status, part("type"), part("code"), part("param"))
    }

    /// What it says, where it was not refused.
    fn ok(self, what: &str) -> anyhow::Result<Value> {
        if !(200..300).contains(&self.status) {
            let message = self.body["error"]["message"].as_str().unwrap_or_default();
            bail!("{what}: {} {message}", self.refusal());
        }
        Ok(self.body)
    }
}

impl Account {
    /// Nothing is asked yet.
    pub(super) fn new(base: Url, key: SecretString) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(PATIENCE).build()?;
        Ok(Self { client, base, key, made: Mutex::default() })
    }

    /// Something to be deleted at the end; what was made last goes first.
    pub(super) fn is_deleted(&self, path: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(Made::Deleted(path.to_owned()));
    }

    /// Something that can only be made inactive.
    pub(super) fn is_set_aside(&self, path: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(Made::SetAside(path.to_owned()));
    }

    /// Takes away what was made. What could not be, with why.
    pub(super) async fn take_away(&self) -> Vec<String> {
        let made = std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = Vec::new();
        for one in made.iter().rev() {
            let (path, answer) = match one {
                Made::Deleted(path) => (path, self.delete(path, &[]).await),
                Made::SetAside(path) => (path, self.post(path, &[("active", "false")]).await),
            };
            match answer {
                // Gone already: with its clock, or by what was looked at.
                Ok(answer) if answer.status < 300 || answer.body["error"]["code"] == "resource_missing" => {}
                Ok(answer) => left.push(format!("{path}: {}", answer.refusal())),
                Err(error) => left.push(format!("{path}: {error:#}")),
            }
        }
        left
    }

    async fn send(&self, call: impl Fn() -> RequestBuilder) -> anyhow::Result<Answer> {
        let mut tries = 0;
        loop {
            let call = call().bearer_auth(self.key.expose_secret());
            let answer = call.header("stripe-version", stripe::client::API_VERSION).send().await;
            let answer = answer.map_err(reqwest::Error::without_url).context("Stripe does not answer")?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let text = answer.text().await.map_err(reqwest::Error::without_url)?;
            if status == 429 && tries < 10 {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
            let body = serde_json::from_str(&text).context("what Stripe answers is no JSON")?;
            return Ok(Answer { status, headers, body });
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}v1/{path}", self.base)
    }

    /// Asks.
    pub(super) async fn ask(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(|| self.client.get(self.url(path))).await
    }

    /// Does, under a key of its own.
    pub(super) async fn post(&self, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Answer> {
        self.post_as(&Uuid::new_v4().to_string(), path, form).await
    }

    /// Does, under this key.
    pub(super) async fn post_as(&self, key: &str, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Answer> {
        self.send(|| self.client.post(self.url(path)).header("idempotency-key", key).form(form)).await
    }

    /// Removes.
    pub(super) async fn delete(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Answer> {
        self.send(|| self.client.delete(self.url(path)).query(query)).await
    }

    /// What is there.
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(path).await?.ok(path)
    }

    /// What comes of it.
    pub(super) async fn make(&self, path: &str, form: &[(&str, &str)]) -> anyhow::Result<Value> {
        self.post(path, form).await?.ok(path)
    }

    /// What is left of it.
    pub(super) async fn end(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        self.delete(path, query).await?.ok(path)
    }

    /// A customer on a clock of their own, with this card if any.
    pub(super) async fn customer(&self, card: Option<&str>) -> anyhow::Result<(String, String)> {
        let now = Timestamp::now().as_second().to_string();
        let clock = text(&self.make("test_helpers/test_clocks", &[("frozen_time", &now)]).await?["id"]);
        self.is_deleted(&format!("test_helpers/test_clocks/{clock}"));
        let mut form = vec![("name", "Tenantry verify"), ("test_clock", &*clock)];
        if let Some(card) = card {
            form.extend([("payment_method", card), ("invoice_settings[default_payment_method]", card)]);
        }
        Ok((text(&self.make("customers", &form).await?["id"]), clock))
    }

    /// So many days go by on a clock.
    pub(super) async fn days(&self, clock: &str, days: i64) -> anyhow::Result<()> {
        let path = format!("test_helpers/test_clocks/{clock}");
        let from = self.get(&path).await?["frozen_time"].as_i64().context("a clock says no time")?;
        let to = (from + days * 86_400).to_string();
        self.make(&format!("{path}/advance"), &[("frozen_time", &to)]).await?;
        let begun = Instant::now();
        while self.get(&path).await?["status"] != "ready" {
            if begun.elapsed() > LONGEST_WAIT {
                bail!("the clock {clock} does not come to rest");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    /// The types of a customer's events so far, oldest first, once this one is among them.
    pub(super) async fn events(&self, customer: &str, until: &str) -> anyhow::Result<Vec<String>> {
        let begun = Instant::now();
        loop {
            let all = self.get("events?limit=100").await?;
            let is_theirs = |event: &&Value| {
                let object = &event["data"]["object"];
                object["customer"] == customer || object["id"] == customer
            };
            let theirs = all["data"].as_array().map(Vec::as_slice).unwrap_or_default().iter().rev().filter(is_theirs);
            let types: Vec<String> = theirs.map(|event| text(&event["type"])).collect();
            if types.iter().any(|one| one == until) {
                return Ok(types);
            }
            if begun.elapsed() > LONGEST_WAIT {
                bail!("{until} does not come");
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

/// As text, without quotes.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Members of an object, one after another: `paid subscription_create 2900`.
pub(super) fn members(of: &Value, paths: &[&str]) -> String {
    let one = |path: &&str| of.pointer(&format!("/{path}")).map_or_else(|| "missing".to_owned(), text);
    paths.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Those types of events that begin so, each once, in the order they came first.
pub(super) fn of_kind(events: &[String], prefixes: &[&str]) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for event in events.iter().filter(|event| prefixes.iter().any(|prefix| event.starts_with(prefix))) {
        if !seen.contains(&event.as_str()) {
            seen.push(event);
        }
    }
    // Events of one moment come in any order.
    seen.sort_unstable();
    seen.join(", ")
}
