//! The outbox: a mail is written down in the transaction of what it tells, and sent by a job.
//!
//! Nobody is told the same twice: `key` says what is told. Between a mail server's answer and our record of it there may
//! be a crash; then the mail goes once more under the same Message-ID.

mod notice;

use jiff::Timestamp;
use serde_json::Value;
use tenancy::{Actor, Database, OrgScope, OrganisationId, Query, Row, Transaction, UserId, tenant_statements};
use uuid::Uuid;

use crate::email_address::EmailAddress;
use crate::{Permission, Result};

pub use notice::{Days, Link, Notice, Ways};

tenant_statements! {
    /// To members: of these roles, who hold this permission, who are this person.
    PUT = "
        with mail as (
               insert into mails (organisation_id, id, key, recipient_id, address, notice)
               select $1, gen_random_uuid(), $2, person.id, person.email, $3
                 from memberships as membership join users as person on person.id = membership.user_id
                where membership.organisation_id = $1
                  and membership.removed_at is null and membership.waiting_since is null
                  and membership.role = any ($4)
                  and ($5::text is null or tenancy.holds($1, membership.user_id, $5))
                  and ($6::text is null or membership.user_id = $6)
                  and person.deleted_at is null and person.email <> ''
               on conflict (organisation_id, key, recipient_id) do nothing
               returning id),
             job as (
               insert into jobs (kind, payload, organisation_id)
               select 'send_mail', jsonb_build_object('mail', mail.id), $1 from mail returning kind)
        select pg_notify('tenantry_jobs', '') from job";
    /// To an address of the organisation's own, unless the mail went there already because it is a member's.
    PUT_TO_ADDRESS = "
        with mail as (
               insert into mails (organisation_id, id, key, address, notice)
               select $1, gen_random_uuid(), $2, $4, $3
                where not exists (select from mails as other
                                   where other.organisation_id = $1 and other.key = $2 and lower(other.address) = lower($4))
               on conflict (organisation_id, key, recipient_id) do nothing
               returning id),
             job as (
               insert into jobs (kind, payload, organisation_id)
               select 'send_mail', jsonb_build_object('mail', mail.id), $1 from mail returning kind)
        select pg_notify('tenantry_jobs', '') from job";
    /// The lease outlives every conversation with a mail server.
    TAKE = "
        update mails as mail
           set attempts = mail.attempts + 1, leased_until = now() + interval '2 minutes',
               message_id = coalesce(mail.message_id, $3)
         where mail.organisation_id = $1 and mail.id = $2 and mail.state <> 'sent'
           and (mail.leased_until is null or mail.leased_until < now())
        returning mail.address, mail.notice, mail.message_id, mail.attempts, mail.created_at, mail.recipient_id";
    STATE = "
        select mail.state from mails as mail where mail.organisation_id = $1 and mail.id = $2";
    /// How things are when it is sent: the organisation, who it goes to, and who is named in it.
    CIRCUMSTANCES = "
        select organisation.deleted_at is not null, organisation.time_zone, recipient.name,
               $2 = '' or exists (select from memberships as membership
                                   where membership.organisation_id = $1 and membership.user_id = $2
                                     and membership.removed_at is null and membership.waiting_since is null),
               named.name
          from organisations as organisation
          left join users as recipient on recipient.id = $2 and recipient.deleted_at is null
          left join users as named on named.id = $3 and named.deleted_at is null
         where organisation.id = $1";
    SENT = "
        update mails set state = 'sent', settled_at = now(), leased_until = null, last_error = null
         where organisation_id = $1 and id = $2 and state <> 'sent'";
    FAILED = "
        update mails set state = 'failed', settled_at = now(), leased_until = null, last_error = $3
         where organisation_id = $1 and id = $2 and state <> 'sent'";
    LATER = "
        update mails set leased_until = null, last_error = $4
         where organisation_id = $1 and id = $2 and attempts = $3 and state <> 'sent'";
}

/// The job that sends a mail. Payload: `{"mail": "…"}`.
pub const SEND_MAIL: &str = "send_mail";
/// A mail that no server took so often is given up: a day at the longest pause between two tries.
pub const MOST_TRIES: i32 = crate::jobs::MOST_WAITS;

/// Whom a mail goes to. Members get it at their primary address as it is when the mail is written down.
#[derive(Debug, Clone)]
pub enum To {
    /// This member.
    Member(UserId),
    /// Everybody who is an admin.
    Admins,
    /// Every member who is no admin.
    OtherMembers,
    /// Everybody who holds the permission.
    Holders(Permission),
    /// An address of the organisation's own.
    Address(EmailAddress),
}

/// A mail to be written down.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// What is told, as `organisation_deleted:2026-11-28T20:00:00Z`: in an organisation each person gets one mail of a key.
    pub key: String,
    /// Whom it goes to.
    pub to: To,
    /// What it says.
    pub notice: Notice,
}

