//! The directory: people, organisations and who belongs where, as Clerk says. Looked up here, and written in `record`.

pub(crate) mod record;

use jiff::Timestamp;
use tenancy::types::Json;
use tenancy::{Database, OrganisationId, Query, Row, SystemReason, UserId, directory_statements};

use crate::access::refuse_ended;
use crate::invitations::acceptance::MyInvitation;
use crate::{BaseRole, MyOrganisation, Person, Result};

pub use record::{
    OrganisationRecord, PersonRecord, forget_person, now, organisation_gone, record_organisation, record_person,
    record_renamed, session_ended, shut_out_person,
};

directory_statements! {
    PERSON = "
        select person.name, person.email,
               (select json_agg(json_build_object('slug', other.slug, 'name', other.name, 'role', mine.role)
                                order by lower(other.name), other.id)
                  from memberships as mine join organisations as other on other.id = mine.organisation_id
                 where mine.user_id = $1 and other.deleted_at is null
                   and mine.removed_at is null and mine.waiting_since is null),
               person.ended_sessions,
               (select json_agg(json_build_object('slug', other.slug, 'name', other.name, 'role', mine.role)
                                order by lower(other.name), other.id)
                  from memberships as mine join organisations as other on other.id = mine.organisation_id
                 where mine.user_id = $1 and other.deleted_at is null
                   and mine.removed_at is null and mine.waiting_since is not null),
               (select json_agg(json_build_object('id', invitation.id, 'organisation', invitation.organisation_id,
                                                  'name', other.name, 'role', invitation.role,
                                                  'invited_by', invitation.inviter_name)
                                order by invitation.invited_at)
                  from invitations as invitation join organisations as other on other.id = invitation.organisation_id
                 where invitation.state = 'pending' and invitation.expires_at > now()
                   and invitation.address = any (person.addresses) and other.deleted_at is null),
               (select json_agg(json_build_object('id', other.id, 'name', other.name, 'erase_at', other.erase_at)
                                order by lower(other.name), other.id)
                  from memberships as mine join organisations as other on other.id = mine.organisation_id
                 where mine.user_id = $1 and other.deleted_at is not null
                   and mine.removed_at is null and mine.waiting_since is null)
          from users as person where person.id = $1 and person.deleted_at is null";
    MINE = "
        select other.slug, other.name, mine.role
          from memberships as mine join organisations as other on other.id = mine.organisation_id
         where mine.user_id = $1 and other.deleted_at is null and mine.removed_at is null and mine.waiting_since is null
         order by lower(other.name), other.id";
    MY_INVITATIONS = "
        select invitation.id, invitation.organisation_id, other.name, invitation.role, invitation.inviter_name
          from users as person
          join invitations as invitation on invitation.address = any (person.addresses)
          join organisations as other on other.id = invitation.organisation_id
         where person.id = $1 and invitation.state = 'pending' and invitation.expires_at > now() and other.deleted_at is null
         order by invitation.invited_at limit 20";
    ORGANISATION_FOR = "
        select organisation.id
          from organisations as organisation
          join memberships as mine on mine.organisation_id = organisation.id
         where mine.user_id = $1 and organisation.slug = $2 and organisation.deleted_at is null
           and mine.removed_at is null and mine.waiting_since is null";
    /// For ninety days an address leads those who belong there on to the one that took its place.
    MOVED_TO = "
        select organisation.slug
          from retired_addresses as retired
          join organisations as organisation on organisation.id = retired.organisation_id
          join memberships as mine on mine.organisation_id = organisation.id
         where mine.user_id = $1 and retired.slug = $2 and retired.retired_at > now() - interval '90 days'
           and organisation.deleted_at is null and mine.removed_at is null and mine.waiting_since is null";
    /// Deleted, and not erased: whoever belonged there is told so.
    DELETED_AT = "
        select organisation.id
          from organisations as organisation
          join memberships as mine on mine.organisation_id = organisation.id
         where mine.user_id = $1 and organisation.slug = $2 and organisation.deleted_at is not null
           and mine.removed_at is null and mine.waiting_since is null";
    /// Also where the organisation that had it is erased.
    ADDRESS_TAKEN = "
        select from organisations as organisation where organisation.slug = $1
        union all
        select from retired_addresses as retired where retired.slug = $1
        union all
        select from erasures as erasure where sha256(convert_to($1, 'UTF8')) = any (erasure.addresses)";
    /// Where nobody else is an admin.
    LAST_ADMIN_OF = "
        select other.slug, other.name, mine.role
          from memberships as mine join organisations as other on other.id = mine.organisation_id
         where mine.user_id = $1 and mine.role = 'admin' and other.deleted_at is null
           and mine.removed_at is null and mine.waiting_since is null
           and not exists (select from memberships as theirs
                            where theirs.organisation_id = mine.organisation_id and theirs.user_id <> $1
                              and theirs.role = 'admin' and theirs.removed_at is null and theirs.waiting_since is null)
         order by lower(other.name), other.id";
    SEEN = "
        update memberships set seen_at = now() where organisation_id = $1 and user_id = $2";
    /// An address stays with the organisation that had it first, also after that has another.
    ANOTHERS_ADDRESS = "
        select from organisations as other where other.slug = $2 and other.id <> $1
        union all
        select from retired_addresses as retired where retired.slug = $2 and retired.organisation_id <> $1
        union all
        select from erasures as erasure where sha256(convert_to($2, 'UTF8')) = any (erasure.addresses)";
}

