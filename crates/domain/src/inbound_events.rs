//! Vendors' webhooks as recorded: once each, together with the job that looks into them.

use jiff::Timestamp;
use serde_json::json;
use tenancy::{Database, Query, SystemReason, directory_statements};
use uuid::Uuid;

use crate::{Error, Result, jobs};

/// The job that a new event of Clerk's enqueues.
pub const APPLY_CLERK_EVENT: &str = "apply_clerk_event";

/// The same of Stripe's.
pub const APPLY_STRIPE_EVENT: &str = "apply_stripe_event";

directory_statements! {
    RECORD = "
        insert into inbound_events (id, vendor, event_id, kind, body) values ($1, $2, $3, $4, $5)
        on conflict (vendor, event_id) do nothing returning id";
    LOAD = "select kind, body, received_at from inbound_events where id = $1";
    IS_RECORDED = "select id from inbound_events where vendor = $1 and event_id = $2";
    /// Ids are made in the order of arrival.
    LATEST = "
        select kind, received_at from inbound_events where vendor = $1 and kind <> $2 order by id desc limit 1";
    EMPTIED = "
        update inbound_events set body = '', processed_at = coalesce(processed_at, now()) where id = $1";
    PROCESSED = "update inbound_events set processed_at = coalesce(processed_at, now()) where id = $1";
}

/// An event of our own, to see that the secret is the right one. Nothing is done for it.
pub const SELF_TEST: &str = "tenantry.self_test";

/// Who sent an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    /// Clerk, through Svix.
    Clerk,
    /// Stripe.
    Stripe,
}

impl Vendor {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Stripe => "stripe",
        }
    }

    fn job(self) -> &'static str {
        match self {
            Self::Clerk => APPLY_CLERK_EVENT,
            Self::Stripe => APPLY_STRIPE_EVENT,
        }
    }
}

/// Whether the event was news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Recorded now, with its job.
    New,
    /// Known already; nothing was done.
    Duplicate,
}

/// An event as it was received.
#[derive(Debug, Clone)]
pub struct InboundEvent {
    /// The vendor's type, as `organizationMembership.created`.
    pub kind: String,
    /// The whole body, as it came.
    pub body: String,
    /// When, by the database's clock.
    pub received_at: Timestamp,
}

/// Records a verified event and enqueues its job, in one transaction. Durable when this returns.
///
/// The body is kept as it came, readable or not: what a vendor signed is never refused for what it says.
pub async fn record(database: &Database, vendor: Vendor, event_id: &str, kind: &str, body: &[u8]) -> Result<Recorded> {
    let mut tx = database.system(SystemReason::WebhookIntake).begin().await?;
    let id = Uuid::now_v7();
    let query = Query::new(RECORD).bind(id).bind(vendor.as_str()).bind(event_id.to_owned()).bind(kind.to_owned());
    if tx.query_opt(query.bind(as_text(body))).await?.is_none() {
        return Ok(Recorded::Duplicate);
    }
    jobs::enqueue(&mut tx, vendor.job(), json!({ "event": id })).await?;
    tx.commit().await?;
    Ok(Recorded::New)
}

/// Whether an event of this id was taken.
pub async fn is_recorded(database: &Database, vendor: Vendor, event_id: &str) -> Result<bool> {
    let query = Query::new(IS_RECORDED).bind(vendor.as_str()).bind(event_id.to_owned());
    Ok(!database.system(SystemReason::Operations).run(query).await?.is_empty())
}

/// Kind and time of the last event that the vendor itself sent.
pub async fn latest(database: &Database, vendor: Vendor) -> Result<Option<(String, Timestamp)>> {
    let query = Query::new(LATEST).bind(vendor.as_str()).bind(SELF_TEST);
    let rows = database.system(SystemReason::Operations).run(query).await?;
    Ok(rows.first().map(|row| (row.get(0), row.get(1))))
}

/// The event a job speaks of.
pub async fn load(database: &Database, id: Uuid) -> Result<InboundEvent> {
    let rows = database.system(SystemReason::Jobs).run(Query::new(LOAD).bind(id)).await?;
    let row = rows.first().ok_or(Error::NotFound)?;
    Ok(InboundEvent { kind: row.get(0), body: row.get(1), received_at: row.get(2) })
}

/// The event has been looked into.
pub async fn processed(database: &Database, id: Uuid) -> Result<()> {
    database.system(SystemReason::Jobs).run(Query::new(PROCESSED).bind(id)).await?;
    Ok(())
}

/// The event spoke of an organisation that is erased: that it came is kept, and nothing of what it said.
pub async fn emptied(database: &Database, id: Uuid) -> Result<()> {
    database.system(SystemReason::Jobs).run(Query::new(EMPTIED).bind(id)).await?;
    Ok(())
}

/// Text that Postgres takes: what is not UTF-8 and what it cannot hold becomes the replacement character.
fn as_text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).replace('\0', "\u{fffd}")
}
