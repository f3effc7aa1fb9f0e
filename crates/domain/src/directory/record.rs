//! What Clerk says is written down: by the mirror alone.

use jiff::Timestamp;
use serde_json::json;
use tenancy::{Database, OrganisationId, Query, Row, SystemReason, Transaction, UserId, directory_statements};

use super::ANOTHERS_ADDRESS;
use crate::audit_log::{self, Author, Entry};
use crate::billing::customers;
use crate::billing::record::SYNC_BILLING;
use crate::email_address::EmailAddress;
use crate::forgetting::{self, FORMER_MEMBER};
use crate::lifecycle::closing::CLOSE_ORGANISATION;
use crate::{Access, BaseRole, Org, Result, jobs, memberships, plans};

directory_statements! {
    NOW = "select clock_timestamp()";
    /// No row: what we know was asked later than this.
    RECORD_PERSON = "
        insert into users (id, email, name, mirrored_at, addresses) values ($1, $2, $3, $4, $5)
        on conflict (id) do update
           set email = excluded.email, name = excluded.name, addresses = excluded.addresses,
               mirrored_at = excluded.mirrored_at, deleted_at = null, forgotten_at = null
         where users.mirrored_at <= excluded.mirrored_at
        returning id";
    RECORD_ORGANISATION = "
        insert into organisations (id, slug, name, mirrored_at, clerk_slug) values ($1, $2, $3, $4, $5)
        on conflict (id) do update
           set slug = excluded.slug, name = excluded.name, mirrored_at = excluded.mirrored_at, clerk_slug = excluded.clerk_slug
         where organisations.mirrored_at <= excluded.mirrored_at
        returning (xmax = 0)";
    RETIRE_ADDRESS = "
        insert into retired_addresses (slug, organisation_id)
        select organisation.slug, organisation.id from organisations as organisation
         where organisation.id = $1 and organisation.slug <> $2 and organisation.mirrored_at <= $3
        on conflict (slug) do update set retired_at = now()";
    TAKE_ADDRESS_BACK = "delete from retired_addresses where slug = $2 and organisation_id = $1";
    WAS_CALLED = "select organisation.slug, organisation.name from organisations as organisation where organisation.id = $1";
    BEFORE_ONE = "savepoint one_membership";
    KEEP_ONE = "release savepoint one_membership";
    TAKE_ONE_BACK = "rollback to savepoint one_membership";
    /// What was changed here, and Clerk has not been told, is newer than what Clerk says.
    CHANGE_ROLE = "
        update memberships as membership set role = $3 from memberships as before
         where membership.organisation_id = $1 and membership.user_id = $2 and membership.role <> $3
           and membership.changed_at is null
           and before.organisation_id = membership.organisation_id and before.user_id = membership.user_id
        returning before.role";
    /// Nobody is in before `memberships::settle` has let them in.
    RECORD_MEMBERSHIP = "
        insert into memberships (organisation_id, user_id, role, waiting_since) values ($1, $2, $3, now())
        on conflict (organisation_id, user_id) do nothing";
    /// Of an organisation that is gone at Clerk they are all that says who may still take its data along.
    DROP_OTHER_MEMBERSHIPS = "
        delete from memberships where user_id = $1 and organisation_id <> all ($2) and changed_at is null
           and (not $3 or organisation_id not in (select gone.id from organisations as gone where gone.gone_at_clerk))
        returning organisation_id, role";
    WAITING = "select organisation_id from memberships where user_id = $1 and waiting_since is not null";
    /// The last hundred; a token outlives its session by a minute at most.
    SESSION_ENDED = "
        update users set ended_sessions = (array_append(ended_sessions, $2))[greatest(1, cardinality(ended_sessions) - 98):]
         where id = $1 and $2 <> all (ended_sessions)
        returning id";
    KNOWN = "select id from users where id = $1";
    PLACES = "select organisation_id from memberships where user_id = $1";
    SHUT_OUT_PERSON = "
        update users set deleted_at = now(), mirrored_at = $2, addresses = '{}' where id = $1 and mirrored_at <= $2
        returning id, name";
    /// Name and addresses stay until they were looked for everywhere.
    FORGET_PERSON = "
        update users set deleted_at = coalesce(deleted_at, now()), mirrored_at = $2 where id = $1 and mirrored_at <= $2
        returning id";
    ORGANISATION_GONE = "
        update organisations set deleted_at = coalesce(deleted_at, now()), mirrored_at = $2, gone_at_clerk = true
         where id = $1 and mirrored_at <= $2 and not gone_at_clerk
        returning id";
}

