//! How far an organisation may go while money is owed. Nobody is removed and nothing is deleted for money; what is paid
//! is given back at once.

use jiff::{SignedDuration, Timestamp};

use crate::plans::Plan;
use crate::{Error, Permission, Result};

/// What an organisation may do, by what Stripe says of its subscription and for how long it has owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Everything that the plan allows.
    Full,
    /// A payment failed: still everything, until then.
    Grace {
        /// When it becomes [`Self::Restricted`].
        until: Timestamp,
    },
    /// What is there can be worked with, and nothing may grow, until then.
    Restricted {
        /// When it becomes [`Self::ReadOnly`].
        until: Timestamp,
    },
    /// Everything can be read and taken along; members, settings and billing can be put right.
    ReadOnly(Unpaid),
    /// An admin asked for the organisation's end: everything can be read, and nothing is changed but that.
    Closing,
    /// It is deleted, and not yet erased: its admins take along what there is, and nothing else is done.
    Deleted,
}

/// Why nothing may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpaid {
    /// A payment has failed for too long.
    Overdue,
    /// The subscription rests, for want of a card at the end of a trial mostly.
    Paused,
}

impl Standing {
    /// From what stands in the organisation's row, at this moment. An end that was asked for outweighs what is owed.
    pub(crate) fn of_row(
        closing: bool,
        status: Option<&str>,
        past_due_since: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        if closing { Self::Closing } else { Self::of(status, past_due_since, now) }
    }

    /// From what Stripe says of the subscription, at this moment.
    pub fn of(status: Option<&str>, past_due_since: Option<Timestamp>, now: Timestamp) -> Self {
        match (status, past_due_since) {
            (Some("paused"), _) => Self::ReadOnly(Unpaid::Paused),
            (Some("unpaid"), _) => Self::ReadOnly(Unpaid::Overdue),
            (Some("past_due"), Some(since)) => Self::owing(since, now),
            // Also every word that we do not know: a new status at Stripe locks nobody out.
            _ => Self::Full,
        }
    }

    fn owing(since: Timestamp, now: Timestamp) -> Self {
        let catalogue = Plan::catalogue();
        let after = |days: u32| since + SignedDuration::from_hours(24 * i64::from(days));
        let (grace, read_only) = (after(catalogue.grace_days), after(catalogue.read_only_after_days));
        if now < grace {
            Self::Grace { until: grace }
        } else if now < read_only {
            Self::Restricted { until: read_only }
        } else {
            Self::ReadOnly(Unpaid::Overdue)
        }
    }

    /// Whether more of anything may be had than is there.
    pub fn may_grow(self) -> bool {
        matches!(self, Self::Full | Self::Grace { .. })
    }

    /// `LimitReached` where money is in the way of what the permission is for. What puts things right, and what only
    /// reads, is never refused.
    pub fn allows(self, permission: Permission) -> Result<()> {
        let refused = match self {
            Self::Full | Self::Grace { .. } => false,
            Self::Restricted { .. } => permission == Permission::MembersInvite,
            Self::ReadOnly(_) => matches!(
                permission,
                Permission::ProceduresManage
                    | Permission::RunsWork
                    | Permission::MembersInvite
                    | Permission::RolesManage
            ),
            Self::Closing => {
                !permission.only_reads()
                    && !matches!(permission, Permission::OrganisationDelete | Permission::DataExport)
            }
            Self::Deleted => permission != Permission::DataExport,
        };
        if !refused {
            return Ok(());
        }
        if self == Self::Closing {
            let message = "This organisation is being deleted, so nothing in it is changed any more.".to_owned();
            return Err(Error::Conflict { code: "organisation_closing", message });
        }
        if self == Self::Deleted {
            let message = "This organisation is deleted. An admin can restore it.".to_owned();
            return Err(Error::Conflict { code: "organisation_deleted", message });
        }
        let (code, what) = match self {
            Self::ReadOnly(Unpaid::Paused) => (
                "organisation_read_only",
                "The subscription is paused, so this organisation can be read and not changed. Nothing is lost.",
            ),
            Self::ReadOnly(Unpaid::Overdue) => (
                "organisation_read_only",
                "A payment has been open for too long, so this organisation can be read and not changed. Nothing is lost.",
            ),
            _ => ("payment_overdue", "A payment is open, so nobody can be invited until it is paid."),
        };
        let message = format!("{what} Whoever manages billing can put that right in Settings, Billing.");
        Err(Error::LimitReached { code, message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
    }

    #[test]
    fn a_failed_payment_narrows_in_three_steps() {
        let at = |now: i64| Standing::of(Some("past_due"), Some(day(0)), day(now));
        assert_eq!(at(0), Standing::Grace { until: day(7) });
        assert_eq!(at(6), Standing::Grace { until: day(7) });
        assert_eq!(at(7), Standing::Restricted { until: day(21) });
        assert_eq!(at(20), Standing::Restricted { until: day(21) });
        assert_eq!(at(21), Standing::ReadOnly(Unpaid::Overdue));
    }

    #[test]
    fn statuses_and_what_they_let_be_done() {
        let of = |status| Standing::of(status, None, day(0));
        for full in [None, Some("active"), Some("trialing"), Some("canceled"), Some("incomplete"), Some("a new word")] {
            assert_eq!(of(full), Standing::Full, "{full:?}");
        }
        assert_eq!(of(Some("unpaid")), Standing::ReadOnly(Unpaid::Overdue));
        assert_eq!(of(Some("paused")), Standing::ReadOnly(Unpaid::Paused));
        for permission in Permission::ALL {
            assert!(Standing::Full.allows(permission).is_ok());
            assert!(Standing::Grace { until: day(1) }.allows(permission).is_ok());
        }
        let refused = |standing: Standing| {
            Permission::ALL.into_iter().filter(|permission| standing.allows(*permission).is_err()).collect::<Vec<_>>()
        };
        assert_eq!(refused(Standing::Restricted { until: day(1) }), [Permission::MembersInvite]);
        assert_eq!(
            refused(Standing::ReadOnly(Unpaid::Overdue)),
            [Permission::ProceduresManage, Permission::RunsWork, Permission::MembersInvite, Permission::RolesManage]
        );
    }
}
