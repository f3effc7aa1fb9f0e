//! The directory: people, organisations and who belongs where, as Clerk says. Written by the mirror alone.

use jiff::Timestamp;
use tenancy::types::Json;
use tenancy::{Database, OrganisationId, Query, Row, SystemReason, Transaction, UserId, directory_statements};

use crate::access::refuse_ended;
use crate::{BaseRole, MyOrganisation, Person, Result};

directory_statements! {
    PERSON = "
        select person.name, person.email,
               (select json_agg(json_build_object('slug', other.slug, 'name', other.name, 'role', mine.role)
                                order by lower(other.name), other.id)
                  from memberships as mine join organisations as other on other.id = mine.organisation_id
                 where mine.user_id = $1 and other.deleted_at is null),
               person.ended_sessions
          from users as person where person.id = $1 and person.deleted_at is null";
    MINE = "
        select other.slug, other.name, mine.role
          from memberships as mine join organisations as other on other.id = mine.organisation_id
         where mine.user_id = $1 and other.deleted_at is null
         order by lower(other.name), other.id";
    ORGANISATION_FOR = "
        select organisation.id
          from organisations as organisation
          join memberships as mine on mine.organisation_id = organisation.id
         where mine.user_id = $1 and organisation.slug = $2 and organisation.deleted_at is null";
    NOW = "select clock_timestamp()";
    /// No row: what we know was asked later than this.
    RECORD_PERSON = "
        insert into users (id, email, name, mirrored_at) values ($1, $2, $3, $4)
        on conflict (id) do update
           set email = excluded.email, name = excluded.name, mirrored_at = excluded.mirrored_at, deleted_at = null
         where users.mirrored_at <= excluded.mirrored_at
        returning id";
    RECORD_ORGANISATION = "
        insert into organisations (id, slug, name, mirrored_at) values ($1, $2, $3, $4)
        on conflict (id) do update
           set slug = excluded.slug, name = excluded.name, mirrored_at = excluded.mirrored_at
         where organisations.mirrored_at <= excluded.mirrored_at";
    /// Clerk's addresses are unique: who is found at this one and is somebody else has lost it since we asked.
    VACATE = "
        update organisations set slug = lower(substr(id, 5))
         where slug = $2 and id <> $1 and deleted_at is null and mirrored_at <= $3";
    BEFORE_ONE = "savepoint one_membership";
    KEEP_ONE = "release savepoint one_membership";
    TAKE_ONE_BACK = "rollback to savepoint one_membership";
    CHANGE_ROLE = "
        update memberships set role = $3 where organisation_id = $1 and user_id = $2 and role <> $3";
    RECORD_MEMBERSHIP = "
        insert into memberships (organisation_id, user_id, role) values ($1, $2, $3)
        on conflict (organisation_id, user_id) do update set role = excluded.role";
    DROP_OTHER_MEMBERSHIPS = "
        delete from memberships where user_id = $1 and organisation_id <> all ($2)";
    /// The last hundred; a token outlives its session by a minute at most.
    SESSION_ENDED = "
        update users set ended_sessions = (array_append(ended_sessions, $2))[greatest(1, cardinality(ended_sessions) - 98):]
         where id = $1 and $2 <> all (ended_sessions)
        returning id";
    KNOWN = "select id from users where id = $1";
    FORGET_PERSON = "
        update users set deleted_at = now(), mirrored_at = $2 where id = $1 and mirrored_at <= $2 returning id";
    ORGANISATION_GONE = "
        update organisations set deleted_at = coalesce(deleted_at, now()), mirrored_at = $2
         where id = $1 and mirrored_at <= $2";
}

/// A signed-in person and where they belong.
#[derive(Debug, Clone)]
pub struct PersonHome {
    /// Who they are.
    pub person: Person,
    /// Their organisations, by name.
    pub organisations: Vec<MyOrganisation>,
}

/// A person as Clerk answered, in the form our tables take.
#[derive(Debug, Clone)]
pub struct PersonRecord {
    pub(crate) id: UserId,
    pub(crate) email: String,
    pub(crate) name: String,
    memberships: Vec<(OrganisationRecord, BaseRole)>,
}