/// A person as Clerk answered, in the form our tables take.
#[derive(Debug, Clone)]
pub struct PersonRecord {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    addresses: Vec<String>,
    memberships: Vec<(OrganisationRecord, BaseRole)>,
}

impl PersonRecord {
    /// Takes whatever a vendor lets people call themselves: control characters go, length is bounded.
    pub fn new(id: UserId, email: &str, name: &str, mut memberships: Vec<(OrganisationRecord, BaseRole)>) -> Self {
        // Always in the order of ids, so that two mirrors never wait for each other crosswise.
        memberships.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        let record = Self {
            id,
            email: plain(email, 320, ""),
            name: plain(name, 256, "Unnamed"),
            addresses: Vec::new(),
            memberships,
        };
        record.verified([email])
    }

    /// These addresses are shown to be theirs, and no others: what is sent to one of them is sent to this person.
    #[must_use]
    pub fn verified<'a>(self, addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let parse = |text: &str| EmailAddress::parse(text).ok().map(|address| address.to_string());
        Self { addresses: addresses.into_iter().filter_map(parse).collect(), ..self }
    }
}

/// An organisation as Clerk answered, in the form our tables take.
#[derive(Debug, Clone)]
pub struct OrganisationRecord {
    pub(crate) id: OrganisationId,
    pub(crate) slug: String,
    pub(crate) name: String,
}

impl OrganisationRecord {
    /// Without an address, or with one that is none, the organisation is reached by its id, which nobody else has.
    pub fn new(id: OrganisationId, slug: Option<&str>, name: &str) -> Self {
        let slug = slug.filter(|slug| is_address(slug)).map_or_else(|| by_id(&id), str::to_owned);
        Self { slug, name: plain(name, 256, "Unnamed"), id }
    }

    /// The address it wants.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The address that nobody else can have.
    fn by_id(&self) -> String {
        by_id(&self.id)
    }
}

fn by_id(id: &OrganisationId) -> String {
    id.as_str().trim_start_matches("org_").to_ascii_lowercase()
}

/// Small letters, digits, and single hyphens between them: what the table's check accepts.
fn is_address(slug: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    slug.len() <= 256 && slug.split('-').all(word)
}

/// A name as it can be stored and shown.
fn plain(text: &str, longest: usize, otherwise: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).take(longest).collect();
    let text = text.trim();
    if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
}

