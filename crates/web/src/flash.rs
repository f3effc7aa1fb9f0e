//! One sentence that survives a redirect, as a word in a short-lived cookie.

use http::{HeaderMap, HeaderValue};

use crate::Config;
use crate::cookies;

const COOKIE: &str = "flash";
/// A redirect is followed at once.
const KEPT_SECONDS: u32 = 60;

/// What has just been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flash {
    OrganisationCreated,
    OrganisationOnItsWay,
    ProcedureCreated,
    ProcedureSaved,
    ProcedureTaken,
    Published(i32),
    StepAdded,
    StepSaved,
    StepRemoved,
    RunStarted,
    RunRenamed,
    RunCancelled,
    RunReopened,
    Written,
    SignedOff,
    ProcedureArchived,
    ProcedureBack,
    DutySaved,
    DutyRetired,
    RoleCreated,
    RoleSaved,
    RoleDeleted,
    SignedOut,
    JobTriedAgain,
    JobSetAside,
    Comparing,
    MemberChanged,
    MemberRemoved,
    Left,
    InvitationResent,
    InvitationChanged,
    InvitationRevoked,
    InvitationDeclined,
    Joined,
    ProfileSaved,
    ProfileOnItsWay,
    LogoSaved,
    LogoRemoved,
    SessionEnded,
    OtherSessionsEnded,
    SubscriptionStarted,
    SubscriptionChanged,
    SubscriptionKept,
    PaymentOnItsWay,
    BillingEmailSaved,
    ExportAsked,
    OrganisationKept,
    OrganisationRestored,
    AccountDeleted,
    ScheduleSaved,
    SchedulePaused,
    ScheduleResumed,
    ScheduleDeleted,
}

impl Flash {
    /// Each with its word in the cookie and its sentence.
    const ALL: [(Self, &str, &str); 52] = [
        (Self::OrganisationCreated, "organisation-created", "Your organisation is ready."),
        (
            Self::OrganisationOnItsWay,
            "organisation-on-its-way",
            "Your organisation is created and appears here in a moment.",
        ),
        (Self::ProcedureCreated, "procedure-created", "Draft saved. Add its steps next."),
        (Self::ProcedureTaken, "procedure-taken", "It is yours. Change what you do otherwise, then publish it."),
        (Self::ProcedureSaved, "procedure-saved", "Saved."),
        (Self::StepAdded, "step-added", "Step added."),
        (Self::StepSaved, "step-saved", "Step saved."),
        (Self::StepRemoved, "step-removed", "Step removed."),
        (Self::RunStarted, "run-started", "The run has started."),
        (Self::RunRenamed, "run-renamed", "The run has another name."),
        (Self::RunCancelled, "run-cancelled", "The run is cancelled. What was done in it stays."),
        (Self::RunReopened, "run-reopened", "The run goes on."),
        (Self::Written, "written", "Written down."),
        (Self::SignedOff, "signed-off", "Signed off."),
        (Self::ProcedureArchived, "procedure-archived", "The procedure is archived. Runs in progress go on."),
        (Self::ProcedureBack, "procedure-back", "The procedure is in use again."),
        (Self::DutySaved, "duty-saved", "The duty is saved."),
        (Self::DutyRetired, "duty-retired", "The duty is gone. Drafts ask whoever starts the run instead."),
        (Self::RoleCreated, "role-created", "The role is there. Give it to people on the members’ page."),
        (Self::RoleSaved, "role-saved", "Saved. Whoever holds the role has its new rights now."),
        (Self::RoleDeleted, "role-deleted", "The role is deleted."),
        (Self::SignedOut, "signed-out", "You are signed out."),
        (Self::JobTriedAgain, "job-tried-again", "The job is tried again."),
        (Self::JobSetAside, "job-set-aside", "The job is set aside and counts as done."),
        (
            Self::Comparing,
            "comparing",
            "A worker compares our directory with Clerk’s. Load this page again in a moment.",
        ),
        (Self::MemberChanged, "member-changed", "The roles are changed."),
        (Self::MemberRemoved, "member-removed", "They are out, in open pages too."),
        (Self::Left, "left", "You have left the organisation."),
        (
            Self::InvitationResent,
            "invitation-resent",
            "A new mail is on its way. The link in the old one does not work any more.",
        ),
        (Self::InvitationChanged, "invitation-changed", "The invitation is changed. A new mail with it is on its way."),
        (Self::InvitationRevoked, "invitation-revoked", "The invitation is revoked. Its link does not work any more."),
        (Self::InvitationDeclined, "invitation-declined", "You have declined the invitation."),
        (Self::Joined, "joined", "Welcome. You belong to this organisation now."),
        (Self::ProfileSaved, "profile-saved", "Profile saved."),
        (Self::ProfileOnItsWay, "profile-on-its-way", "Saved. Name and address appear here in a moment."),
        (Self::LogoSaved, "logo-saved", "The logo is saved."),
        (Self::LogoRemoved, "logo-removed", "The logo is removed."),
        (Self::SessionEnded, "session-ended", "The session is ended."),
        (Self::OtherSessionsEnded, "other-sessions-ended", "All other sessions are ended."),
        (
            Self::SubscriptionStarted,
            "subscription-started",
            "The subscription has begun. What the plan allows is yours now.",
        ),
        (Self::SubscriptionChanged, "subscription-changed", "The subscription is changed."),
        (Self::SubscriptionKept, "subscription-kept", "The subscription goes on as it is."),
        (
            Self::PaymentOnItsWay,
            "payment-on-its-way",
            "Nothing has changed yet. If you have paid, it shows here within a minute.",
        ),
        (Self::BillingEmailSaved, "billing-email-saved", "Invoices go to that address from now on."),
        (Self::ExportAsked, "export-asked", "The export is being prepared."),
        (Self::OrganisationKept, "organisation-kept", "It is kept. Everything is as it was."),
        (
            Self::OrganisationRestored,
            "organisation-restored",
            "It is back, with everything in it. Choose a plan for it here.",
        ),
        (Self::AccountDeleted, "account-deleted", "Your account is deleted, and you are signed out."),
        (Self::ScheduleSaved, "schedule-saved", "Saved. Runs start by it from now on."),
        (Self::SchedulePaused, "schedule-paused", "Paused. It starts nothing until somebody resumes it."),
        (
            Self::ScheduleResumed,
            "schedule-resumed",
            "Resumed, from the next day on. What was missed is not made up for.",
        ),
        (Self::ScheduleDeleted, "schedule-deleted", "The schedule is deleted. Runs that it started stay."),
    ];

