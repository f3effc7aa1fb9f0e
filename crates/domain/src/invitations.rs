//! Invitations: an address, the roles it is to get, and how that ended. Written here first; a job has Clerk send the mail.
//!
//! Here is what members do with them; `acceptance` is what the invited do, `delivery` what Clerk is told.

pub mod acceptance;
pub mod delivery;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;
use tenancy::{Query, Row, Transaction, UserId, tenant_statements};
use uuid::Uuid;

use crate::audit_log::Entry;
use crate::email_address::EmailAddress;
use crate::grants::{self, Intent};
use crate::id::id_type;
use crate::roles::{self, Roles};
use crate::seats::{Seats, Wanting};
use crate::{BaseRole, CustomRole, Error, OrgTx, Permission, Result, organisations};

tenant_statements! {
    PENDING = "
        select invitation.id, invitation.address, invitation.role, invitation.extra_roles, invitation.inviter_name,
               invitation.invited_at, invitation.expires_at, invitation.sent_at, invitation.trouble,
               invitation.expires_at <= now()
          from invitations as invitation
         where invitation.organisation_id = $1 and invitation.state = 'pending'
         order by invitation.invited_at desc, invitation.address limit 500";
    SHOW = "
        select invitation.id, invitation.address, invitation.role, invitation.extra_roles, invitation.inviter_name,
               invitation.invited_at, invitation.expires_at, invitation.sent_at, invitation.trouble,
               invitation.expires_at <= now(), invitation.asked_at > now() - interval '1 minute', invitation.state
          from invitations as invitation
         where invitation.organisation_id = $1 and invitation.id = $2";
    THERE = "
        select address.text, membership.user_id, membership.role
          from memberships as membership
          join users as person on person.id = membership.user_id
          join unnest($2::text[]) as address (text)
               on address.text = any (person.addresses) or address.text = lower(person.email)
         where membership.organisation_id = $1 and membership.removed_at is null";
    PENDING_FOR = "
        select invitation.address, invitation.id, invitation.expires_at <= now()
          from invitations as invitation
         where invitation.organisation_id = $1 and invitation.state = 'pending' and invitation.address = any ($2)";
    ASKED_LATELY = "
        select count(*) from invitations as invitation
         where invitation.organisation_id = $1 and invitation.asked_at > now() - interval '1 hour'";
    EXPIRE = "
        update invitations set state = 'expired', ended_at = expires_at
         where organisation_id = $1 and state = 'pending' and address = any ($2) and expires_at <= now()";
    INVITE = "
        insert into invitations (organisation_id, id, address, role, extra_roles, invited_by, inviter_name, expires_at)
        select $1, new.id, new.address, $4, $5, $6, $7, now() + interval '30 days'
          from unnest($2::uuid[], $3::text[]) as new (id, address)";
    RESEND = "
        update invitations
           set expires_at = now() + interval '30 days', asked_at = now(), sent_at = null, trouble = null, invited_by = $3, inviter_name = $4
         where organisation_id = $1 and id = $2 and state = 'pending'";
    CHANGE = "
        update invitations
           set role = $3, extra_roles = $4, asked_at = now(), sent_at = null, trouble = null, invited_by = $5, inviter_name = $6
         where organisation_id = $1 and id = $2 and state = 'pending'";
    REVOKE = "
        update invitations set state = 'revoked', ended_at = now()
         where organisation_id = $1 and id = $2 and state = 'pending'";
    TO_ANY_OF = "
        select invitation.id, invitation.address, invitation.role, invitation.extra_roles, invitation.inviter_name,
               invitation.invited_at, invitation.expires_at, invitation.sent_at, invitation.trouble, false
          from invitations as invitation
         where invitation.organisation_id = $1 and invitation.state = 'pending' and invitation.expires_at > now()
           and invitation.address = any ($2)
         order by invitation.invited_at limit 1";
    USED = "
        update invitations set state = 'accepted', ended_at = now(), accepted_by = $3
         where organisation_id = $1 and id = $2 and state = 'pending'";
}

/// Mails an organisation can have sent within an hour. Clerk takes 250; a resent one counts twice there.
pub const MOST_AN_HOUR: i64 = 100;

id_type! {
    /// An invitation.
    InvitationId
}

/// An invitation that nobody has answered.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Who is invited, in small letters.
    pub address: String,
    /// The base role they get.
    pub role: BaseRole,
    /// The custom roles they get.
    pub custom_roles: Vec<CustomRole>,
    /// Who invited them.
    pub invited_by: String,
    /// When that was.
    pub invited_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// When the mail went out.
    pub sent_at: Option<Timestamp>,
    /// Why no mail went out.
    pub trouble: Option<String>,
    /// Whether it is too late; resending makes it good again.
    pub expired: bool,
}

