//! Clerk's webhooks: whether the endpoint is there, refuses what is not signed, takes what is, and whether Clerk uses it.

use std::time::Duration;

use domain::inbound_events::{self, Vendor};
use jiff::{SpanRound, Timestamp, Unit};
use serde_json::json;
use tenancy::Database;
use url::Url;
use web::{SelfTest, WebhookSecret};

use super::diagnosis::Diagnosis;

const PATIENCE: Duration = Duration::from_secs(5);
const ADVICE: &str = "Clerk dashboard, Configure, Webhooks: the endpoint's URL, the events user.*, organization.*, \
                      organizationMembership.*, organizationInvitation.* and session.*, and its signing secret in \
                      CLERK_WEBHOOK_SIGNING_SECRET";

/// Asks the endpoint as a stranger would and as Clerk would, then looks for what Clerk has sent.
pub(super) async fn webhooks(
    diagnosis: &mut Diagnosis,
    public: &Url,
    secrets: &[WebhookSecret],
    database: Option<&Database>,
) {
    let mut address = public.clone();
    address.set_path("/webhooks/clerk");
    match reqwest::Client::builder().timeout(PATIENCE).build() {
        Ok(client) => {
            let endpoint = Endpoint { client, address };
            if endpoint.refuses_strangers(diagnosis).await {
                for (number, secret) in secrets.iter().enumerate() {
                    endpoint.takes(diagnosis, number, secret, database).await;
                }
            }
        }
        Err(error) => diagnosis.careful(&format!("the webhook endpoint was not looked at: {error}")),
    }
    if let Some(database) = database {
        last_event(diagnosis, database).await;
    }
}

struct Endpoint {
    client: reqwest::Client,
    address: Url,
}

impl Endpoint {
    /// Whether it is there at all.
    async fn refuses_strangers(&self, diagnosis: &mut Diagnosis) -> bool {
        let address = &self.address;
        let asked = self.client.post(address.clone()).header("svix-id", "doctor").json(&json!({}));
        match asked.send().await.map(|answer| answer.status().as_u16()) {
            Ok(400) => {
                diagnosis.good(&format!("{address} answers, and refuses what is not signed"));
                true
            }
            Ok(status) => {
                diagnosis.broken(&format!(
                    "{address} answers {status} to what is not signed, and should answer 400: is it this program that \
                     answers? {ADVICE}"
                ));
                false
            }
            Err(error) => {
                diagnosis.careful(&format!(
                    "{address} does not answer ({}): start the server and run this again. {ADVICE}",
                    error.without_url()
                ));
                false
            }
        }
    }

    /// Sends an event of our own, for which nothing is done, and looks for it where events are recorded.
    async fn takes(
        &self,
        diagnosis: &mut Diagnosis,
        number: usize,
        secret: &WebhookSecret,
        database: Option<&Database>,
    ) {
        let SelfTest { id, headers, body } = SelfTest::signed_with(secret);
        let unsent = self.client.post(self.address.clone()).body(body);
        let asked = headers.into_iter().fold(unsent, |asked, (name, value)| asked.header(name, value));
        let which = format!("CLERK_WEBHOOK_SIGNING_SECRET, number {}", number + 1);
        match asked.send().await.map(|answer| answer.status().as_u16()) {
            Ok(200) => {}
            Ok(400) => {
                return diagnosis.broken(&format!(
                    "{which}: the server that answers has another secret than this configuration. Start it again with this \
                     one. {ADVICE}"
                ));
            }
            Ok(status) => return diagnosis.broken(&format!("{which}: a signed event is answered {status}, not 200")),
            Err(error) => {
                return diagnosis.careful(&format!("{which}: no answer to a signed event ({})", error.without_url()));
            }
        }
        let recorded = match database {
            Some(database) => inbound_events::is_recorded(database, Vendor::Clerk, &id).await,
            None => return diagnosis.good(&format!("{which}: a signed event is taken")),
        };
        match recorded {
            Ok(true) => diagnosis.good(&format!("{which}: a signed event is taken and recorded")),
            Ok(false) => diagnosis.broken(&format!(
                "{which}: a signed event is taken and is not in DATABASE_URL: the server that answers has another database"
            )),
            Err(error) => diagnosis.careful(&format!("{which}: a signed event is taken; looking for it failed: {error}")),
        }
    }
}

/// That Clerk signs with our secret only Clerk can show.
async fn last_event(diagnosis: &mut Diagnosis, database: &Database) {
    match inbound_events::latest(database, Vendor::Clerk).await {
        Ok(Some((kind, at))) => {
            let ago = Timestamp::now().since(at).and_then(|ago| ago.round(SpanRound::new().largest(Unit::Hour).smallest(Unit::Second)));
            let ago = ago.map(|ago| format!("{ago:#}")).unwrap_or_default();
            diagnosis.good(&format!("the last event of Clerk's that was taken is {kind}, {ago} ago"));
        }
        Ok(None) => diagnosis.careful(&format!(
            "no event of Clerk's was ever taken, so whether the secret is the endpoint's nobody knows. Send an example: \
             Clerk dashboard, Configure, Webhooks, the endpoint, Testing; then run this again. {ADVICE}"
        )),
        Err(error) => diagnosis.careful(&format!("whether Clerk has sent anything was not looked at: {error}")),
    }
}
