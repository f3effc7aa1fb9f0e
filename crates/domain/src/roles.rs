//! Custom roles: ours, on top of the base role that Clerk knows. Two are built in; a customer makes others.

use std::fmt;

use jiff::Timestamp;
use serde_json::json;
use tenancy::{Query, Row, UserId, tenant_statements};
use uuid::Uuid;

use crate::audit_log::Entry;
use crate::grants::{self, Intent};
use crate::plans::Feature;
use crate::text::text_type;
use crate::{Access, Error, FieldErrors, OrgTx, Permission, Read, Result, Rights, memberships, organisations};

tenant_statements! {
    LIST = "
        select role.id, role.name, role.permissions, role.changed_at
          from custom_roles as role where role.organisation_id = $1 order by role.folded_name";
    HOLDERS = "
        select held.role, held.user_id, person.name
          from membership_roles as held
          join memberships as membership on membership.organisation_id = $1 and membership.user_id = held.user_id
          join users as person on person.id = held.user_id
         where held.organisation_id = $1 and membership.removed_at is null
         order by held.role, lower(person.name)";
    SHOW = "
        select role.id, role.name, role.permissions, role.changed_at
          from custom_roles as role where role.organisation_id = $1 and role.id = $2";
    CREATE = "
        insert into custom_roles (organisation_id, id, name, permissions, created_by) values ($1, $2, $3, $4, $5)";
    CHANGE = "
        update custom_roles set name = $3, permissions = $4, changed_at = now() where organisation_id = $1 and id = $2";
    DELETE = "delete from custom_roles where organisation_id = $1 and id = $2";
    REPLACE = "
        insert into membership_roles (organisation_id, user_id, role)
        select $1, held.user_id, $3 from membership_roles as held where held.organisation_id = $1 and held.role = $2
        on conflict (organisation_id, user_id, role) do nothing";
    REPLACE_IN_INVITATIONS = "
        update invitations
           set extra_roles = array(select distinct unnest(array_remove(extra_roles, $2) || $3::text[]))
         where organisation_id = $1 and state = 'pending' and $2 = any (extra_roles)";
    /// An invitation may name a role that is gone: that one is not given.
    GIVE = "
        insert into membership_roles (organisation_id, user_id, role)
        select $1, membership.user_id, given.role
          from memberships as membership, unnest($3::text[]) as given (role)
         where membership.organisation_id = $1 and membership.user_id = $2
           and (given.role in ('report-viewer', 'billing-admin')
                or exists (select from custom_roles as own
                            where own.organisation_id = $1 and own.id::text = given.role))
        on conflict (organisation_id, user_id, role) do nothing";
    TAKE = "
        delete from membership_roles where organisation_id = $1 and user_id = $2 and role <> all ($3)";
}

/// What a role is called that an invitation names and that was deleted since.
const GONE: &str = "a role that is gone";

/// Most roles of its own that an organisation can have.
pub const MOST_ROLES: usize = 40;

/// A role a member can hold besides the base role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CustomRole {
    /// Sees reports.
    ReportViewer,
    /// Manages the subscription.
    BillingAdmin,
    /// One that the organisation made.
    Own(Uuid),
}

impl CustomRole {
    /// Those that every organisation has.
    pub const BUILT_IN: [Self; 2] = [Self::ReportViewer, Self::BillingAdmin];

    /// A built-in one's name, or the id of an organisation's own.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "report-viewer" => Some(Self::ReportViewer),
            "billing-admin" => Some(Self::BillingAdmin),
            other => Uuid::try_parse(other).ok().map(Self::Own),
        }
    }
}

/// As stored.
impl fmt::Display for CustomRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReportViewer => f.write_str("report-viewer"),
            Self::BillingAdmin => f.write_str("billing-admin"),
            Self::Own(id) => id.fmt(f),
        }
    }
}