/// A signed-in person and where they belong.
#[derive(Debug, Clone)]
pub struct PersonHome {
    /// Who they are.
    pub person: Person,
    /// Their organisations, by name.
    pub organisations: Vec<MyOrganisation>,
    /// Organisations at Clerk that have no seat for them yet.
    pub waiting: Vec<MyOrganisation>,
    /// Invitations they have not answered, the oldest first.
    pub invitations: Vec<MyInvitation>,
    /// Organisations that were deleted and are not erased, by name.
    pub deleted: Vec<MyDeleted>,
}

/// A deleted organisation of a person's.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize)]
pub struct MyDeleted {
    /// `org_…`
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it is erased; none while its plan is being ended.
    pub erase_at: Option<Timestamp>,
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
        waiting: row.get::<_, Option<Json<Vec<MyOrganisation>>>>(4).map_or_else(Vec::new, |Json(list)| list),
        invitations: row.get::<_, Option<Json<Vec<MyInvitation>>>>(5).map_or_else(Vec::new, |Json(list)| list),
        deleted: row.get::<_, Option<Json<Vec<MyDeleted>>>>(6).map_or_else(Vec::new, |Json(list)| list),
    }))
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

/// Invitations the person has not answered; travels with the statements of a page.
pub(crate) fn my_invitations(user: &UserId) -> Query {
    Query::new(MY_INVITATIONS).bind(user.to_string())
}

/// What [`my_invitations`] answers.
pub(crate) fn invitations_of(rows: &[Row]) -> Vec<MyInvitation> {
    let line = |row: &Row| MyInvitation {
        id: row.get(0),
        organisation: row.get(1),
        name: row.get(2),
        role: BaseRole::from_clerk(row.get(3)),
        invited_by: row.get(4),
    };
    rows.iter().map(line).collect()
}

/// The deleted organisation at an address, if the person belonged to it.
pub async fn deleted_at(database: &Database, user: &UserId, slug: &str) -> Result<Option<OrganisationId>> {
    let query = Query::new(DELETED_AT).bind(user.to_string()).bind(slug.to_owned());
    let rows = database.system(SystemReason::SignIn).run(query).await?;
    Ok(rows.first().and_then(|row| OrganisationId::parse(row.get(0)).ok()))
}

/// The organisations that would be left without an admin if the person went, by name.
pub async fn last_admin_of(database: &Database, user: &UserId) -> Result<Vec<MyOrganisation>> {
    let query = Query::new(LAST_ADMIN_OF).bind(user.to_string());
    Ok(my_organisations(&database.system(SystemReason::SignIn).run(query).await?))
}

/// The address that took this one's place, for those who belong there and for ninety days.
pub async fn moved_to(database: &Database, user: &UserId, slug: &str) -> Result<Option<String>> {
    let query = Query::new(MOVED_TO).bind(user.to_string()).bind(slug.to_owned());
    let rows = database.system(SystemReason::SignIn).run(query).await?;
    Ok(rows.first().map(|row| row.get(0)))
}

/// Whether an organisation has or had this address.
pub async fn address_is_taken(database: &Database, slug: &str) -> Result<bool> {
    let query = Query::new(ADDRESS_TAKEN).bind(slug.to_owned());
    Ok(!database.system(SystemReason::SignIn).run(query).await?.is_empty())
}

/// Whether another organisation than this one has or had the address.
pub async fn address_is_anothers(database: &Database, slug: &str, organisation: &OrganisationId) -> Result<bool> {
    let query = Query::new(ANOTHERS_ADDRESS).bind(organisation.to_string()).bind(slug.to_owned());
    Ok(!database.system(SystemReason::SignIn).run(query).await?.is_empty())
}

/// The person is here now. Called once in some minutes.
pub async fn seen(database: &Database, organisation: &OrganisationId, user: &UserId) -> Result<()> {
    let query = Query::new(SEEN).bind(organisation.to_string()).bind(user.to_string());
    database.system(SystemReason::SignIn).run(query).await?;
    Ok(())
}

/// The organisation at this address, if the person is a member of it.
pub async fn organisation_for(database: &Database, user: &UserId, slug: &str) -> Result<Option<OrganisationId>> {
    let query = Query::new(ORGANISATION_FOR).bind(user.to_string()).bind(slug.to_owned());
    let rows = database.system(SystemReason::SignIn).run(query).await?;
    Ok(rows.first().and_then(|row| OrganisationId::parse(row.get(0)).ok()))
}
