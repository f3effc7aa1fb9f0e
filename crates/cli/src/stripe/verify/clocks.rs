//! Clocks: how far they go at once, and what stands by their time.

use std::io::Write;

use anyhow::Context as _;
use jiff::Timestamp;

use super::account::{Account, text};
use super::catalogue::Catalogue;
use super::transcript::Transcript;

pub(super) async fn look(
    account: &Account,
    catalogue: &Catalogue,
    transcript: &mut Transcript<impl Write>,
) -> anyhow::Result<()> {
    let (customer, clock) = account.customer(Some("pm_card_visa")).await?;
    let form = [("customer", &*customer), ("items[0][price]", &*catalogue.small)];
    account.make("subscriptions", &form).await?;
    let path = format!("test_helpers/test_clocks/{clock}");
    let now = account.get(&path).await?["frozen_time"].as_i64().context("a clock says no time")?;
    let too_far = (now + 70 * 86_400).to_string();
    let refused = account.post(&format!("{path}/advance"), &[("frozen_time", &too_far)]).await?;
    transcript.expect(10, "more than two intervals at once are refused", 400, refused.status)?;
    let back = account.post(&format!("{path}/advance"), &[("frozen_time", &(now - 60).to_string())]).await?;
    transcript.expect(10, "no clock goes back", 400, back.status)?;
    account.days(&clock, 5).await?;
    let form = [
        ("mode", "subscription"),
        ("customer", &*customer),
        ("line_items[0][price]", &*catalogue.small),
        ("line_items[0][quantity]", "1"),
        ("success_url", "https://tenantry.example.com/"),
    ];
    let session = account.make("checkout/sessions", &form).await?;
    let created = session["created"].as_i64().context("a session says no time")?;
    let shows = if created - Timestamp::now().as_second() > 86_400 { "the clock's time" } else { "everybody's time" };
    transcript.expect(10, "a visit to the till shows", "the clock's time", shows)?;
    let gone = account.end(&path, &[]).await?;
    transcript.expect(10, "a clock is deleted", "true", text(&gone["deleted"]))?;
    let left = account.get(&format!("customers/{customer}")).await;
    let left = left.map_or_else(|_| "gone".to_owned(), |left| text(&left["deleted"]).replace("true", "gone"));
    transcript.expect(10, "and its customers with it", "gone", left)
}
