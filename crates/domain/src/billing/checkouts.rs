//! Ways to pay for a first time: one open at a time, written down before the vendor is asked, so that any number of clicks
//! and tries end in the same one.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tenancy::{Actor, Database, OrganisationId, Query, Row, tenant_statements};
use uuid::Uuid;

use super::Account;
use crate::audit_log::Entry;
use crate::plans::Plan;
use crate::{Error, OrgTx, Permission, Result, organisations};

tenant_statements! {
    /// The account's row, made when it is first needed; the organisation's name as it is told to the vendor.
    CLAIM = "
        insert into billing_accounts as account (organisation_id, billing_name) values ($1, $2)
        on conflict (organisation_id) do update set billing_name = coalesce(account.billing_name, excluded.billing_name)
        returning account.customer_number, account.customer_id, account.billing_name, account.trial_used_at is not null,
                  account.subscription, account.changed_at, account.changed_at < now() - interval '23 hours'";
    OPEN = "
        select checkout.id, checkout.lookup_key, checkout.with_trial, checkout.session_id, checkout.expires_at
          from checkouts as checkout where checkout.organisation_id = $1 and checkout.state = 'open'";
    BEGIN = "
        insert into checkouts (organisation_id, id, lookup_key, with_trial, asked_by, expires_at)
        values ($1, $2, $3, $4, $5, now() + interval '31 minutes')
        returning expires_at";
    END = "
        update checkouts set state = $3, ended_at = now() where organisation_id = $1 and id = $2 and state = 'open'
        returning id";
    OPENED = "
        update checkouts set session_id = $3 where organisation_id = $1 and id = $2 and state = 'open' returning id";
}

/// A way that has less than this left is not shown to anybody any more.
const TOO_SHORT: SignedDuration = SignedDuration::from_mins(5);

/// A way to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Its id: part of the key under which the vendor is asked.
    pub id: Uuid,
    /// The price.
    pub lookup_key: String,
    /// Whether the first days cost nothing.
    pub with_trial: bool,
    /// `cs_…`, once the vendor has said it.
    pub session_id: Option<String>,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

impl Checkout {
    fn from_row(row: &Row) -> Self {
        Self {
            id: row.get(0),
            lookup_key: row.get(1),
            with_trial: row.get(2),
            session_id: row.get(3),
            expires_at: row.get(4),
        }
    }
}

/// The customer that an organisation has, or is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerClaim {
    /// Which one it is, counted from 1: part of the key under which it is asked for.
    pub number: i32,
    /// `cus_…`, once there is one.
    pub id: Option<String>,
    /// The organisation's name, as it was when the customer was first asked for.
    pub name: String,
    /// Since when it may have been asked for.
    pub since: Timestamp,
    /// So long ago that the vendor may have forgotten the key: a customer may be there that nobody wrote down.
    pub key_forgotten: bool,
}

/// What is to be done at the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The way to open, or to show again.
    pub checkout: Checkout,
    /// The one that was open for another price: to be closed first.
    pub superseded: Option<Checkout>,
    /// Who pays.
    pub customer: CustomerClaim,
}

/// Begins, or goes on with, the way to a price.
///
/// `Conflict` `already_subscribed` where there is a subscription: it is changed, not bought again; and where more is in use
/// than the plan allows.
pub async fn begin(tx: &mut OrgTx, lookup_key: &str) -> Result<Begun> {
    tx.require(Permission::BillingManage)?;
    organisations::lock(tx).await?;
    let (plan, price) = super::wanted(tx, lookup_key).await?;
    let name = tx.access().organisation.name.clone();
    let row = tx.one(Query::new(CLAIM).bind(name)).await?;
    let customer = CustomerClaim {
        number: row.get(0),
        id: row.get(1),
        name: row.get(2),
        since: row.get(5),
        key_forgotten: row.get(6),
    };
    let account = Account { subscription: super::stored(&row, 4), ..Account::default() };
    if account.live().is_some() {
        return Err(already_subscribed());
    }
    let with_trial = !row.get::<_, bool>(3) && Plan::catalogue().trial_days > 0;
    let open = tx.rows(Query::new(OPEN)).await?.first().map(Checkout::from_row);
    let superseded = match open {
        Some(open) if open.lookup_key == lookup_key && Timestamp::now() + TOO_SHORT < open.expires_at => {
            return Ok(Begun { checkout: open, superseded: None, customer });
        }
        other => other,
    };
    if let Some(old) = &superseded {
        tx.rows(Query::new(END).bind(old.id).bind("ended")).await?;
    }
    let id = Uuid::now_v7();
    let begin = Query::new(BEGIN).bind(id).bind(lookup_key.to_owned()).bind(with_trial).bind(tx.who());
    let expires_at = tx.one(begin).await?.get(0);
    let entry = Entry::new("billing.checkout_opened").on_organisation(tx.access());
    tx.record(entry.after(json!({ "plan": plan.as_str(), "interval": price.interval }))).await?;
    let checkout = Checkout { id, lookup_key: lookup_key.to_owned(), with_trial, session_id: None, expires_at };
    Ok(Begun { checkout, superseded, customer })
}

/// What is said to whoever would pay twice.
pub fn already_subscribed() -> Error {
    let message = "There is a subscription already: change its plan instead of buying another.".to_owned();
    Error::Conflict { code: "already_subscribed", message }
}

/// The vendor has opened it. False where it was superseded meanwhile: nobody may be sent there.
pub async fn opened(database: &Database, at: &OrganisationId, checkout: Uuid, session_id: &str) -> Result<bool> {
    change(database, at, Query::new(OPENED).bind(checkout).bind(session_id.to_owned())).await
}

/// It is over: `complete`, or not.
pub async fn ended(database: &Database, at: &OrganisationId, checkout: Uuid, complete: bool) -> Result<bool> {
    let state = if complete { "complete" } else { "ended" };
    change(database, at, Query::new(END).bind(checkout).bind(state)).await
}

/// The one that is open, if any.
pub async fn open(database: &Database, at: &OrganisationId) -> Result<Option<Checkout>> {
    let door = database.in_organisation(at.clone(), Actor::Job(super::record::SYNC_BILLING));
    let rows = door.read(&[Query::new(OPEN)]).await?;
    Ok(rows[0].first().map(Checkout::from_row))
}

async fn change(database: &Database, at: &OrganisationId, query: Query) -> Result<bool> {
    let door = database.in_organisation(at.clone(), Actor::Job(super::record::SYNC_BILLING));
    let (mut tx, _) = door.write(&[]).await?;
    let changed = !tx.query(query).await?.is_empty();
    tx.commit().await?;
    Ok(changed)
}
