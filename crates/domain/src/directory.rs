//! The directory: people, organisations and who belongs where, as Clerk says. Written by the mirror alone.

use jiff::Timestamp;
use tenancy::types::Json;
use tenancy::{Database, OrganisationId, Query, SystemReason, Transaction, UserId, directory_statements};

use crate::{BaseRole, MyOrganisation, Person, Result};

directory_statements! {
    PERSON = "
        select person.name, person.email,
               (select json_agg(json_build_object('slug', other.slug, 'name', other.name, 'role', mine.role)
                                order by lower(other.name), other.id)
                  from memberships as mine join organisations as other on other.id = mine.organisation_id
                 where mine.user_id = $1 and other.deleted_at is null)
          from users as person where person.id = $1 and person.deleted_at is null";
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
    RECORD_MEMBERSHIP = "
        insert into memberships (organisation_id, user_id, role) values ($1, $2, $3)
        on conflict (organisation_id, user_id) do update set role = excluded.role";
    DROP_OTHER_MEMBERSHIPS = "
        delete from memberships where user_id = $1 and organisation_id <> all ($2)";
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

/// A person as Clerk answered.
#[derive(Debug, Clone)]
pub struct PersonRecord {
    /// Clerk's id.
    pub id: UserId,
    /// The primary address.
    pub email: String,
    /// The name others see.
    pub name: String,
    /// All their memberships.
    pub memberships: Vec<(OrganisationRecord, BaseRole)>,
}

/// An organisation as Clerk answered.
#[derive(Debug, Clone)]
pub struct OrganisationRecord {
    /// Clerk's id.
    pub id: OrganisationId,
    /// Its address.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// Who a signed-in person is and where they belong; `None` where the mirror does not know them yet.
pub async fn person(database: &Database, user: &UserId) -> Result<Option<PersonHome>> {
    let rows = database.system(SystemReason::SignIn).run(Query::new(PERSON).bind(user.to_string())).await?;
    Ok(rows.first().map(|row| PersonHome {
        person: Person { id: user.clone(), name: row.get(0), email: row.get(1) },
        organisations: row.get::<_, Option<Json<Vec<MyOrganisation>>>>(2).map_or_else(Vec::new, |Json(list)| list),
    }))
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

/// Writes a person and all their memberships; does nothing where a later answer is already written.
pub async fn record_person(database: &Database, record: &PersonRecord, asked_at: Timestamp) -> Result<()> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    let person = Query::new(RECORD_PERSON).bind(record.id.to_string()).bind(record.email.clone());
    if tx.query_opt(person.bind(record.name.clone()).bind(asked_at)).await?.is_none() {
        return Ok(());
    }
    // Always in the order of ids, so that two mirrors never wait for each other crosswise.
    let mut memberships: Vec<_> = record.memberships.iter().collect();
    memberships.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    for (organisation, role) in &memberships {
        write_organisation(&mut tx, organisation, asked_at).await?;
        let membership = Query::new(RECORD_MEMBERSHIP).bind(organisation.id.to_string());
        tx.query(membership.bind(record.id.to_string()).bind(role.as_str())).await?;
    }
    let kept: Vec<String> = memberships.iter().map(|(organisation, _)| organisation.id.to_string()).collect();
    tx.query(Query::new(DROP_OTHER_MEMBERSHIPS).bind(record.id.to_string()).bind(kept)).await?;
    Ok(tx.commit().await?)
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
    let query = Query::new(RECORD_ORGANISATION).bind(record.id.to_string()).bind(record.slug.clone());
    tx.query(query.bind(record.name.clone()).bind(asked_at)).await?;
    Ok(())
}
