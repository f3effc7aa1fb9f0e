//! What the invited do: look at an invitation, accept or decline it. Accepting inserts a membership and nothing else.

use serde_json::json;
use tenancy::{Actor, Database, OrgScope, OrganisationId, Query, Row, Transaction, UserId, tenant_statements};
use uuid::Uuid;

use super::InvitationId;
use super::delivery::TELL_CLERK_INVITATION;
use crate::audit_log::{self, Author, Entry, Origin};
use crate::memberships::TELL_CLERK_MEMBERSHIP;
use crate::roles::{self, Roles};
use crate::seats::{Seats, Wanting};
use crate::{BaseRole, CustomRole, Error, Result, jobs, organisations};

tenant_statements! {
    LOOK = "
        select invitation.state, invitation.expires_at <= now(), invitation.address, invitation.role,
               invitation.extra_roles, invitation.invited_by, invitation.inviter_name, organisation.name, organisation.slug,
               organisation.deleted_at is not null,
               invitation.address in (select tenancy.addresses_of($3)),
               (select membership.role from memberships as membership
                 where membership.organisation_id = $1 and membership.user_id = $3 and membership.removed_at is null),
               exists (select from memberships as membership
                        where membership.organisation_id = $1 and membership.user_id = $3 and membership.removed_at is not null),
               invitation.accepted_by = $3, person.name, person.email
          from invitations as invitation
          join organisations as organisation on organisation.id = invitation.organisation_id
          left join users as person on person.id = $3
         where invitation.organisation_id = $1 and invitation.id = $2";
    /// Whether the inviter still holds everything that the invitation gives.
    MAY_STILL_GIVE = "
        select coalesce(bool_and(tenancy.holds($1, $2, given.permission)), true) from unnest($3::text[]) as given (permission)";
    ACCEPT = "
        update invitations set state = 'accepted', ended_at = now(), accepted_by = $3
         where organisation_id = $1 and id = $2 and state = 'pending' and expires_at > now()
        returning id";
    DECLINE = "
        update invitations set state = 'declined', ended_at = now()
         where organisation_id = $1 and id = $2 and state = 'pending' and address in (select tenancy.addresses_of($3))
        returning id";
    JOIN = "
        insert into memberships (organisation_id, user_id, role, changed_at) values ($1, $2, $3, clock_timestamp())";
}

/// Where an invitation stands, for whoever follows its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It can be accepted.
    Pending,
    /// It was accepted.
    Accepted,
    /// Whoever was invited said no.
    Declined,
    /// It was taken back, or whoever invited may not give it any more.
    Revoked,
    /// It was not answered in time.
    Expired,
    /// The organisation is gone, or about to go.
    OrganisationDeleted,
}

/// An invitation as its link shows it.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Where it stands.
    pub standing: Standing,
    /// Who is invited.
    pub address: String,
    /// The base role.
    pub role: BaseRole,
    /// Names of the custom roles.
    pub custom_roles: Vec<String>,
    /// Who invites.
    pub invited_by: String,
    /// The organisation's name.
    pub organisation: String,
    /// Its address.
    pub slug: String,
    /// Whether the address is one of the person's who looks.
    pub is_mine: bool,
    /// The role that the person who looks has there already.
    pub already: Option<BaseRole>,
}

/// Everything about an invitation that a decision needs.
struct Case {
    offer: Offer,
    roles: Vec<CustomRole>,
    invited_by: String,
    leaving: bool,
    mine_already: bool,
    person: (String, String),
}

