//! The end of an organisation: closing while its plan is ended, deleted for a while in which it can be restored, and then
//! erased for good.

pub mod by_operator;
pub mod closing;
pub mod deleted;
pub mod erasure;
pub(crate) mod reminders;
pub mod rounds;

use jiff::Timestamp;
use tenancy::OrganisationId;

use crate::mails::{Link, Ways};
use crate::{Error, Result};

/// How long a deleted organisation can be restored, where nothing else is configured.
pub const RECOVERY_DAYS: u32 = 30;

/// Where a deleted organisation is seen and restored, and where its data is taken along.
fn ways(at: &OrganisationId) -> Result<Ways> {
    let page = |rest: &str| Link::parse(&format!("/deleted/{at}{rest}")).ok_or(Error::NotFound);
    Ok(Ways { restore: page("")?, export: page("/export")? })
}

/// What is owed, or given back, when a subscription ends.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FinalInvoice {
    /// As people read it; none where nothing was to be invoiced.
    pub number: Option<String>,
    /// In the currency's smallest unit; negative is credit.
    pub total: i64,
    /// What is still to be paid of it.
    pub due: i64,
    /// ISO 4217, in small letters.
    pub currency: String,
    /// Where it is shown, and paid.
    pub hosted_url: Option<String>,
    /// As a file.
    pub pdf_url: Option<String>,
}

/// Whole days from now until then, begun ones counted: 30 on the first day of thirty, 1 on the last, 0 afterwards.
pub fn days_left(until: Timestamp, now: Timestamp) -> i64 {
    (until.duration_since(now).as_secs().max(0) + 86_399) / 86_400
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_day_that_has_begun_counts() {
        let now = Timestamp::UNIX_EPOCH;
        let left = |seconds| days_left(now + SignedDuration::from_secs(seconds), now);
        assert_eq!([-5, 0, 1, 86_400, 86_401, 30 * 86_400].map(left), [0, 0, 1, 1, 2, 30]);
    }
}