impl serde::Serialize for CustomRole {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

text_type! {
    /// 1 to 40 characters on one line. Field `name`.
    RoleName, "name", 1..=40, lines: false
}

/// A role with what it adds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Role {
    /// What it is called where it is stored.
    #[serde(rename = "id")]
    pub role: CustomRole,
    /// What people read.
    pub name: String,
    /// What it adds to a base role.
    pub permissions: Vec<Permission>,
    /// When it was last changed; built-in ones never are.
    pub changed_at: Option<Timestamp>,
}

impl Role {
    /// A built-in one.
    pub fn built_in(role: CustomRole) -> Self {
        let name = match role {
            CustomRole::ReportViewer => "Report-viewer",
            CustomRole::BillingAdmin => "Billing-admin",
            CustomRole::Own(_) => "",
        };
        let permissions = Permission::of_custom_role(role).to_vec();
        Self { role, name: name.to_owned(), permissions, changed_at: None }
    }

    fn from_row(row: &Row) -> Self {
        let permissions = row.get::<_, Vec<&str>>(2).into_iter().filter_map(Permission::parse).collect();
        Self { role: CustomRole::Own(row.get(0)), name: row.get(1), permissions, changed_at: Some(row.get(3)) }
    }
}

/// The roles of an organisation: built-in ones first, then its own by name.
#[derive(Debug, Clone)]
pub struct Roles(Vec<Role>);

impl Roles {
    /// What is read to know them.
    pub(crate) fn query() -> Query {
        Query::new(LIST)
    }

    pub(crate) fn from_rows(rows: &[Row]) -> Self {
        let built_in = CustomRole::BUILT_IN.into_iter().map(Role::built_in);
        Self(built_in.chain(rows.iter().map(Role::from_row)).collect())
    }

    /// Read where a transaction is open already.
    pub(crate) async fn of(tx: &mut OrgTx) -> Result<Self> {
        Ok(Self::from_rows(&tx.rows(Self::query()).await?))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Role> {
        self.0.iter()
    }

    /// The one that is stored like this, if it is there.
    pub fn find(&self, role: CustomRole) -> Option<&Role> {
        self.0.iter().find(|one| one.role == role)
    }

    /// All of these, or what is wrong with the field: a role that is not this organisation's exists nowhere.
    pub(crate) fn choose(&self, wanted: &[CustomRole]) -> Result<Vec<&Role>, FieldErrors> {
        let unknown = || FieldErrors::one("custom_roles", "There is no such role here. Load the page again.");
        wanted.iter().map(|role| self.find(*role).ok_or_else(unknown)).collect()
    }

    /// What a base role and these together may do.
    pub(crate) fn rights(&self, base: crate::BaseRole, roles: &[CustomRole]) -> Rights {
        let added = roles.iter().filter_map(|role| self.find(*role)).flat_map(|role| role.permissions.clone());
        Rights::of(base).and(added)
    }

    /// Their names, as a log or a list shows them.
    pub fn names(&self, roles: &[CustomRole]) -> Vec<String> {
        let name = |role: &CustomRole| self.find(*role).map_or_else(|| GONE.to_owned(), |found| found.name.clone());
        roles.iter().map(name).collect()
    }
}

/// Somebody who holds a custom role.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Holder {
    /// Clerk's id of the person.
    pub id: String,
    /// Their name.
    pub name: String,
}

/// A role, and who has it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct HeldRole {
    /// The role.
    #[serde(flatten)]
    pub role: Role,
    /// Its holders, by name.
    pub holders: Vec<Holder>,
}

/// All roles with their holders.
pub fn list() -> Read<Vec<HeldRole>> {
    Read::new(Permission::MembersRead, [Roles::query(), Query::new(HOLDERS)], |[roles, holders]| {
        let held = |role: &Role| {
            let stored = role.role.to_string();
            let theirs = holders.iter().filter(|row| row.get::<_, &str>(0) == stored);
            theirs.map(|row| Holder { id: row.get(1), name: row.get(2) }).collect()
        };
        Ok(Roles::from_rows(&roles).0.into_iter().map(|role| HeldRole { holders: held(&role), role }).collect())
    })
}