impl Case {
    fn from_rows(rows: &[Row], roles: &[Row]) -> Result<Self> {
        let row = rows.first().ok_or(Error::NotFound)?;
        let stored: Vec<CustomRole> = row.get::<_, Vec<&str>>(4).into_iter().filter_map(CustomRole::parse).collect();
        let standing = match (row.get::<_, &str>(0), row.get::<_, bool>(1)) {
            _ if row.get(9) => Standing::OrganisationDeleted,
            ("pending", true) | ("expired", _) => Standing::Expired,
            ("pending", false) => Standing::Pending,
            ("accepted", _) => Standing::Accepted,
            ("declined", _) => Standing::Declined,
            _ => Standing::Revoked,
        };
        let offer = Offer {
            standing,
            address: row.get(2),
            role: BaseRole::from_clerk(row.get(3)),
            custom_roles: Roles::from_rows(roles).names(&stored),
            invited_by: row.get(6),
            organisation: row.get(7),
            slug: row.get(8),
            is_mine: row.get::<_, Option<bool>>(10).unwrap_or(false),
            already: row.get::<_, Option<&str>>(11).map(BaseRole::from_clerk),
        };
        let (invited_by, leaving) = (row.get(5), row.get(12));
        let mine_already = row.get::<_, Option<bool>>(13).unwrap_or(false);
        let person = (row.get::<_, Option<String>>(14), row.get::<_, Option<String>>(15));
        let person = (person.0.unwrap_or_default(), person.1.unwrap_or_default());
        Ok(Self { offer, roles: stored, invited_by, leaving, mine_already, person })
    }
}

/// What an invitation's link leads to. `NotFound` where there is none.
pub async fn look(database: &Database, at: &OrganisationId, id: InvitationId, who: Option<&UserId>) -> Result<Offer> {
    // Whose addresses these are, only the person themselves can see who does not belong there.
    let actor = who.map_or(Actor::Job("invitation_link"), |user| Actor::Member(user.clone()));
    let door = database.in_organisation(at.clone(), actor);
    let rows = door.read(&[looking(id, who), Roles::query()]).await?;
    Ok(Case::from_rows(&rows[0], &rows[1])?.offer)
}

fn looking(id: InvitationId, who: Option<&UserId>) -> Query {
    Query::new(LOOK).bind(id.uuid()).bind(who.map(ToString::to_string).unwrap_or_default())
}

/// Comes in. Gives the organisation's address; accepting twice is harmless.
///
/// `NotFound` where the invitation is to nobody's address of theirs; `Conflict` where it cannot be accepted (any more).
pub async fn accept(
    database: &Database,
    at: &OrganisationId,
    id: InvitationId,
    user: &UserId,
    origin: &Origin,
) -> Result<String> {
    let door = database.in_organisation(at.clone(), Actor::Member(user.clone()));
    let mut tx = locked(&door, id, user).await?;
    let roles = tx.query(Roles::query()).await?;
    let case = Case::from_rows(&tx.query(looking(id, Some(user))).await?, &roles)?;
    if case.mine_already && case.offer.already.is_some() {
        return Ok(case.offer.slug);
    }
    decide(&case)?;
    let known = Roles::from_rows(&roles);
    let given: Vec<String> = known.rights(case.offer.role, &case.roles).iter().map(|right| right.to_string()).collect();
    let may = tx.query(Query::new(MAY_STILL_GIVE).bind(case.invited_by.clone()).bind(given)).await?;
    if !may.first().is_some_and(|row| row.get(0)) {
        return Err(withdrawn());
    }
    let seats = tx.query(Seats::query()).await?;
    Seats::from_row(seats.first().ok_or(Error::NotFound)?).ask(Wanting::Invited)?;

    let who = user.to_string();
    let accepted = tx.query(Query::new(ACCEPT).bind(id.uuid()).bind(who.clone())).await?;
    accepted.first().ok_or_else(withdrawn)?;
    tx.query(Query::new(JOIN).bind(who).bind(case.offer.role.as_str())).await?;
    tx.query(roles::giving(user, &case.roles)).await?;
    jobs::enqueue(&mut tx, TELL_CLERK_MEMBERSHIP, json!({ "user": user.as_str() })).await?;
    jobs::enqueue(&mut tx, TELL_CLERK_INVITATION, json!({ "invitation": id })).await?;
    let after = json!({ "role": case.offer.role, "custom_roles": case.offer.custom_roles, "invitation": id });
    let entry = Entry::new("member.joined").on(user, &case.person.0).after(after);
    audit_log::write(&mut tx, &invited(user, &case, origin), "done", entry).await?;
    tx.wake().await?;
    tx.commit().await?;
    Ok(case.offer.slug)
}

