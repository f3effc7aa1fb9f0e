//! Everything that changes who belongs to an organisation and what they may do, by every way there is.

use std::collections::BTreeMap;

use domain::audit_log::Origin;
use domain::email_address::EmailAddress;
use domain::invitations::{self, InvitationId, Outcome, acceptance};
use domain::roles::{self, RoleFields};
use domain::{BaseRole, CustomRole, Error, Permission, Plan, memberships, plans};
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};
use testkit::{World, user};
use uuid::Uuid;

use super::PEOPLE;
use super::snapshot::Snapshot;

type Person = &'static str;

#[derive(Debug, Clone)]
pub(super) enum Step {
    Invite(Person, BaseRole, Vec<CustomRole>),
    Resend(Uuid),
    ChangeInvitation(Uuid, BaseRole, Vec<CustomRole>),
    Revoke(Uuid),
    Accept(Uuid),
    Decline(Uuid),
    ChangeRole(Person, BaseRole),
    Assign(Person, Vec<CustomRole>),
    Remove(Person),
    Leave,
    CreateRole(Vec<Permission>),
    ChangeOwnRole(Uuid, Vec<Permission>),
    DeleteRole(Uuid, Option<CustomRole>),
    /// What Clerk says of somebody.
    Clerk(Person, Option<BaseRole>),
    Plan(Plan),
}

/// Each of these succeeds in a walk.
pub(super) const NAMES: &[&str] = &[
    "invite",
    "resend",
    "change invitation",
    "revoke",
    "accept",
    "decline",
    "change role",
    "assign",
    "remove",
    "leave",
    "create role",
    "change own role",
    "delete role",
];
/// And each of these is refused.
pub(super) const REFUSABLE: &[&str] = &[
    "invite",
    "resend",
    "accept",
    "change role",
    "assign",
    "remove",
    "leave",
    "create role",
    "change own role",
    "delete role",
];

impl Step {
    pub(super) fn random(random: &mut StdRng, at: &Snapshot) -> Self {
        let person = *PEOPLE.choose(random).unwrap();
        let base = if random.random_ratio(1, 5) { BaseRole::Admin } else { BaseRole::Member };
        // In an order that a seed gives again: their ids are new each time.
        let pending: BTreeMap<&str, Uuid> = at.invitations.iter().map(|(id, it)| (it.invited.as_str(), *id)).collect();
        let invitation = pending.values().copied().choose(random);
        let own = at.own.keys().copied().choose(random);
        let roles = custom_roles(random, at);
        // What there is none of yet is made.
        let invite = Self::Invite(person, base, roles.clone());
        let create = Self::CreateRole(permissions(random));
        match random.random_range(0..34) {
            0..=3 => invite,
            4 | 5 => invitation.map_or(invite, Self::Resend),
            6 | 7 => invitation.map_or(invite, |id| Self::ChangeInvitation(id, base, roles)),
            8 => invitation.map_or(invite, Self::Revoke),
            9..=13 => invitation.map_or(invite, Self::Accept),
            14 => invitation.map_or(invite, Self::Decline),
            15..=18 => Self::ChangeRole(person, base),
            19..=22 => Self::Assign(person, roles),
            23 | 24 => Self::Remove(person),
            25 => Self::Leave,
            26 | 27 => create,
            28 | 29 => own.map_or(create, |id| Self::ChangeOwnRole(id, permissions(random))),
            30 | 31 => own.map_or(create, |id| Self::DeleteRole(id, roles.first().copied())),
            32 => Self::Clerk(person, random.random_ratio(2, 3).then_some(base)),
            _ => Self::Plan(
                *[Plan::FREE, Plan::parse("business").unwrap(), Plan::parse("business").unwrap()]
                    .choose(random)
                    .unwrap(),
            ),
        }
    }

    /// Mostly somebody who can: an admin, whoever was invited, or a member who holds what it takes and little else.
    pub(super) fn actor(&self, random: &mut StdRng, at: &Snapshot) -> Person {
        let is_admin = |name: &str| at.members.get(name).is_some_and(|member| member.role == BaseRole::Admin);
        let which = random.random_range(0..5);
        let can = |name: &&&str| match (self, which) {
            (_, 4) => true,
            (Self::Accept(id) | Self::Decline(id), _) => at.invitations[id].invited == ***name,
            (_, 0 | 1) => {
                self.permission().is_some_and(|needed| at.rights_of(name).contains(&needed)) && !is_admin(name)
            }
            _ => is_admin(name),
        };
        PEOPLE.iter().filter(can).choose(random).unwrap_or_else(|| PEOPLE.choose(random).unwrap())
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Invite(..) => "invite",
            Self::Resend(_) => "resend",
            Self::ChangeInvitation(..) => "change invitation",
            Self::Revoke(_) => "revoke",
            Self::Accept(_) => "accept",
            Self::Decline(_) => "decline",
            Self::ChangeRole(..) => "change role",
            Self::Assign(..) => "assign",
            Self::Remove(_) => "remove",
            Self::Leave => "leave",
            Self::CreateRole(_) => "create role",
            Self::ChangeOwnRole(..) => "change own role",
            Self::DeleteRole(..) => "delete role",
            Self::Clerk(..) => "clerk",
            Self::Plan(_) => "plan",
        }
    }

    /// What nobody can do it without.
    pub(super) fn permission(&self) -> Option<Permission> {
        match self {
            Self::Invite(..) | Self::Resend(_) | Self::ChangeInvitation(..) | Self::Revoke(_) => {
                Some(Permission::MembersInvite)
            }
            Self::ChangeRole(..) | Self::Assign(..) | Self::Remove(_) => Some(Permission::MembersManage),
            Self::CreateRole(_) | Self::ChangeOwnRole(..) | Self::DeleteRole(..) => Some(Permission::RolesManage),
            Self::Accept(_) | Self::Decline(_) | Self::Leave | Self::Clerk(..) | Self::Plan(_) => None,
        }
    }
}

