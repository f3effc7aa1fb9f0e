//! Who belongs to an organisation, and how that changes: here at once, at Clerk by a job.
//!
//! A change is written here first and bites with the next transaction; [`TELL_CLERK_MEMBERSHIP`] takes it to Clerk. Until
//! then Clerk's answers do not touch the row (`changed_at`).

use jiff::Timestamp;
use serde_json::json;
use tenancy::{Actor, Database, OrganisationId, Query, Row, Transaction, UserId, tenant_statements};

use crate::audit_log::{self, Author, Entry};
use crate::grants::{self, Intent};
use crate::invitations::{self, Invitation, InvitationId};
use crate::roles::{self, Roles};
use crate::seats::{Seats, Wanting};
use crate::{Access, BaseRole, CustomRole, Error, OrgTx, Permission, Read, Result, organisations};

tenant_statements! {
    LIST = "
        select membership.user_id, person.name, person.email, membership.role, membership.created_at, membership.seen_at,
               array(select held.role from membership_roles as held
                      where held.organisation_id = $1 and held.user_id = membership.user_id order by held.role),
               membership.waiting_since, membership.changed_at
          from memberships as membership join users as person on person.id = membership.user_id
         where membership.organisation_id = $1 and membership.removed_at is null
         order by membership.waiting_since is not null, lower(person.name), membership.user_id limit 1000";
    SHOW = "
        select membership.user_id, person.name, person.email, membership.role, membership.created_at, membership.seen_at,
               array(select held.role from membership_roles as held
                      where held.organisation_id = $1 and held.user_id = membership.user_id order by held.role),
               membership.waiting_since, membership.changed_at
          from memberships as membership join users as person on person.id = membership.user_id
         where membership.organisation_id = $1 and membership.user_id = $2 and membership.removed_at is null";
    OTHER_ADMINS = "
        select count(*) from memberships as membership
         where membership.organisation_id = $1 and membership.user_id <> $2 and membership.role = 'admin'
           and membership.removed_at is null and membership.waiting_since is null";
    CHANGE_ROLE = "
        update memberships set role = $3, changed_at = clock_timestamp() where organisation_id = $1 and user_id = $2";
    REMOVE = "
        update memberships set removed_at = clock_timestamp(), changed_at = clock_timestamp()
         where organisation_id = $1 and user_id = $2 and removed_at is null";
    DROP_ROLES = "delete from membership_roles where organisation_id = $1 and user_id = $2";
    WAITING = "
        select membership.user_id, membership.role, person.name, person.addresses,
               exists (select from invitations as invitation
                        where invitation.organisation_id = $1 and invitation.state = 'pending'
                          and invitation.expires_at > now() and invitation.address = any (person.addresses))
          from memberships as membership join users as person on person.id = membership.user_id
         where membership.organisation_id = $1 and membership.waiting_since is not null and membership.removed_at is null
         order by membership.created_at, membership.user_id";
    ADMIT = "
        update memberships set waiting_since = null where organisation_id = $1 and user_id = $2";
    ADMINS = "
        select count(*) from memberships as membership
         where membership.organisation_id = $1 and membership.role = 'admin' and membership.removed_at is null";
    OWNERLESS = "
        update organisations
           set ownerless_since = case when $2 then coalesce(ownerless_since, now()) end
         where id = $1 and (ownerless_since is not null) <> $2";
    IN_QUESTION = "
        select membership.role, membership.removed_at, membership.changed_at
          from memberships as membership where membership.organisation_id = $1 and membership.user_id = $2";
    TOLD = "
        update memberships set changed_at = null
         where organisation_id = $1 and user_id = $2 and changed_at = $3 and removed_at is null";
    GONE = "
        delete from memberships where organisation_id = $1 and user_id = $2 and removed_at is not null and changed_at = $3";
}

/// The job that takes a changed membership to Clerk. Payload: `{"user": "user_…"}`.
pub const TELL_CLERK_MEMBERSHIP: &str = "tell_clerk_membership";

/// A member as others in the organisation see them.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Member {
    /// Clerk's id of the person.
    pub id: String,
    /// The name others see.
    pub name: String,
    /// The primary address.
    pub email: String,
    /// The role Clerk knows.
    pub role: BaseRole,
    /// Custom roles besides.
    pub custom_roles: Vec<CustomRole>,
    /// When they came in.
    pub joined_at: Timestamp,
    /// When they were last here, to within some minutes.
    pub seen_at: Option<Timestamp>,
    /// Added at Clerk, and not in yet: there is no seat.
    pub waiting: bool,
    /// Changed here; Clerk is being told.
    pub on_its_way: bool,
}

impl Member {
    fn from_row(row: &Row) -> Self {
        Self {
            id: row.get(0),
            name: row.get(1),
            email: row.get(2),
            role: BaseRole::from_clerk(row.get(3)),
            joined_at: row.get(4),
            seen_at: row.get(5),
            custom_roles: row.get::<_, Vec<&str>>(6).into_iter().filter_map(CustomRole::parse).collect(),
            waiting: row.get::<_, Option<Timestamp>>(7).is_some(),
            on_its_way: row.get::<_, Option<Timestamp>>(8).is_some(),
        }
    }
}