impl Invitation {
    pub(crate) fn from_row(row: &Row) -> Self {
        Self {
            id: row.get::<_, Uuid>(0).into(),
            address: row.get(1),
            role: BaseRole::from_clerk(row.get(2)),
            custom_roles: row.get::<_, Vec<&str>>(3).into_iter().filter_map(CustomRole::parse).collect(),
            invited_by: row.get(4),
            invited_at: row.get(5),
            expires_at: row.get(6),
            sent_at: row.get(7),
            trouble: row.get(8),
            expired: row.get(9),
        }
    }
}

/// What is read to list them.
pub(crate) fn pending() -> Query {
    Query::new(PENDING)
}

/// What came of inviting one address.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The mail is on its way.
    Sent {
        /// The new invitation.
        id: InvitationId,
    },
    /// They are in already.
    AlreadyMember {
        /// Clerk's id of the person.
        user: String,
        /// Their base role.
        role: BaseRole,
    },
    /// There is an invitation that may still be accepted; it can be resent.
    AlreadyInvited {
        /// That invitation.
        id: InvitationId,
    },
    /// All places of the plan are taken or promised.
    NoSeat,
    /// Too many mails within an hour.
    TooMany,
}

/// Invites these addresses into these roles, each with its own outcome. Refused whole where the inviter may not give
/// the roles.
pub async fn invite(
    tx: &mut OrgTx,
    addresses: &[EmailAddress],
    role: BaseRole,
    custom_roles: &[CustomRole],
) -> Result<Vec<Outcome>> {
    tx.require(Permission::MembersInvite)?;
    organisations::lock(tx).await?;
    let given = given_roles(tx, custom_roles).await?;
    grants::ask(tx.access(), Intent::Give, &given.rights(role, custom_roles))?;
    hand_over(tx, role)?;

    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let members = by_address(&tx.rows(Query::new(THERE).bind(texts.clone())).await?, |row| Outcome::AlreadyMember {
        user: row.get(1),
        role: BaseRole::from_clerk(row.get(2)),
    });
    tx.rows(Query::new(EXPIRE).bind(texts.clone())).await?;
    let invited = by_address(&tx.rows(Query::new(PENDING_FOR).bind(texts)).await?, |row| Outcome::AlreadyInvited {
        id: row.get::<_, Uuid>(1).into(),
    });
    let mut seats = Seats::from_row(&tx.one(Seats::query()).await?);
    let mut asked: i64 = tx.one(Query::new(ASKED_LATELY)).await?.get(0);

    let (mut outcomes, mut new, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for address in addresses {
        let there = members.get(address.as_str()).or_else(|| invited.get(address.as_str()));
        outcomes.push(match there {
            Some(outcome) => outcome.clone(),
            None if !seen.insert(address) => continue,
            None if asked >= MOST_AN_HOUR => Outcome::TooMany,
            None if seats.ask(Wanting::Invitation).is_err() => Outcome::NoSeat,
            None => {
                let id = Uuid::new_v4();
                seats.pending += 1;
                asked += 1;
                new.push((id, address));
                Outcome::Sent { id: id.into() }
            }
        });
    }
    write(tx, &new, role, custom_roles, &given).await?;
    Ok(outcomes)
}

async fn write(
    tx: &mut OrgTx,
    new: &[(Uuid, &EmailAddress)],
    role: BaseRole,
    custom_roles: &[CustomRole],
    given: &Roles,
) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = new.iter().map(|(id, _)| *id).collect();
    let addresses: Vec<String> = new.iter().map(|(_, address)| address.to_string()).collect();
    let query = Query::new(INVITE).bind(ids).bind(addresses).bind(role.as_str());
    tx.rows(by(query.bind(stored(custom_roles)), tx)).await?;
    for (id, address) in new {
        deliver(tx, *id).await?;
        let after = json!({ "role": role, "custom_roles": given.names(custom_roles) });
        tx.record(Entry::new("invitation.sent").on(id, address.as_str()).after(after)).await?;
    }
    Ok(())
}

/// Sends the mail again, with a new link; the old one is dead. Makes an expired one good again.
pub async fn resend(tx: &mut OrgTx, id: InvitationId) -> Result<()> {
    let (invitation, roles) = at_hand(tx, id, "resent").await?;
    grants::ask(tx.access(), Intent::Give, &roles.rights(invitation.role, &invitation.custom_roles))?;
    if invitation.expired {
        Seats::from_row(&tx.one(Seats::query()).await?).ask(Wanting::Invitation)?;
    }
    tx.rows(by(Query::new(RESEND).bind(id.uuid()), tx)).await?;
    deliver(tx, id.uuid()).await?;
    tx.record(Entry::new("invitation.resent").on(&id, &invitation.address)).await
}