/// None, one or two; now and then one that is nobody's.
fn custom_roles(random: &mut StdRng, at: &Snapshot) -> Vec<CustomRole> {
    let own = at.own.keys().map(|id| CustomRole::Own(*id));
    let unknown = random.random_ratio(1, 20).then(|| CustomRole::Own(Uuid::max()));
    let count = random.random_range(0..3);
    CustomRole::BUILT_IN.into_iter().chain(own).chain(unknown).choose_multiple(random, count)
}

/// Mostly with one that lets somebody manage others, so that there are many who may do something and not everything.
fn permissions(random: &mut StdRng) -> Vec<Permission> {
    const MANAGING: [Permission; 3] = [Permission::RolesManage, Permission::MembersManage, Permission::MembersInvite];
    let count = random.random_range(1..4);
    let managing = random.random_ratio(2, 3).then(|| *MANAGING.choose(random).unwrap());
    Permission::ALL
        .into_iter()
        .filter(|one| one.may_be_given())
        .choose_multiple(random, count)
        .into_iter()
        .chain(managing)
        .collect()
}

fn fields(permissions: &[Permission]) -> RoleFields {
    // Names are in nobody's way here.
    let name = Uuid::new_v4().simple().to_string();
    RoleFields::parse(&name, permissions.iter().map(|permission| permission.as_str())).unwrap()
}

/// Does it as this person, who may be nobody here.
pub(super) async fn do_step(world: &World, actor: Person, step: &Step) -> Result<(), Error> {
    match step {
        Step::Clerk(person, role) => {
            let memberships: Vec<_> = role.iter().map(|role| (&world.acme, *role)).collect();
            world.record(person, &memberships).await;
            return Ok(());
        }
        Step::Plan(plan) => return plans::change(&world.app, &world.acme.id, *plan).await,
        Step::Accept(id) => {
            let id = InvitationId::from(*id);
            return acceptance::accept(&world.app, &world.acme.id, id, &user(actor), &Origin::default())
                .await
                .map(drop);
        }
        Step::Decline(id) => {
            let id = InvitationId::from(*id);
            return acceptance::decline(&world.app, &world.acme.id, id, &user(actor), &Origin::default()).await;
        }
        _ => {}
    }
    let mut tx = world.org(actor, &world.acme).write().await?;
    match step {
        Step::Invite(person, role, roles) => {
            let address = EmailAddress::parse(&format!("{person}@example.test")).unwrap();
            let outcomes = invitations::invite(&mut tx, &[address], *role, roles).await?;
            if !matches!(outcomes[..], [Outcome::Sent { .. }]) {
                let message = format!("{outcomes:?}");
                return Err(Error::Conflict { code: "not_sent", message });
            }
        }
        Step::Resend(id) => invitations::resend(&mut tx, InvitationId::from(*id)).await?,
        Step::ChangeInvitation(id, role, roles) => {
            invitations::change(&mut tx, InvitationId::from(*id), *role, roles).await?;
        }
        Step::Revoke(id) => invitations::revoke(&mut tx, InvitationId::from(*id)).await?,
        Step::ChangeRole(person, role) => memberships::change_role(&mut tx, &user(person), *role).await?,
        Step::Assign(person, wanted) => roles::assign(&mut tx, &user(person), wanted).await?,
        Step::Remove(person) => memberships::remove(&mut tx, &user(person)).await?,
        Step::Leave => memberships::leave(&mut tx).await?,
        Step::CreateRole(all) => roles::create(&mut tx, &fields(all)).await.map(drop)?,
        Step::ChangeOwnRole(id, all) => roles::change(&mut tx, *id, &fields(all)).await?,
        Step::DeleteRole(id, instead) => roles::delete(&mut tx, *id, *instead).await?,
        Step::Accept(_) | Step::Decline(_) | Step::Clerk(..) | Step::Plan(_) => unreachable!("done above"),
    }
    tx.commit().await
}

/// What a worker does with every change: Clerk knows, and whoever was removed can be invited again.
pub(super) async fn tell_clerk(world: &World) {
    for person in PEOPLE {
        if let Some(untold) = memberships::untold(&world.app, &world.acme.id, &user(person)).await.unwrap() {
            memberships::told(&world.app, &world.acme.id, &user(person), untold).await.unwrap();
        }
    }
}