/// One of the person's sessions has ended: nothing is answered to its last token. False where we do not know them.
pub async fn session_ended(database: &Database, user: &UserId, session: &str) -> Result<bool> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    let known = tx.query_opt(Query::new(KNOWN).bind(user.to_string())).await?.is_some();
    let ended = tx.query_opt(Query::new(SESSION_ENDED).bind(user.to_string()).bind(session.to_owned())).await?;
    if ended.is_some() {
        // Open pages of that session have to hear of it.
        for place in tx.query(Query::new(PLACES).bind(user.to_string())).await? {
            if let Ok(organisation) = OrganisationId::parse(place.get(0)) {
                tx.wake_in(&organisation).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(known)
}

/// The database's clock, to be read before Clerk is asked: of two answers the one asked later wins.
pub async fn now(database: &Database) -> Result<Timestamp> {
    let rows = database.system(SystemReason::Mirror).run(Query::new(NOW)).await?;
    Ok(rows[0].get(0))
}

/// Writes a person and all their memberships, at once; does nothing where a later answer is already written. A later
/// one that comes meanwhile waits, so whoever has asked sees what they asked for.
///
/// An organisation that cannot be written, whatever its owner called it, keeps nobody in another one: the first such
/// failure is given back, after all the others were written.
pub async fn record_person(database: &Database, record: &PersonRecord, asked_at: Timestamp) -> Result<()> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    let user = record.id.to_string();
    let person = Query::new(RECORD_PERSON).bind(user.clone()).bind(record.email.clone()).bind(record.name.clone());
    if tx.query_opt(person.bind(asked_at).bind(record.addresses.clone())).await?.is_none() {
        // Whoever asked later may not have come to the end.
        let waiting = tx.query(Query::new(WAITING).bind(user)).await?;
        tx.commit().await?;
        return settle_all(database, &waiting).await;
    }
    let kept: Vec<String> = record.memberships.iter().map(|(organisation, _)| organisation.id.to_string()).collect();
    drop_others(&mut tx, &record.id, &record.name, kept, true).await?;
    let mut outcome = Ok(());
    for (organisation, role) in &record.memberships {
        tx.query(Query::new(BEFORE_ONE)).await?;
        let written = write_membership(&mut tx, &user, organisation, *role, asked_at).await;
        tx.query(Query::new(if written.is_ok() { KEEP_ONE } else { TAKE_ONE_BACK })).await?;
        // What could not be written may still take rights away.
        let change = Query::new(CHANGE_ROLE).bind(organisation.id.to_string()).bind(user.clone());
        if let Some(row) = tx.query_opt(change.bind(role.as_str())).await? {
            let entry = Entry::new("member.role_changed").on(&record.id, &record.name);
            let entry = entry.before(json!({ "role": row.get::<_, &str>(0) })).after(json!({ "role": role }));
            audit_log::follow(&mut tx, &organisation.id, &entry).await?;
            tx.wake_in(&organisation.id).await?;
        }
        outcome = outcome.and(written);
    }
    let waiting = tx.query(Query::new(WAITING).bind(user)).await?;
    tx.commit().await?;
    settle_all(database, &waiting).await?;
    outcome
}

/// Has those let in who wait at these organisations.
async fn settle_all(database: &Database, waiting: &[Row]) -> Result<()> {
    for organisation in waiting.iter().filter_map(|row| OrganisationId::parse(row.get(0)).ok()) {
        memberships::settle(database, &organisation).await?;
    }
    Ok(())
}

/// Memberships that Clerk does not have any more go, and the organisations are told.
async fn drop_others(tx: &mut Transaction, user: &UserId, name: &str, kept: Vec<String>, lives: bool) -> Result<()> {
    for row in tx.query(Query::new(DROP_OTHER_MEMBERSHIPS).bind(user.to_string()).bind(kept).bind(lives)).await? {
        let Ok(organisation) = OrganisationId::parse(row.get(0)) else { continue };
        let entry = Entry::new("member.removed").on(user, name).before(json!({ "role": row.get::<_, &str>(1) }));
        audit_log::follow(tx, &organisation, &entry).await?;
        tx.wake_in(&organisation).await?;
    }
    Ok(())
}

/// One organisation and the person's membership in it.
async fn write_membership(
    tx: &mut Transaction,
    user: &str,
    organisation: &OrganisationRecord,
    role: BaseRole,
    asked_at: Timestamp,
) -> Result<()> {
    write_organisation(tx, organisation, asked_at, None).await?;
    let membership = Query::new(RECORD_MEMBERSHIP).bind(organisation.id.to_string());
    tx.query(membership.bind(user.to_owned()).bind(role.as_str())).await?;
    Ok(())
}

/// Clerk lets the person in no more: they leave every organisation. They may come back.
pub async fn shut_out_person(database: &Database, user: &UserId, asked_at: Timestamp) -> Result<()> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    if let Some(row) = tx.query_opt(Query::new(SHUT_OUT_PERSON).bind(user.to_string()).bind(asked_at)).await? {
        drop_others(&mut tx, user, row.get(1), Vec::new(), false).await?;
    }
    Ok(tx.commit().await?)
}