impl PersonRecord {
    /// Takes whatever a vendor lets people call themselves: control characters go, length is bounded.
    pub fn new(id: UserId, email: &str, name: &str, mut memberships: Vec<(OrganisationRecord, BaseRole)>) -> Self {
        // Always in the order of ids, so that two mirrors never wait for each other crosswise.
        memberships.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        Self { id, email: plain(email, 320, ""), name: plain(name, 256, "Unnamed"), memberships }
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
        let by_id = id.as_str().trim_start_matches("org_").to_ascii_lowercase();
        let slug = slug.filter(|slug| is_address(slug)).map_or(by_id, str::to_owned);
        Self { slug, name: plain(name, 256, "Unnamed"), id }
    }
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

/// Who a signed-in person is and where they belong; `None` where the mirror does not know them yet.
///
/// `SessionEnded` where the session they came with was ended.
pub async fn person(database: &Database, user: &UserId, session: Option<&str>) -> Result<Option<PersonHome>> {
    let rows = database.system(SystemReason::SignIn).run(Query::new(PERSON).bind(user.to_string())).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    refuse_ended(session, row.get(3))?;
    Ok(Some(PersonHome {
        person: Person { id: user.clone(), name: row.get(0), email: row.get(1) },
        organisations: row.get::<_, Option<Json<Vec<MyOrganisation>>>>(2).map_or_else(Vec::new, |Json(list)| list),
    }))
}

/// One of the person's sessions has ended: nothing is answered to its last token. False where we do not know them.
pub async fn session_ended(database: &Database, user: &UserId, session: &str) -> Result<bool> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    let known = tx.query_opt(Query::new(KNOWN).bind(user.to_string())).await?.is_some();
    tx.query(Query::new(SESSION_ENDED).bind(user.to_string()).bind(session.to_owned())).await?;
    tx.commit().await?;
    Ok(known)
}

/// The organisations a person belongs to; travels with the statements of a page.
pub(crate) fn mine(user: &UserId) -> Query {
    Query::new(MINE).bind(user.to_string())
}

/// What [`mine`] answers.
pub(crate) fn my_organisations(rows: &[Row]) -> Vec<MyOrganisation> {
    let line =
        |row: &Row| MyOrganisation { slug: row.get(0), name: row.get(1), role: BaseRole::from_clerk(row.get(2)) };
    rows.iter().map(line).collect()
}

/// The organisation at this address, if the person is a member of it.
pub async fn organisation_for(database: &Database, user: &UserId, slug: &str) -> Result<Option<OrganisationId>> {
    let query = Query::new(ORGANISATION_FOR).bind(user.to_string()).bind(slug.to_owned());
    let rows = database.system(SystemReason::SignIn).run(query).await?;
    Ok(rows.first().and_then(|row| OrganisationId::parse(row.get(0)).ok()))
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
    if tx.query_opt(person.bind(asked_at)).await?.is_none() {
        return Ok(());
    }
    let kept: Vec<String> = record.memberships.iter().map(|(organisation, _)| organisation.id.to_string()).collect();
    tx.query(Query::new(DROP_OTHER_MEMBERSHIPS).bind(user.clone()).bind(kept)).await?;
    let mut outcome = Ok(());
    for (organisation, role) in &record.memberships {
        tx.query(Query::new(BEFORE_ONE)).await?;
        let written = write_membership(&mut tx, &user, organisation, *role, asked_at).await;
        tx.query(Query::new(if written.is_ok() { KEEP_ONE } else { TAKE_ONE_BACK })).await?;
        // What could not be written may still take rights away.
        let change = Query::new(CHANGE_ROLE).bind(organisation.id.to_string()).bind(user.clone());
        tx.query(change.bind(role.as_str())).await?;
        outcome = outcome.and(written);
    }
    tx.commit().await?;
    outcome
}

/// One organisation and the person's membership in it.
async fn write_membership(
    tx: &mut Transaction,
    user: &str,
    organisation: &OrganisationRecord,
    role: BaseRole,
    asked_at: Timestamp,
) -> Result<()> {
    write_organisation(tx, organisation, asked_at).await?;
    let membership = Query::new(RECORD_MEMBERSHIP).bind(organisation.id.to_string());
    tx.query(membership.bind(user.to_owned()).bind(role.as_str())).await?;
    Ok(())
}

/// Clerk has no such person any more: they leave every organisation.
pub async fn forget_person(database: &Database, user: &UserId, asked_at: Timestamp) -> Result<()> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    if tx.query_opt(Query::new(FORGET_PERSON).bind(user.to_string()).bind(asked_at)).await?.is_some() {
        let nothing: Vec<String> = Vec::new();
        tx.query(Query::new(DROP_OTHER_MEMBERSHIPS).bind(user.to_string()).bind(nothing)).await?;
    }
    Ok(tx.commit().await?)
}

/// Writes an organisation's name and address.
pub async fn record_organisation(database: &Database, record: &OrganisationRecord, asked_at: Timestamp) -> Result<()> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    write_organisation(&mut tx, record, asked_at).await?;
    Ok(tx.commit().await?)
}

/// Clerk has no such organisation any more: it is soft-deleted here, its rows stay.
pub async fn organisation_gone(database: &Database, organisation: &OrganisationId, asked_at: Timestamp) -> Result<()> {
    let query = Query::new(ORGANISATION_GONE).bind(organisation.to_string()).bind(asked_at);
    database.system(SystemReason::Mirror).run(query).await?;
    Ok(())
}

async fn write_organisation(tx: &mut Transaction, record: &OrganisationRecord, asked_at: Timestamp) -> Result<()> {
    let vacate = Query::new(VACATE).bind(record.id.to_string()).bind(record.slug.clone());
    tx.query(vacate.bind(asked_at)).await?;
    let query = Query::new(RECORD_ORGANISATION).bind(record.id.to_string()).bind(record.slug.clone());
    tx.query(query.bind(record.name.clone()).bind(asked_at)).await?;
    Ok(())
}
