//! How calls are refused, and what stands in the headers of an answer.

use std::io::Write;

use uuid::Uuid;

use super::account::{Account, text};
use super::transcript::Transcript;

pub(super) async fn look(account: &Account, transcript: &mut Transcript<impl Write>) -> anyhow::Result<()> {
    let unknown = account.post("customers", &[("nothing_of_stripes", "1")]).await?;
    transcript.expect(
        7,
        "a parameter that nobody knows",
        "400 invalid_request_error parameter_unknown nothing_of_stripes",
        unknown.refusal(),
    )?;
    let missing = account.ask("customers/cus_nobody").await?;
    transcript.expect(7, "what is not there", "404 invalid_request_error resource_missing id", missing.refusal())?;
    let key = format!("tenantry-verify-{}", Uuid::new_v4());
    let form = [("name", "Tenantry verify")];
    let first = account.post_as(&key, "customers", &form).await?;
    let customer = text(&first.body["id"]);
    account.is_deleted(&format!("customers/{customer}"));
    let again = account.post_as(&key, "customers", &form).await?;
    transcript.expect(7, "the same key once more: the same customer", &customer, text(&again.body["id"]))?;
    let other = account.post_as(&key, "customers", &[("name", "Another")]).await?;
    transcript.expect(7, "a key for something else", "400 idempotency_error - -", other.refusal())?;
    // Which of the two is refused, and whether they meet at all, is chance; one customer it is either way.
    let key = format!("tenantry-verify-{}", Uuid::new_v4());
    let (one, two) = tokio::join!(account.post_as(&key, "customers", &form), account.post_as(&key, "customers", &form));
    let mut came = Vec::new();
    for answer in [one?, two?] {
        match answer.status {
            200 => came.push(text(&answer.body["id"])),
            _ if answer.refusal() == "409 idempotency_error idempotency_key_in_use -" => {}
            _ => came.push(answer.refusal()),
        }
    }
    came.sort_unstable();
    came.dedup();
    let made = came.iter().filter(|id| id.starts_with("cus_")).count();
    for id in came.iter().filter(|id| id.starts_with("cus_")) {
        account.is_deleted(&format!("customers/{id}"));
    }
    let what = "a key twice at once: one customer, and 409 idempotency_key_in_use for whoever is too early";
    transcript.expect(7, what, 1, if made == came.len() { made.to_string() } else { came.join(", ") })?;

    transcript.expect(8, "the key is said again", true, again.header("idempotency-key") != "-")?;
    transcript.expect(
        8,
        "an answer that was kept says so (idempotent-replayed)",
        "true",
        again.header("idempotent-replayed"),
    )?;
    transcript.expect(8, "a first answer does not", "-", first.header("idempotent-replayed"))?;
    transcript.expect(8, "each has an id (request-id)", true, first.header("request-id").starts_with("req_"))?;
    transcript.expect(8, "and its version", stripe::client::API_VERSION, first.header("stripe-version"))?;

    let form = [
        ("url", "https://tenantry.example.com/webhooks"),
        ("enabled_events[0]", "invoice.paid"),
        ("api_version", stripe::client::API_VERSION),
    ];
    let endpoint = account.make("webhook_endpoints", &form).await?;
    let path = format!("webhook_endpoints/{}", text(&endpoint["id"]));
    account.is_deleted(&path);
    transcript.expect(9, "a new endpoint says its secret", true, text(&endpoint["secret"]).starts_with("whsec_"))?;
    transcript.expect(9, "once", true, account.get(&path).await?.get("secret").is_none())?;
    transcript.expect(9, "and keeps its version", stripe::client::API_VERSION, text(&endpoint["api_version"]))
}