/// Changes the roles it is to give. A new link is sent, as the old one stands for the old role.
pub async fn change(tx: &mut OrgTx, id: InvitationId, role: BaseRole, custom_roles: &[CustomRole]) -> Result<()> {
    let (invitation, _) = at_hand(tx, id, "changed").await?;
    let given = given_roles(tx, custom_roles).await?;
    grants::ask(tx.access(), Intent::Touch, &given.rights(invitation.role, &invitation.custom_roles))?;
    grants::ask(tx.access(), Intent::Give, &given.rights(role, custom_roles))?;
    if invitation.role != role {
        hand_over(tx, role)?;
    }
    let query = Query::new(CHANGE).bind(id.uuid()).bind(role.as_str()).bind(stored(custom_roles));
    tx.rows(by(query, tx)).await?;
    deliver(tx, id.uuid()).await?;
    let says = |role: BaseRole, roles: &[CustomRole]| json!({ "role": role, "custom_roles": given.names(roles) });
    let entry = Entry::new("invitation.changed").on(&id, &invitation.address);
    let entry = entry.before(says(invitation.role, &invitation.custom_roles)).after(says(role, custom_roles));
    tx.record(entry).await
}

/// Whoever is invited as an admin may take the organisation over.
fn hand_over(tx: &OrgTx, role: BaseRole) -> Result<()> {
    if role == BaseRole::Admin { tx.require_in_person() } else { Ok(()) }
}

/// Takes it back; its link leads to a page that says no more than that it does not work.
pub async fn revoke(tx: &mut OrgTx, id: InvitationId) -> Result<()> {
    tx.require(Permission::MembersInvite)?;
    organisations::lock(tx).await?;
    let (invitation, _) = still_pending(tx, id).await?;
    tx.rows(Query::new(REVOKE).bind(id.uuid())).await?;
    deliver(tx, id.uuid()).await?;
    tx.record(Entry::new("invitation.revoked").on(&id, &invitation.address)).await
}

/// A pending invitation under the lock, and the roles there are. Not twice within a minute.
async fn at_hand(tx: &mut OrgTx, id: InvitationId, what: &str) -> Result<(Invitation, Roles)> {
    tx.require(Permission::MembersInvite)?;
    organisations::lock(tx).await?;
    let (invitation, just_asked) = still_pending(tx, id).await?;
    let asked: i64 = tx.one(Query::new(ASKED_LATELY)).await?.get(0);
    if just_asked || asked >= MOST_AN_HOUR {
        let message = format!("A mail went out a moment ago. It can be {what} again in a minute.");
        return Err(Error::Conflict { code: "invitations_throttled", message });
    }
    Ok((invitation, Roles::of(tx).await?))
}

/// The invitation, and whether a mail was asked for within the last minute. `Conflict` where it has ended.
async fn still_pending(tx: &mut OrgTx, id: InvitationId) -> Result<(Invitation, bool)> {
    let row = tx.one(Query::new(SHOW).bind(id.uuid())).await?;
    if row.get::<_, &str>(11) == "pending" {
        return Ok((Invitation::from_row(&row), row.get(10)));
    }
    let message = "The invitation is not pending any more: it was accepted, declined or revoked.".to_owned();
    Err(Error::Conflict { code: "invitation_not_pending", message })
}

async fn given_roles(tx: &mut OrgTx, wanted: &[CustomRole]) -> Result<Roles> {
    let roles = Roles::of(tx).await?;
    roles.choose(wanted)?;
    if wanted.iter().any(|role| matches!(role, CustomRole::Own(_))) {
        roles::needs_plan(tx)?;
    }
    Ok(roles)
}

async fn deliver(tx: &mut OrgTx, id: Uuid) -> Result<()> {
    tx.enqueue(delivery::TELL_CLERK_INVITATION, json!({ "invitation": id })).await
}

/// With the id and the name of whoever does it.
fn by(query: Query, tx: &OrgTx) -> Query {
    query.bind(tx.who()).bind(tx.access().person.name.clone())
}

fn stored(roles: &[CustomRole]) -> Vec<String> {
    roles.iter().map(ToString::to_string).collect()
}

fn by_address(rows: &[Row], outcome: impl Fn(&Row) -> Outcome) -> BTreeMap<String, Outcome> {
    rows.iter().map(|row| (row.get(0), outcome(row))).collect()
}

/// The oldest invitation that one of these addresses could accept now.
pub(crate) async fn to_any_of(tx: &mut Transaction, addresses: &[String]) -> Result<Option<Invitation>> {
    Ok(tx.query_opt(Query::new(TO_ANY_OF).bind(addresses.to_vec())).await?.as_ref().map(Invitation::from_row))
}

/// It was accepted by this person.
pub(crate) async fn used(tx: &mut Transaction, invitation: &Invitation, by: &UserId) -> Result<()> {
    tx.query(Query::new(USED).bind(invitation.id.uuid()).bind(by.to_string())).await?;
    Ok(())
}