/// A name and at least one permission, as they were typed.
#[derive(Debug, Clone)]
pub struct RoleFields {
    name: RoleName,
    permissions: Rights,
}

impl RoleFields {
    /// Fields `name` and `permissions`.
    pub fn parse<'a>(name: &str, permissions: impl IntoIterator<Item = &'a str>) -> Result<Self, FieldErrors> {
        let wrong = |message: String| FieldErrors::one("permissions", message);
        let parse =
            |text: &str| Permission::parse(text).ok_or_else(|| wrong(format!("There is no permission {text:?}.")));
        let permissions = permissions.into_iter().map(parse).collect::<Result<Rights, _>>();
        let permissions = permissions.and_then(|all| {
            if all.is_empty() {
                return Err(wrong("Choose at least one permission.".to_owned()));
            }
            let for_admins = all.iter().find(|one| !one.may_be_given());
            for_admins.map_or(Ok(all), |one| Err(wrong(format!("\"{}\" is for admins alone.", one.label()))))
        });
        let (name, permissions) = FieldErrors::both(RoleName::parse(name), permissions)?;
        Ok(Self { name, permissions })
    }

    fn stored(&self) -> Vec<String> {
        self.permissions.iter().map(|permission| permission.to_string()).collect()
    }

    fn logged(&self) -> serde_json::Value {
        json!({ "name": self.name.as_str(), "permissions": self.stored() })
    }
}

/// Makes a role.
pub async fn create(tx: &mut OrgTx, fields: &RoleFields) -> Result<Uuid> {
    tx.require(Permission::RolesManage)?;
    needs_plan(tx)?;
    organisations::lock(tx).await?;
    grants::ask(tx.access(), Intent::Give, &fields.permissions)?;
    let there = Roles::of(tx).await?;
    if there.iter().count() >= MOST_ROLES + CustomRole::BUILT_IN.len() {
        let message = format!("There are {MOST_ROLES} custom roles already. Delete one first.");
        return Err(Error::LimitReached { code: "too_many_roles", message });
    }
    is_free(&there, fields, None)?;
    let id = Uuid::now_v7();
    let query = Query::new(CREATE).bind(id).bind(fields.name.as_str().to_owned()).bind(fields.stored());
    tx.rows(query.bind(tx.who())).await?;
    tx.record(Entry::new("role.created").on(&id, fields.name.as_str()).after(fields.logged())).await?;
    Ok(id)
}

/// Changes a role; whoever holds it feels that at once.
pub async fn change(tx: &mut OrgTx, id: Uuid, fields: &RoleFields) -> Result<()> {
    tx.require(Permission::RolesManage)?;
    needs_plan(tx)?;
    organisations::lock(tx).await?;
    let before = show(tx, id).await?;
    grants::ask(tx.access(), Intent::Touch, &before.permissions.iter().copied().collect())?;
    grants::ask(tx.access(), Intent::Give, &fields.permissions)?;
    is_free(&Roles::of(tx).await?, fields, Some(id))?;
    tx.rows(Query::new(CHANGE).bind(id).bind(fields.name.as_str().to_owned()).bind(fields.stored())).await?;
    let entry = Entry::new("role.changed").on(&id, fields.name.as_str());
    tx.record(entry.before(logged(&before)).after(fields.logged())).await?;
    tx.wake().await
}