/// Says no. Harmless where it is over already.
pub async fn decline(
    database: &Database,
    at: &OrganisationId,
    id: InvitationId,
    user: &UserId,
    origin: &Origin,
) -> Result<()> {
    let door = database.in_organisation(at.clone(), Actor::Member(user.clone()));
    let mut tx = locked(&door, id, user).await?;
    let roles = tx.query(Roles::query()).await?;
    let case = Case::from_rows(&tx.query(looking(id, Some(user))).await?, &roles)?;
    if !case.offer.is_mine {
        return Err(Error::NotFound);
    }
    let declined = tx.query(Query::new(DECLINE).bind(id.uuid()).bind(user.to_string())).await?;
    if !declined.is_empty() {
        jobs::enqueue(&mut tx, TELL_CLERK_INVITATION, json!({ "invitation": id })).await?;
        let entry = Entry::new("invitation.declined").on(&id, &case.offer.address);
        audit_log::write(&mut tx, &invited(user, &case, origin), "done", entry).await?;
    }
    Ok(tx.commit().await?)
}

/// The organisation's lock, where there is such an invitation: what is not there is locked by nobody.
async fn locked(door: &OrgScope, id: InvitationId, user: &UserId) -> Result<Transaction> {
    let rows = door.read(&[looking(id, Some(user))]).await?;
    rows[0].first().ok_or(Error::NotFound)?;
    Ok(door.write(&[organisations::locking()]).await?.0)
}

fn decide(case: &Case) -> Result<()> {
    let conflict = |code, message: String| Err(Error::Conflict { code, message });
    let Offer { organisation, standing, is_mine, already, .. } = &case.offer;
    // To whom it is not addressed, it is not there.
    if !is_mine {
        return Err(Error::NotFound);
    }
    if let Some(role) = already {
        let message = format!("You belong to {organisation} already, as {}. Nothing was changed.", role.as_str());
        return conflict("already_a_member", message);
    }
    match standing {
        Standing::Pending if case.leaving => {
            conflict("still_leaving", format!("You are just being taken out of {organisation}. Try again in a moment."))
        }
        Standing::Pending => Ok(()),
        Standing::Accepted => conflict("invitation_used", "This invitation has been accepted already.".to_owned()),
        Standing::Declined => {
            conflict("invitation_declined", "You declined this invitation. Ask for a new one.".to_owned())
        }
        Standing::Expired => {
            conflict("invitation_expired", format!("This invitation has expired. Ask {organisation} to send it again."))
        }
        Standing::Revoked => Err(withdrawn()),
        Standing::OrganisationDeleted => {
            conflict("organisation_deleted", "The organisation was deleted after you were invited.".to_owned())
        }
    }
}

fn withdrawn() -> Error {
    let message = "This invitation was taken back. Ask whoever invited you for a new one.".to_owned();
    Error::Conflict { code: "invitation_revoked", message }
}

fn invited(user: &UserId, case: &Case, origin: &Origin) -> Author {
    let (name, role) = (case.person.0.clone(), String::new());
    Author { kind: "invited".into(), id: user.to_string(), name, role, origin: origin.clone() }
}

/// An invitation in the person's own list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MyInvitation {
    /// Its id.
    pub id: Uuid,
    /// Clerk's id of the organisation.
    pub organisation: String,
    /// The organisation's name.
    pub name: String,
    /// The base role it gives.
    pub role: BaseRole,
    /// Who invites.
    pub invited_by: String,
}
