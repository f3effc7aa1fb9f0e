//! Whose customer is whose, and whose turn it is to be fetched: behind the system door, as events come before anyone knows
//! which organisation they speak of.

use std::time::Duration;

use jiff::Timestamp;
use tenancy::{Database, OrganisationId, Query, SystemReason, directory_statements};
use uuid::Uuid;

use crate::{Error, Result};

directory_statements! {
    OWNER = "
        select customer.organisation_id, customer.deleted_at is not null
          from stripe_customers as customer where customer.customer_id = $1";
    /// The first to write wins: there is one customer.
    CLAIM = "
        insert into stripe_customers (customer_id, organisation_id) values ($1, $2) on conflict do nothing";
    OF = "
        select customer.customer_id from stripe_customers as customer
         where customer.organisation_id = $1 and customer.deleted_at is null";
    /// Refused while another fetch lives, and where the answer that is there was asked for after `since`.
    LEASE = "
        update stripe_customers set lease = $2, leased_until = now() + interval '15 seconds'
         where customer_id = $1 and (leased_until is null or leased_until < now())
           and (synced_from is null or synced_from <= $3)
        returning now()";
    /// No row: it had run out, and another fetch has begun.
    RENEW = "
        update stripe_customers set leased_until = now() + interval '15 seconds'
         where customer_id = $1 and lease = $2
        returning customer_id";
    NEWER = "
        select coalesce(synced_from > $2, false) from stripe_customers where customer_id = $1";
    RELEASE = "
        update stripe_customers
           set lease = null, leased_until = null, synced_from = coalesce($3, synced_from), look_again_at = $4,
               deleted_at = case when $5 then coalesce(deleted_at, now()) end
         where customer_id = $1 and lease = $2";
    GIVE_UP = "
        update stripe_customers set lease = null, leased_until = null where customer_id = $1 and lease = $2";
    NOW = "select clock_timestamp()";
    /// A page in the order of ids.
    ALL = "
        select customer.customer_id, customer.organisation_id from stripe_customers as customer
         where customer.deleted_at is null and customer.customer_id > $1
         order by customer.customer_id limit 500";
    DUE = "
        select customer.customer_id from stripe_customers as customer
         where customer.deleted_at is null
           and (customer.look_again_at < now() or customer.synced_from is null or customer.synced_from < now() - interval '24 hours')
         order by customer.look_again_at nulls first limit 500";
}

/// An organisation's customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Whether it is gone at the vendor.
    pub deleted: bool,
}

/// Whose customer this is; none for one that we did not make.
pub async fn owner(database: &Database, customer: &str) -> Result<Option<Owner>> {
    let rows = door(database).run(Query::new(OWNER).bind(customer.to_owned())).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let organisation = OrganisationId::parse(row.get(0)).map_err(|_| Error::NotFound)?;
    Ok(Some(Owner { organisation, deleted: row.get(1) }))
}

/// The organisation's customer, if it has one.
pub async fn of(database: &Database, organisation: &OrganisationId) -> Result<Option<String>> {
    let rows = door(database).run(of_query(organisation)).await?;
    Ok(rows.first().map(|row| row.get(0)))
}

/// The statement of [`of`].
pub(crate) fn of_query(organisation: &OrganisationId) -> Query {
    Query::new(OF).bind(organisation.to_string())
}

/// Writes down that a customer is the organisation's, and gives the one that counts: the first that was written.
pub async fn claim(database: &Database, customer: &str, organisation: &OrganisationId) -> Result<String> {
    let query = Query::new(CLAIM).bind(customer.to_owned()).bind(organisation.to_string());
    door(database).run(query).await?;
    of(database, organisation).await?.ok_or(Error::NotFound)
}

/// The turn to fetch a customer's state.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The customer.
    pub customer: String,
    /// The fetch begins after this, by the database's clock.
    pub from: Timestamp,
    token: Uuid,
}

/// A lease is renewed this often, and lasts three times as long: so long whoever dies with one holds a customer up.
pub const RENEW_EVERY: Duration = Duration::from_secs(5);

/// Whether the state is to be fetched now.
#[derive(Debug)]
pub enum Turn {
    /// By the caller.
    Yours(Lease),
    /// What is there was asked for after what the caller knows happened.
    NotNeeded,
    /// Another fetch is under way, which may have begun too early: come again.
    Busy,
}

/// Asks for the turn to fetch, for something that happened at `since` by the database's clock.
pub async fn turn(database: &Database, customer: &str, since: Timestamp) -> Result<Turn> {
    let token = Uuid::now_v7();
    let lease = Query::new(LEASE).bind(customer.to_owned()).bind(token).bind(since);
    if let Some(row) = door(database).run(lease).await?.first() {
        return Ok(Turn::Yours(Lease { customer: customer.to_owned(), from: row.get(0), token }));
    }
    let newer = door(database).run(Query::new(NEWER).bind(customer.to_owned()).bind(since)).await?;
    match newer.first() {
        Some(row) if row.get(0) => Ok(Turn::NotNeeded),
        Some(_) => Ok(Turn::Busy),
        None => Err(Error::NotFound),
    }
}

/// The fetch goes on. False where the turn is another's by now.
pub async fn renew(database: &Database, lease: &Lease) -> Result<bool> {
    let query = Query::new(RENEW).bind(lease.customer.clone()).bind(lease.token);
    Ok(!door(database).run(query).await?.is_empty())
}

/// What came of a fetch.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// When something is due to change by itself.
    pub look_again_at: Option<Timestamp>,
    /// The customer is gone at the vendor.
    pub deleted: bool,
}

/// The answer is recorded; the next may have its turn.
pub async fn fetched(database: &Database, lease: Lease, outcome: Outcome) -> Result<()> {
    let query = Query::new(RELEASE).bind(lease.customer).bind(lease.token).bind(Some(lease.from));
    door(database).run(query.bind(outcome.look_again_at).bind(outcome.deleted)).await?;
    Ok(())
}

/// Nothing came of it.
pub async fn give_up(database: &Database, lease: Lease) -> Result<()> {
    door(database).run(Query::new(GIVE_UP).bind(lease.customer).bind(lease.token)).await?;
    Ok(())
}

/// The database's clock.
pub async fn now(database: &Database) -> Result<Timestamp> {
    let rows = door(database).run(Query::new(NOW)).await?;
    rows.first().map(|row| row.get(0)).ok_or(Error::NotFound)
}

/// Every customer with its organisation, 500 at a time, after this one.
pub async fn page(database: &Database, after: &str) -> Result<Vec<(String, OrganisationId)>> {
    let rows = door(database).run(Query::new(ALL).bind(after.to_owned())).await?;
    Ok(rows.iter().filter_map(|row| Some((row.get(0), OrganisationId::parse(row.get(1)).ok()?))).collect())
}

/// Customers about whom something is due, or who were not looked at for a day.
pub async fn due(database: &Database) -> Result<Vec<String>> {
    let rows = door(database).run(Query::new(DUE)).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn door(database: &Database) -> tenancy::SystemScope {
    database.system(SystemReason::Billing)
}
