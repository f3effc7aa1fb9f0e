//! The seat rule: members and pending invitations count against the plan. One function, asked under the organisation's
//! lock by everything that lets somebody in or promises to.

use tenancy::{Query, Row, tenant_statements};

use crate::entitlements::Terms;
use crate::plans::Plan;
use crate::standing::Standing;
use crate::{Error, Result};

tenant_statements! {
    COUNT = "
        select (select count(*) from memberships as member
                 where member.organisation_id = $1 and member.removed_at is null and member.waiting_since is null),
               (select count(*) from invitations as invitation
                 where invitation.organisation_id = $1 and invitation.state = 'pending' and invitation.expires_at > now()),
               organisation.plan, organisation.billing_status, organisation.past_due_since, now()
          from organisations as organisation where organisation.id = $1";
}

/// How many places are taken, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Seats {
    /// People who are in.
    pub members: i64,
    /// Invitations that may still be accepted.
    pub pending: i64,
    /// What the plan allows for both.
    pub limit: i64,
    /// The plan it is on.
    #[serde(rename = "plan", serialize_with = "by_plan")]
    pub terms: Terms,
}

/// Who wants a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanting {
    /// One more address is invited.
    Invitation,
    /// Somebody comes in by an invitation: its place is already counted, unless the plan shrank since.
    Invited,
    /// Somebody comes in by another way.
    Stranger,
}

impl Seats {
    /// What is read to know them; one row.
    pub(crate) fn query() -> Query {
        Query::new(COUNT)
    }

    pub(crate) fn from_row(row: &Row) -> Self {
        let standing = Standing::of(row.get(3), row.get(4), row.get(5));
        let terms = Terms { plan: Plan::of(row.get(2)), standing };
        Self { members: row.get(0), pending: row.get(1), limit: terms.growth().seats().into(), terms }
    }

    /// Places that are neither taken nor promised.
    pub fn free(&self) -> i64 {
        (self.limit - self.members - self.pending).max(0)
    }

    /// `LimitReached` where there is no seat for them.
    pub fn ask(&self, wanting: Wanting) -> Result<()> {
        let taken = match wanting {
            Wanting::Invited => self.members,
            Wanting::Invitation | Wanting::Stranger => self.members + self.pending,
        };
        if taken < self.limit { Ok(()) } else { Err(self.full()) }
    }

    fn full(&self) -> Error {
        let Self { members, pending, limit, terms } = self;
        let enough = |plan: Plan| i64::from(plan.seats()) > members + pending;
        let way_out = terms.way_out(enough, "Or remove somebody, or revoke an invitation.");
        Error::LimitReached {
            code: "no_seat_left",
            message: format!(
                "All {limit} places of the {} plan are taken: {members} members, {pending} pending. {way_out}",
                terms.growth().name()
            ),
        }
    }
}

fn by_plan<S: serde::Serializer>(terms: &Terms, serializer: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&terms.plan, serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Terms = Terms { plan: Plan::FREE, standing: Standing::Full };

    #[test]
    fn a_promised_seat_is_kept_for_whom_it_was_promised() {
        let seats = |members, pending| Seats { members, pending, limit: 3, terms: FREE };
        assert!(seats(1, 1).ask(Wanting::Invitation).is_ok());
        assert!(seats(1, 2).ask(Wanting::Invitation).is_err());
        assert!(seats(1, 2).ask(Wanting::Stranger).is_err());
        assert!(seats(2, 1).ask(Wanting::Invited).is_ok());
        // Invited on a larger plan than there is now.
        assert!(seats(3, 1).ask(Wanting::Invited).is_err());
        assert_eq!((seats(1, 1).free(), seats(5, 5).free()), (1, 0));
    }
}