/// Everything the members' page shows.
#[derive(Debug, Clone)]
pub struct People {
    /// By name; those who wait for a seat last.
    pub members: Vec<Member>,
    /// Newest first.
    pub invitations: Vec<Invitation>,
    /// What the roles are called.
    pub roles: Roles,
    /// Places taken and left.
    pub seats: Seats,
}

impl People {
    /// This member, or `NotFound`.
    pub fn member(&self, user: &UserId) -> Result<&Member> {
        self.members.iter().find(|member| member.id == user.as_str()).ok_or(Error::NotFound)
    }

    /// This pending invitation, or `NotFound`.
    pub fn invitation(&self, id: InvitationId) -> Result<&Invitation> {
        self.invitations.iter().find(|invitation| invitation.id == id).ok_or(Error::NotFound)
    }

    /// Whether nobody else is an admin.
    pub fn is_last_admin(&self, member: &Member) -> bool {
        let others = self.members.iter().filter(|other| other.id != member.id && !other.waiting);
        member.role == BaseRole::Admin && others.into_iter().all(|other| other.role != BaseRole::Admin)
    }

    /// The grant rule as a page asks it: whether the person may change or remove whoever has these roles.
    pub fn may_touch(&self, access: &Access, role: BaseRole, custom_roles: &[CustomRole]) -> bool {
        grants::ask(access, Intent::Touch, &self.roles.rights(role, custom_roles)).is_ok()
    }

    /// The same for giving them.
    pub fn may_give(&self, access: &Access, role: BaseRole, custom_roles: &[CustomRole]) -> bool {
        grants::ask(access, Intent::Give, &self.roles.rights(role, custom_roles)).is_ok()
    }
}

/// Members, pending invitations, roles and seats, in one read.
pub fn people() -> Read<People> {
    let queries = [Query::new(LIST), invitations::pending(), Roles::query(), Seats::query()];
    Read::new(Permission::MembersRead, queries, |[members, invitations, roles, seats]| {
        Ok(People {
            members: members.iter().map(Member::from_row).collect(),
            invitations: invitations.iter().map(Invitation::from_row).collect(),
            roles: Roles::from_rows(&roles),
            seats: Seats::from_row(seats.first().ok_or(Error::NotFound)?),
        })
    })
}

/// One member, read where a transaction is open already. `NotFound` where they are none.
pub async fn show(tx: &mut OrgTx, user: &UserId) -> Result<Member> {
    Ok(Member::from_row(&tx.one(Query::new(SHOW).bind(user.to_string())).await?))
}

/// The last-admin rule: `Conflict` where nobody else is an admin. Asked, under the organisation's lock, by everything
/// that takes the role of admin from somebody.
pub(crate) async fn keep_an_admin(tx: &mut OrgTx, without: &UserId) -> Result<()> {
    let others: i64 = tx.one(Query::new(OTHER_ADMINS).bind(without.to_string())).await?.get(0);
    if others > 0 {
        return Ok(());
    }
    let message = "This is the last admin. Make somebody else an admin first, or delete the organisation.".to_owned();
    Err(Error::Conflict { code: "last_admin", message })
}

/// Changes a member's base role.
pub async fn change_role(tx: &mut OrgTx, user: &UserId, role: BaseRole) -> Result<()> {
    tx.require(Permission::MembersManage)?;
    organisations::lock(tx).await?;
    let member = show(tx, user).await?;
    if member.role == role {
        return Ok(());
    }
    let roles = Roles::of(tx).await?;
    grants::ask(tx.access(), Intent::Touch, &roles.rights(member.role, &member.custom_roles))?;
    grants::ask_for(tx.access(), user, &roles.rights(role, &member.custom_roles))?;
    match role {
        // Whoever is an admin may take the organisation over.
        BaseRole::Admin => tx.require_in_person()?,
        BaseRole::Member => keep_an_admin(tx, user).await?,
    }
    tx.rows(Query::new(CHANGE_ROLE).bind(user.to_string()).bind(role.as_str())).await?;
    tell_clerk(tx, user).await?;
    let entry = Entry::new("member.role_changed").on(user, &member.name);
    tx.record(entry.before(json!({ "role": member.role })).after(json!({ "role": role }))).await?;
    tx.wake().await
}

/// Removes a member: they are out with this transaction, on every surface.
pub async fn remove(tx: &mut OrgTx, user: &UserId) -> Result<()> {
    tx.require(Permission::MembersManage)?;
    organisations::lock(tx).await?;
    let member = show(tx, user).await?;
    let roles = Roles::of(tx).await?;
    grants::ask(tx.access(), Intent::Touch, &roles.rights(member.role, &member.custom_roles))?;
    take_out(tx, user, &member, "member.removed").await
}

/// Leaves. Nobody needs a permission for it; the last admin cannot.
pub async fn leave(tx: &mut OrgTx) -> Result<()> {
    organisations::lock(tx).await?;
    let user = tx.access().person.id.clone();
    let member = show(tx, &user).await?;
    take_out(tx, &user, &member, "member.left").await
}

