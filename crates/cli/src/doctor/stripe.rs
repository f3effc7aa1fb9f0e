//! Stripe: whether the key is taken, whether everything that is sold stands there as plans.toml says, and whether its events
//! arrive.

use std::time::Duration;

use ::stripe::{Config, Stripe};
use billing::setup;
use domain::inbound_events::{self, SELF_TEST, Vendor};
use jiff::Timestamp;
use serde_json::json;
use signatures::stripe::{Secret, sign};
use tenancy::Database;
use url::Url;

use super::diagnosis::Diagnosis;

const PATIENCE: Duration = Duration::from_secs(15);

/// Asks the account about itself, and our own endpoint about its secrets.
pub(super) async fn account(diagnosis: &mut Diagnosis, config: &Config, public: &Url, database: Option<&Database>) {
    let stripe = match Stripe::new(config) {
        Ok(stripe) => stripe,
        Err(error) => return diagnosis.broken(&format!("no client for Stripe can be made: {error}")),
    };
    match stripe.account().await {
        Ok(account) => {
            let mode = if config.mode.is_live() { "live mode" } else { "test mode" };
            diagnosis.good(&format!("Stripe answers, and takes STRIPE_SECRET_KEY: {}, {mode}", account.id));
            if config.mode.is_live() && !account.charges_enabled {
                diagnosis.broken(
                    "Stripe does not let this account charge yet. Stripe dashboard, Home: finish what it asks for",
                );
            }
        }
        Err(error) => {
            return diagnosis.broken(&format!(
                "Stripe does not answer as it should: {error}. Look at STRIPE_SECRET_KEY and STRIPE_API_BASE"
            ));
        }
    }
    let mut address = public.clone();
    address.set_path("/webhooks/stripe");
    match setup::defects(&stripe, Some(address.as_str())).await {
        Ok(defects) if defects.is_empty() => {
            diagnosis.good("products, prices, portal and webhook endpoint at Stripe are as plans.toml says");
        }
        Ok(defects) => {
            for defect in defects {
                diagnosis.broken(&defect.to_string());
            }
        }
        Err(error) => diagnosis.careful(&format!("what is sold at Stripe was not looked at: {error}")),
    }
    endpoint(diagnosis, &address, config, database).await;
}

/// Sends an event of our own with each secret, for which nothing is done.
async fn endpoint(diagnosis: &mut Diagnosis, address: &Url, config: &Config, database: Option<&Database>) {
    let Ok(client) = reqwest::Client::builder().timeout(PATIENCE).build() else {
        return diagnosis.careful("the webhook endpoint was not looked at: no client can be made");
    };
    for (number, secret) in config.webhook_secrets.iter().enumerate() {
        let which = format!("STRIPE_WEBHOOK_SECRETS, number {}", number + 1);
        let (id, body) = event(config.mode.is_live());
        let signature = signed(secret, &body);
        let asked = client
            .post(address.clone())
            .header("stripe-signature", signature)
            .header("content-type", "application/json");
        match asked.body(body).send().await.map(|answer| answer.status().as_u16()) {
            Ok(200) => {}
            Ok(400) => {
                diagnosis.broken(&format!(
                    "{which}: the server that answers has another secret than this configuration. Start it again with this one"
                ));
                continue;
            }
            Ok(status) => {
                diagnosis.broken(&format!("{which}: a signed event is answered {status}, not 200"));
                continue;
            }
            Err(error) => {
                diagnosis.careful(&format!(
                    "{address} does not answer ({}): start the server and run this again",
                    error.without_url()
                ));
                return;
            }
        }
        match database {
            None => diagnosis.good(&format!("{which}: a signed event is taken")),
            Some(database) => match inbound_events::is_recorded(database, Vendor::Stripe, &id).await {
                Ok(true) => diagnosis.good(&format!("{which}: a signed event is taken and recorded")),
                Ok(false) => diagnosis.broken(&format!(
                    "{which}: a signed event is taken and is not in DATABASE_URL: the server that answers has another database"
                )),
                Err(error) => diagnosis.careful(&format!("{which}: taken; looking for it failed: {error}")),
            },
        }
    }
}

fn event(live: bool) -> (String, String) {
    let id = format!("evt_self_{}", uuid::Uuid::now_v7().simple());
    let (kind, created) = (SELF_TEST, Timestamp::now().as_second());
    let body = json!({
        "id": id, "object": "event", "type": kind, "created": created, "livemode": live, "data": { "object": {} },
    });
    (id, body.to_string())
}

fn signed(secret: &Secret, body: &str) -> String {
    sign(std::slice::from_ref(secret), Timestamp::now().as_second(), body.as_bytes())
}