/// Writes a mail down for each recipient who has not had it, and says for how many; they are sent after the commit. The
/// transaction stands inside the organisation.
pub(crate) async fn put(tx: &mut Transaction, mail: &NewMail) -> Result<usize> {
    let notice = serde_json::to_value(&mail.notice).unwrap_or_default();
    let put = |statement| Query::new(statement).bind(mail.key.clone()).bind(notice.clone());
    let members = |roles: &[&str], holding: Option<Permission>, person: Option<&UserId>| {
        let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
        let holding = holding.map(|permission| permission.as_str().to_owned());
        put(PUT).bind(roles).bind(holding).bind(person.map(ToString::to_string))
    };
    let both = ["admin", "member"];
    let query = match &mail.to {
        To::Member(user) => members(&both, None, Some(user)),
        To::Admins => members(&["admin"], None, None),
        To::OtherMembers => members(&["member"], None, None),
        To::Holders(permission) => members(&both, Some(*permission), None),
        To::Address(address) => put(PUT_TO_ADDRESS).bind(address.as_str().to_owned()),
    };
    Ok(tx.query(query).await?.len())
}

/// A mail as it is to be sent.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Its id.
    pub id: Uuid,
    /// Where it goes.
    pub address: String,
    /// What it says.
    pub notice: Notice,
    /// With the pointed brackets.
    pub message_id: String,
    /// Which try this is, from 1.
    pub attempt: i32,
    /// When it was written down.
    pub written_at: Timestamp,
    /// What the recipient is called.
    pub recipient: Option<String>,
    /// What the person that the notice names by their id is called.
    pub named: Option<String>,
    /// In which times are told.
    pub time_zone: String,
}

/// Whose it is to send a mail.
#[derive(Debug)]
pub enum Turn {
    /// Whoever asked, for two minutes.
    Yours(Box<Outgoing>),
    /// Somebody else sends it at this moment.
    Busy,
    /// Nobody's: it was sent, given up or taken back, or is to be told no more.
    Over,
}

/// Takes a mail to send it. `message_id` is what it is called unless an attempt before has called it otherwise.
pub async fn take(database: &Database, at: &OrganisationId, id: Uuid, message_id: String) -> Result<Turn> {
    let (mut tx, _) = door(database, at).write(&[]).await?;
    let Some(row) = tx.query_opt(Query::new(TAKE).bind(id).bind(message_id)).await? else {
        let state = tx.query_opt(Query::new(STATE).bind(id)).await?;
        let waits = state.is_some_and(|row| row.get::<_, &str>(0) != "sent");
        return Ok(if waits { Turn::Busy } else { Turn::Over });
    };
    let Ok(notice) = serde_json::from_value::<Notice>(row.get::<_, Value>(1)) else {
        return give_up(tx, id, "of a kind that this program does not know").await;
    };
    let recipient_id: String = row.get(5);
    let query = Query::new(CIRCUMSTANCES).bind(recipient_id).bind(notice.names().map(str::to_owned));
    let Some(now) = tx.query_opt(query).await? else { return Ok(Turn::Over) };
    if let Some(why) = not_to_be_told(&notice, &now) {
        return give_up(tx, id, why).await;
    }
    let outgoing = Outgoing {
        id,
        address: row.get(0),
        message_id: row.get(2),
        attempt: row.get(3),
        written_at: row.get(4),
        recipient: now.get(2),
        named: now.get(4),
        time_zone: now.get(1),
        notice,
    };
    tx.commit().await?;
    Ok(Turn::Yours(Box::new(outgoing)))
}

/// Why a mail that was written down is not sent all the same. The one place that asks whether the organisation is deleted:
/// then only mails about that are sent, also to people whose memberships are gone already.
fn not_to_be_told(notice: &Notice, now: &Row) -> Option<&'static str> {
    let (deleted, belongs): (bool, bool) = (now.get(0), now.get(3));
    match notice.is_about_deletion() {
        true => None,
        false if deleted => Some("the organisation was deleted before it was sent"),
        false if !belongs => Some("the recipient left before it was sent"),
        false => None,
    }
}

async fn give_up(mut tx: Transaction, id: Uuid, why: &str) -> Result<Turn> {
    tx.query(Query::new(FAILED).bind(id).bind(why.to_owned())).await?;
    tx.commit().await?;
    Ok(Turn::Over)
}

/// A server has taken it.
pub async fn sent(database: &Database, at: &OrganisationId, mail: &Outgoing) -> Result<()> {
    change(database, at, Query::new(SENT).bind(mail.id)).await
}

/// No server will ever take it, or none did so often.
pub async fn failed(database: &Database, at: &OrganisationId, mail: &Outgoing, why: &str) -> Result<()> {
    change(database, at, Query::new(FAILED).bind(mail.id).bind(why.to_owned())).await
}

/// No server took it this time.
pub async fn later(database: &Database, at: &OrganisationId, mail: &Outgoing, why: &str) -> Result<()> {
    change(database, at, Query::new(LATER).bind(mail.id).bind(mail.attempt).bind(why.to_owned())).await
}

async fn change(database: &Database, at: &OrganisationId, query: Query) -> Result<()> {
    let (mut tx, _) = door(database, at).write(&[]).await?;
    tx.query(query).await?;
    Ok(tx.commit().await?)
}

/// Not `OrgJob`: mails about its deletion are sent for an organisation that is deleted.
fn door(database: &Database, at: &OrganisationId) -> OrgScope {
    database.in_organisation(at.clone(), Actor::Job(SEND_MAIL))
}