/// Deletes a role. Its holders get the replacement in the same step, or nothing instead: to give them another one is to
/// manage members.
pub async fn delete(tx: &mut OrgTx, id: Uuid, replacement: Option<CustomRole>) -> Result<()> {
    tx.require(Permission::RolesManage)?;
    organisations::lock(tx).await?;
    let before = show(tx, id).await?;
    let own: Rights = before.permissions.iter().copied().collect();
    grants::ask(tx.access(), Intent::Touch, &own)?;
    let roles = Roles::of(tx).await?;
    let name = match replacement {
        Some(role) if role == CustomRole::Own(id) => {
            return Err(FieldErrors::one("replacement", "Choose another role than the one that goes.").into());
        }
        Some(role) => {
            let chosen =
                roles.find(role).ok_or_else(|| FieldErrors::one("replacement", "There is no such role here."))?;
            tx.require(Permission::MembersManage)?;
            grants::ask(tx.access(), Intent::Give, &chosen.permissions.iter().copied().collect())?;
            let query = Query::new(REPLACE).bind(id.to_string()).bind(role.to_string());
            tx.rows(query).await?;
            Some(chosen.name.clone())
        }
        None => None,
    };
    let instead: Vec<String> = replacement.iter().map(ToString::to_string).collect();
    tx.rows(Query::new(REPLACE_IN_INVITATIONS).bind(id.to_string()).bind(instead)).await?;
    tx.rows(Query::new(DELETE).bind(id)).await?;
    let entry = Entry::new("role.deleted").on(&id, &before.name).before(logged(&before));
    tx.record(entry.after(json!({ "replaced_by": name }))).await?;
    tx.wake().await
}

/// Gives a member exactly these custom roles.
pub async fn assign(tx: &mut OrgTx, user: &UserId, wanted: &[CustomRole]) -> Result<()> {
    tx.require(Permission::MembersManage)?;
    organisations::lock(tx).await?;
    let member = memberships::show(tx, user).await?;
    let roles = Roles::of(tx).await?;
    roles.choose(wanted)?;
    // What somebody holds since a larger plan they keep; more of it is not given.
    if wanted.iter().any(|role| matches!(role, CustomRole::Own(_)) && !member.custom_roles.contains(role)) {
        needs_plan(tx)?;
    }
    grants::ask(tx.access(), Intent::Touch, &roles.rights(member.role, &member.custom_roles))?;
    grants::ask_for(tx.access(), user, &roles.rights(member.role, wanted))?;
    give(tx, user, wanted).await?;
    let entry = Entry::new("member.custom_roles_changed").on(user, &member.name);
    let names = |held: &[CustomRole]| json!({ "custom_roles": roles.names(held) });
    tx.record(entry.before(names(&member.custom_roles)).after(names(wanted))).await?;
    tx.wake().await
}

/// The rows of a membership's custom roles become these.
pub(crate) async fn give(tx: &mut OrgTx, user: &UserId, roles: &[CustomRole]) -> Result<()> {
    let stored: Vec<String> = roles.iter().map(ToString::to_string).collect();
    tx.rows(Query::new(TAKE).bind(user.to_string()).bind(stored.clone())).await?;
    tx.rows(Query::new(GIVE).bind(user.to_string()).bind(stored)).await?;
    Ok(())
}

/// The statement by which an accepted invitation brings its roles.
pub(crate) fn giving(user: &UserId, roles: &[CustomRole]) -> Query {
    Query::new(GIVE).bind(user.to_string()).bind(roles.iter().map(ToString::to_string).collect::<Vec<_>>())
}

async fn show(tx: &mut OrgTx, id: Uuid) -> Result<Role> {
    Ok(Role::from_row(&tx.one(Query::new(SHOW).bind(id)).await?))
}

fn logged(role: &Role) -> serde_json::Value {
    let permissions: Vec<&str> = role.permissions.iter().map(|permission| permission.as_str()).collect();
    json!({ "name": role.name, "permissions": permissions })
}

fn is_free(there: &Roles, fields: &RoleFields, except: Option<Uuid>) -> Result<(), FieldErrors> {
    let name = fields.name.as_str().to_lowercase();
    let taken =
        there.iter().any(|role| role.name.to_lowercase() == name && Some(role.role) != except.map(CustomRole::Own));
    if taken { Err(FieldErrors::one("name", "There is a role of this name already.")) } else { Ok(()) }
}

pub(crate) fn needs_plan(tx: &OrgTx) -> Result<()> {
    in_plan(tx.access())
}

/// `LimitReached` where the plan has no roles of the customer's own.
pub fn in_plan(access: &Access) -> Result<()> {
    access.organisation.terms.needs(Feature::OwnRoles)
}