    /// What the last answer to this browser left to say.
    pub(crate) fn of(config: &Config, headers: &HeaderMap) -> Option<Self> {
        let word = cookies::value(config, headers, COOKIE)?;
        let published = word.strip_prefix("published-").and_then(|number| number.parse().ok());
        published
            .map(Self::Published)
            .or_else(|| Self::ALL.into_iter().find(|(_, known, _)| *known == word).map(|(flash, ..)| flash))
    }

    /// The sentence.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Published(number) => format!("Version {number} is published."),
            plain => plain.row().2.to_owned(),
        }
    }

    fn word(self) -> String {
        match self {
            Self::Published(number) => format!("published-{number}"),
            plain => plain.row().1.to_owned(),
        }
    }

    fn row(self) -> (Self, &'static str, &'static str) {
        Self::ALL.into_iter().find(|(flash, ..)| *flash == self).unwrap_or((self, "", ""))
    }

    /// `Set-Cookie` to say it on the next page.
    pub(crate) fn cookie(self, config: &Config) -> HeaderValue {
        cookies::set(config, COOKIE, &self.word(), KEPT_SECONDS)
    }

    /// `Set-Cookie` once it is said.
    pub(crate) fn forget(config: &Config) -> HeaderValue {
        cookies::forget(config, COOKIE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_comes_back_as_it_went() {
        let read = |word: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(http::header::COOKIE, format!("flash={word}").parse().unwrap());
            Flash::of(&crate::config::tests::config("http://localhost:3000"), &headers)
        };
        for flash in Flash::ALL.into_iter().map(|(flash, ..)| flash).chain([Flash::Published(7)]) {
            assert_eq!(read(&flash.word()), Some(flash));
        }
        assert_eq!(read("<script>"), None);
        assert_eq!(read("published-x"), None);
    }
}
