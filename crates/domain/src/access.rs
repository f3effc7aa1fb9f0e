//! Who asks, in which organisation, and what they may do there: read in the round trip that opens each transaction.

use jiff::tz::TimeZone;
use tenancy::{OrganisationId, Query, Row, UserId, tenant_statements};

use crate::entitlements::Terms;
use crate::invitations::acceptance::MyInvitation;
use crate::plans::Plan;
use crate::roles::Role;
use crate::standing::Standing;
use crate::{CustomRole, Error, Permission, Result, Rights};

tenant_statements! {
    /// No row: not a member, or no such organisation at this address. The two are not told apart.
    ENTER = "
        select organisation.slug, organisation.name, person.name, person.email, membership.role,
               array(select concat_ws(chr(10), held.role, own.name, array_to_string(own.permissions, ' '))
                       from membership_roles as held
                       left join custom_roles as own on own.organisation_id = $1 and own.id = held.own_role
                      where held.organisation_id = $1 and held.user_id = $2 order by held.role),
               person.ended_sessions, organisation.plan, organisation.time_zone, organisation.ownerless_since is not null,
               (select logo.digest from logos as logo where logo.organisation_id = $1),
               organisation.billing_status, organisation.past_due_since, now(), organisation.closing_since is not null,
               false
          from memberships as membership
          join organisations as organisation on organisation.id = membership.organisation_id
          join users as person on person.id = membership.user_id
         where membership.organisation_id = $1 and membership.user_id = $2 and organisation.slug = $3
           and membership.removed_at is null and membership.waiting_since is null
           and organisation.deleted_at is null and person.deleted_at is null";
    /// The same of one that is deleted, until its time is over: for its admins, who may take along what there is.
    ENTER_DELETED = "
        select organisation.slug, organisation.name, person.name, person.email, membership.role, array[]::text[],
               person.ended_sessions, organisation.plan, organisation.time_zone, organisation.ownerless_since is not null,
               null::text, organisation.billing_status, organisation.past_due_since, now(), organisation.closing_since is not null,
               true
          from memberships as membership
          join organisations as organisation on organisation.id = membership.organisation_id
          join users as person on person.id = membership.user_id
         where membership.organisation_id = $1 and membership.user_id = $2 and membership.role = 'admin'
           and membership.removed_at is null and membership.waiting_since is null and person.deleted_at is null
           and organisation.deleted_at is not null and organisation.erasing_since is null
           and coalesce(organisation.erase_at > clock_timestamp(), true)";
}

/// Which door somebody stands at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entrance {
    /// Of an organisation, at this address.
    Address(String),
    /// What is left of one that was deleted.
    Deleted,
}

impl Entrance {
    /// Asks whether they are let in, and what they may do there.
    pub(crate) fn query(&self, user: &UserId) -> Query {
        match self {
            Self::Address(slug) => Query::new(ENTER).bind(user.to_string()).bind(slug.clone()),
            Self::Deleted => Query::new(ENTER_DELETED).bind(user.to_string()),
        }
    }
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

    /// Both.
    pub const ALL: [Self; 2] = [Self::Admin, Self::Member];

    /// As it is written in forms.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
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
    /// The plan it is on, and how far that reaches at the moment.
    pub terms: Terms,
    /// Its zone in the IANA database: dates are shown in it.
    pub time_zone: String,
    /// Nobody is an admin, which only Clerk can bring about.
    pub ownerless: bool,
    /// Digest of its logo, which names the picture; none where there is none.
    pub logo: Option<String>,
}

impl OrganisationSummary {
    /// Its zone, or UTC where this machine has never heard of it.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
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
    /// Custom roles they hold here.
    pub custom_roles: Vec<Held>,
    /// What all their roles together let them do.
    pub rights: Rights,
    /// All organisations they belong to, by name; only where a page asks ([`crate::Org::for_a_page`]).
    pub organisations: Vec<MyOrganisation>,
    /// Invitations they have not answered; as above.
    pub invitations: Vec<MyInvitation>,
}

/// A custom role that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub role: CustomRole,
    /// What people read.
    pub name: String,
}

/// A held role from its line: what is stored, and the name and permissions of a role that is the organisation's own.
fn held(line: &str) -> Option<(Held, Vec<Permission>)> {
    let mut parts = line.split('\n');
    let role = CustomRole::parse(parts.next()?)?;
    let Role { name, permissions, .. } = Role::built_in(role);
    let name = parts.next().map_or(name, str::to_owned);
    let own = parts.next().unwrap_or_default().split(' ').filter_map(Permission::parse);
    Some((Held { role, name }, permissions.into_iter().chain(own).collect()))
}

impl Access {
    /// Whether any of their roles holds the permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.rights.contains(permission)
    }

    /// `Forbidden` without the permission; `LimitReached` where the organisation owes too much for what it is for.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) {
            self.organisation.terms.standing.allows(permission)
        } else {
            Err(Error::Forbidden(permission))
        }
    }

    pub(crate) fn from_rows(
        organisation: &OrganisationId,
        user: &UserId,
        session: Option<&str>,
        rows: &[Row],
    ) -> Result<Self> {
        let row = rows.first().ok_or(Error::NotFound)?;
        refuse_ended(session, row.get(6))?;
        let role = BaseRole::from_clerk(row.get(4));
        let (custom_roles, added): (Vec<Held>, Vec<Vec<Permission>>) =
            row.get::<_, Vec<&str>>(5).into_iter().filter_map(held).unzip();
        Ok(Self {
            organisation: OrganisationSummary {
                id: organisation.clone(),
                slug: row.get(0),
                name: row.get(1),
                terms: Terms {
                    plan: Plan::of(row.get(7)),
                    standing: match row.get(15) {
                        true => Standing::Deleted,
                        false => Standing::of_row(row.get(14), row.get(11), row.get(12), row.get(13)),
                    },
                },
                time_zone: row.get(8),
                ownerless: row.get(9),
                logo: row.get(10),
            },
            person: Person { id: user.clone(), name: row.get(2), email: row.get(3) },
            rights: Rights::of(role).and(added.into_iter().flatten()),
            role,
            custom_roles,
            organisations: Vec::new(),
            invitations: Vec::new(),
        })
    }
}