async fn take_out(tx: &mut OrgTx, user: &UserId, member: &Member, action: &str) -> Result<()> {
    if member.role == BaseRole::Admin {
        keep_an_admin(tx, user).await?;
    }
    // While they may still: whoever leaves is nobody after the next statement.
    tell_clerk(tx, user).await?;
    let roles = Roles::of(tx).await?;
    let entry = Entry::new(action).on(user, &member.name);
    let before = json!({ "role": member.role, "custom_roles": roles.names(&member.custom_roles) });
    tx.record(entry.before(before)).await?;
    tx.rows(Query::new(REMOVE).bind(user.to_string())).await?;
    tx.wake().await
}

async fn tell_clerk(tx: &mut OrgTx, user: &UserId) -> Result<()> {
    tx.enqueue(TELL_CLERK_MEMBERSHIP, json!({ "user": user.as_str() })).await
}

/// What Clerk is to be told about a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untold {
    /// The role there is to be; none where there is to be no membership.
    pub role: Option<BaseRole>,
    /// Which change this is.
    changed_at: Timestamp,
}

/// The change that Clerk has not been told, if there is one.
pub async fn untold(database: &Database, organisation: &OrganisationId, user: &UserId) -> Result<Option<Untold>> {
    let door = database.in_organisation(organisation.clone(), Actor::Job(TELL_CLERK_MEMBERSHIP));
    let rows = door.read(&[Query::new(IN_QUESTION).bind(user.to_string())]).await?;
    let Some(row) = rows[0].first() else { return Ok(None) };
    let removed = row.get::<_, Option<Timestamp>>(1).is_some();
    let role = (!removed).then(|| BaseRole::from_clerk(row.get(0)));
    Ok(row.get::<_, Option<Timestamp>>(2).map(|changed_at| Untold { role, changed_at }))
}

/// Clerk has been told: from now on its answers count again. A later change stays untold.
pub async fn told(database: &Database, organisation: &OrganisationId, user: &UserId, untold: Untold) -> Result<()> {
    let door = database.in_organisation(organisation.clone(), Actor::Job(TELL_CLERK_MEMBERSHIP));
    let (mut tx, _) = door.write(&[organisations::locking()]).await?;
    match untold.role {
        Some(_) => tx.query(Query::new(TOLD).bind(user.to_string()).bind(untold.changed_at)).await?,
        None => {
            tx.query(Query::new(DROP_ROLES).bind(user.to_string())).await?;
            tx.query(Query::new(GONE).bind(user.to_string()).bind(untold.changed_at)).await?
        }
    };
    Ok(tx.commit().await?)
}

/// Lets in whom Clerk has added, the longest waiting first, while there are seats: with the roles of the invitation that
/// they came by. Says whether nobody is an admin any more, which at Clerk can happen.
pub async fn settle(database: &Database, organisation: &OrganisationId) -> Result<()> {
    let door = database.in_organisation(organisation.clone(), Actor::Job("settle_memberships"));
    let (mut tx, _) = door.write(&[organisations::locking()]).await?;
    let mut seats = seats_in(&mut tx).await?;
    for row in tx.query(Query::new(WAITING)).await? {
        let user = UserId::parse(row.get(0)).map_err(|_| Error::NotFound)?;
        let (role, name, addresses): (&str, &str, Vec<String>) = (row.get(1), row.get(2), row.get(3));
        let wanting = |invited| if invited { Wanting::Invited } else { Wanting::Stranger };
        // Many may wait: whoever cannot come in costs nothing more than this.
        if seats.ask(wanting(row.get(4))).is_err() {
            continue;
        }
        let invitation = invitations::to_any_of(&mut tx, &addresses).await?;
        if seats.ask(wanting(invitation.is_some())).is_err() {
            continue;
        }
        admit(&mut tx, &user, name, role, invitation.as_ref()).await?;
        seats = seats_in(&mut tx).await?;
    }
    let admins: i64 = tx.query(Query::new(ADMINS)).await?.first().map_or(0, |row| row.get(0));
    let changed = tx.query(Query::new(OWNERLESS).bind(admins == 0)).await;
    changed?;
    tx.wake().await?;
    Ok(tx.commit().await?)
}

async fn seats_in(tx: &mut Transaction) -> Result<Seats> {
    tx.query_opt(Seats::query()).await?.as_ref().map(Seats::from_row).ok_or(Error::NotFound)
}

async fn admit(
    tx: &mut Transaction,
    user: &UserId,
    name: &str,
    role: &str,
    invitation: Option<&Invitation>,
) -> Result<()> {
    tx.query(Query::new(ADMIT).bind(user.to_string())).await?;
    let mut after = json!({ "role": role });
    if let Some(invitation) = invitation {
        invitations::used(tx, invitation, user).await?;
        tx.query(roles::giving(user, &invitation.custom_roles)).await?;
        after["invitation"] = invitation.id.to_string().into();
        after["custom_roles"] = json!(invitation.custom_roles);
    }
    let entry = Entry::new("member.joined").on(user, name).after(after);
    audit_log::write(tx, &Author::clerk(), "done", entry).await
}
