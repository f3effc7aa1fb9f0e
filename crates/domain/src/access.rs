//! Who asks, in which organisation, and what they may do there: read in the round trip that opens each transaction.

use tenancy::{OrganisationId, Query, Row, UserId, tenant_statements};

use crate::{CustomRole, Error, Permission, Result};

tenant_statements! {
    /// No row: not a member, or no such organisation at this address. The two are not told apart.
    ENTER = "
        select organisation.slug, organisation.name, person.name, person.email, membership.role,
               array(select held.role from membership_roles as held
                      where held.organisation_id = $1 and held.user_id = $2 order by held.role),
               person.ended_sessions
          from memberships as membership
          join organisations as organisation on organisation.id = membership.organisation_id
          join users as person on person.id = membership.user_id
         where membership.organisation_id = $1 and membership.user_id = $2 and organisation.slug = $3
           and organisation.deleted_at is null and person.deleted_at is null";
}

/// The role Clerk knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BaseRole {
    /// Holds every permission.
    Admin,
    /// Works with procedures and runs.
    Member,
}

impl BaseRole {
    /// As stored and as shown in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }

    /// From Clerk's key, with or without its `org:` prefix. Unknown roles are the least we know.
    pub fn from_clerk(key: &str) -> Self {
        if key.strip_prefix("org:").unwrap_or(key) == "admin" { Self::Admin } else { Self::Member }
    }
}

/// `SessionEnded` where the session is one of those that were ended.
pub(crate) fn refuse_ended(session: Option<&str>, ended: Vec<&str>) -> Result<()> {
    if session.is_some_and(|session| ended.contains(&session)) { Err(Error::SessionEnded) } else { Ok(()) }
}

/// An organisation as the page head shows it.
#[derive(Debug, Clone)]
pub struct OrganisationSummary {
    /// Clerk's id, the tenant identifier.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// Its address in `/orgs/{slug}`.
    pub slug: String,
}

/// A signed-in person.
#[derive(Debug, Clone)]
pub struct Person {
    /// Clerk's id.
    pub id: UserId,
    /// The name others see.
    pub name: String,
    /// The primary address.
    pub email: String,
}

/// A line of the organisation switcher.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize)]
pub struct MyOrganisation {
    /// Its address in `/orgs/{slug}`.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// My base role there.
    pub role: BaseRole,
}

/// What is known of a member in the transaction that was just opened.
#[derive(Debug, Clone)]
pub struct Access {
    /// Where they stand.
    pub organisation: OrganisationSummary,
    /// Who they are.
    pub person: Person,
    /// Their base role here.
    pub role: BaseRole,
    /// Custom roles they hold here; rights add up.
    pub custom_roles: Vec<CustomRole>,
    /// All organisations they belong to, by name; only where a page asks ([`crate::Org::for_a_page`]).
    pub organisations: Vec<MyOrganisation>,
}

impl Access {
    /// Whether any of their roles holds the permission.
    pub fn may(&self, permission: Permission) -> bool {
        Permission::of_base_role(self.role).contains(&permission)
            || self.custom_roles.iter().any(|role| Permission::of_custom_role(*role).contains(&permission))
    }

    /// `Forbidden` without the permission.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) { Ok(()) } else { Err(Error::Forbidden(permission)) }
    }

    pub(crate) fn query(user: &UserId, slug: &str) -> Query {
        Query::new(ENTER).bind(user.to_string()).bind(slug.to_owned())
    }

    pub(crate) fn from_rows(
        organisation: &OrganisationId,
        user: &UserId,
        session: Option<&str>,
        rows: &[Row],
    ) -> Result<Self> {
        let row = rows.first().ok_or(Error::NotFound)?;
        refuse_ended(session, row.get(6))?;
        Ok(Self {
            organisation: OrganisationSummary { id: organisation.clone(), slug: row.get(0), name: row.get(1) },
            person: Person { id: user.clone(), name: row.get(2), email: row.get(3) },
            role: BaseRole::from_clerk(row.get(4)),
            custom_roles: row.get::<_, Vec<&str>>(5).into_iter().filter_map(CustomRole::parse).collect(),
            organisations: Vec::new(),
        })
    }
}