/// Clerk has no such person any more: they leave every organisation, and are forgotten.
pub async fn forget_person(database: &Database, user: &UserId, asked_at: Timestamp) -> Result<()> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    if tx.query_opt(Query::new(FORGET_PERSON).bind(user.to_string()).bind(asked_at)).await?.is_some() {
        // Nothing that is written from now on has their name.
        drop_others(&mut tx, user, FORMER_MEMBER, Vec::new(), false).await?;
        forgetting::begin(&mut tx, user).await?;
    }
    Ok(tx.commit().await?)
}

/// Writes an organisation's name and address.
pub async fn record_organisation(database: &Database, record: &OrganisationRecord, asked_at: Timestamp) -> Result<()> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    write_organisation(&mut tx, record, asked_at, None).await?;
    Ok(tx.commit().await?)
}

/// The same for what a member has just had Clerk change: recorded under their name.
pub async fn record_renamed(
    database: &Database,
    record: &OrganisationRecord,
    asked_at: Timestamp,
    by: &Access,
    org: &Org,
) -> Result<()> {
    let author = Author::member(by, org.origin());
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    write_organisation(&mut tx, record, asked_at, Some(&author)).await?;
    Ok(tx.commit().await?)
}

/// Clerk has no such organisation any more: it is soft-deleted here, its rows stay.
pub async fn organisation_gone(database: &Database, organisation: &OrganisationId, asked_at: Timestamp) -> Result<()> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    let gone = Query::new(ORGANISATION_GONE).bind(organisation.to_string()).bind(asked_at);
    if tx.query_opt(gone).await?.is_some() {
        jobs::enqueue_in(&mut tx, organisation, CLOSE_ORGANISATION, json!({})).await?;
        tx.wake_in(organisation).await?;
    }
    Ok(tx.commit().await?)
}

/// Without an author it was changed at Clerk.
async fn write_organisation(
    tx: &mut Transaction,
    record: &OrganisationRecord,
    asked_at: Timestamp,
    author: Option<&Author>,
) -> Result<()> {
    let id = record.id.to_string();
    let at = |statement, slug: &str| Query::new(statement).bind(id.clone()).bind(slug.to_owned());
    // Two organisations that take one address in the same moment wait for each other here.
    let anothers = !tx.query(at(ANOTHERS_ADDRESS, &record.slug)).await?.is_empty();
    let slug = if anothers { record.by_id() } else { record.slug.clone() };
    let before = tx.query_opt(Query::new(WAS_CALLED).bind(id.clone())).await?;
    tx.query(at(RETIRE_ADDRESS, &slug).bind(asked_at)).await?;
    tx.query(at(TAKE_ADDRESS_BACK, &slug)).await?;
    let query = at(RECORD_ORGANISATION, &slug).bind(record.name.clone()).bind(asked_at).bind(record.slug.clone());
    let written = tx.query_opt(query).await?;
    match (before, written) {
        (Some(before), Some(_)) => {
            let (was, called): (&str, &str) = (before.get(0), before.get(1));
            if (was, called) != (&slug, &record.name) {
                let mut entry = Entry::new("organisation.changed").on(&record.id, &record.name);
                for (field, before, after) in [("name", called, &*record.name), ("address", was, &slug)] {
                    if before != after {
                        entry = entry.field(field, before, after);
                    }
                }
                entry = author.into_iter().fold(entry, Entry::by);
                audit_log::follow(tx, &record.id, &entry).await?;
                tx.wake_in(&record.id).await?;
                if called != record.name && !tx.query(customers::of_query(&record.id)).await?.is_empty() {
                    // Invoices carry the name.
                    jobs::enqueue_in(tx, &record.id, SYNC_BILLING, json!({})).await?;
                }
            }
        }
        // A new one: Clerk is told how many people it may have.
        (None, Some(_)) => jobs::enqueue_in(tx, &record.id, plans::TELL_CLERK_LIMIT, json!({})).await?,
        _ => {}
    }
    Ok(())
}
