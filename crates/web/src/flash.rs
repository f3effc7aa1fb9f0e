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
    Published(i32),
    StepAdded,
    StepSaved,
    StepRemoved,
    RunStarted,
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
}

impl Flash {
    const PLAIN: [Self; 38] = [
        Self::OrganisationCreated,
        Self::OrganisationOnItsWay,
        Self::ProcedureCreated,
        Self::ProcedureSaved,
        Self::StepAdded,
        Self::StepSaved,
        Self::StepRemoved,
        Self::RunStarted,
        Self::RoleCreated,
        Self::RoleSaved,
        Self::RoleDeleted,
        Self::SignedOut,
        Self::JobTriedAgain,
        Self::JobSetAside,
        Self::Comparing,
        Self::MemberChanged,
        Self::MemberRemoved,
        Self::Left,
        Self::InvitationResent,
        Self::InvitationChanged,
        Self::InvitationRevoked,
        Self::InvitationDeclined,
        Self::Joined,
        Self::ProfileSaved,
        Self::ProfileOnItsWay,
        Self::LogoSaved,
        Self::LogoRemoved,
        Self::SessionEnded,
        Self::OtherSessionsEnded,
        Self::SubscriptionStarted,
        Self::SubscriptionChanged,
        Self::SubscriptionKept,
        Self::PaymentOnItsWay,
        Self::BillingEmailSaved,
        Self::ExportAsked,
        Self::OrganisationKept,
        Self::OrganisationRestored,
        Self::AccountDeleted,
    ];

    /// What the last answer to this browser left to say.
    pub(crate) fn of(config: &Config, headers: &HeaderMap) -> Option<Self> {
        let word = cookies::value(config, headers, COOKIE)?;
        let published = word.strip_prefix("published-").and_then(|number| number.parse().ok());
        published.map(Self::Published).or_else(|| Self::PLAIN.into_iter().find(|flash| flash.word() == word))
    }

    /// The sentence.
    pub(crate) fn text(self) -> String {
        match self {
            Self::OrganisationCreated => "Your organisation is ready.".to_owned(),
            Self::OrganisationOnItsWay => "Your organisation is created and appears here in a moment.".to_owned(),
            Self::ProcedureCreated => "Draft saved. Add its steps next.".to_owned(),
            Self::ProcedureSaved => "Saved.".to_owned(),
            Self::Published(number) => format!("Version {number} is published."),
            Self::StepAdded => "Step added.".to_owned(),
            Self::StepSaved => "Step saved.".to_owned(),
            Self::StepRemoved => "Step removed.".to_owned(),
            Self::RunStarted => "The run has started.".to_owned(),
            Self::RoleCreated => "The role is there. Give it to people on the members’ page.".to_owned(),
            Self::RoleSaved => "Saved. Whoever holds the role has its new rights now.".to_owned(),
            Self::RoleDeleted => "The role is deleted.".to_owned(),
            Self::SignedOut => "You are signed out.".to_owned(),
            Self::JobTriedAgain => "The job is tried again.".to_owned(),
            Self::JobSetAside => "The job is set aside and counts as done.".to_owned(),
            Self::ExportAsked => "The export is being prepared.".to_owned(),
            Self::MemberChanged => "The roles are changed.".to_owned(),
            Self::MemberRemoved => "They are out, in open pages too.".to_owned(),
            Self::Left => "You have left the organisation.".to_owned(),
            Self::InvitationResent => {
                "A new mail is on its way. The link in the old one does not work any more.".to_owned()
            }
            Self::InvitationChanged => "The invitation is changed. A new mail with it is on its way.".to_owned(),
            Self::InvitationRevoked => "The invitation is revoked. Its link does not work any more.".to_owned(),
            Self::InvitationDeclined => "You have declined the invitation.".to_owned(),
            Self::Joined => "Welcome. You belong to this organisation now.".to_owned(),
            Self::Comparing => {
                "A worker compares our directory with Clerk’s. Load this page again in a moment.".to_owned()
            }
            Self::SubscriptionStarted => "The subscription has begun. What the plan allows is yours now.".to_owned(),
            Self::SubscriptionChanged => "The subscription is changed.".to_owned(),
            Self::SubscriptionKept => "The subscription goes on as it is.".to_owned(),
            Self::PaymentOnItsWay => {
                "Nothing has changed yet. If you have paid, it shows here within a minute.".to_owned()
            }
            Self::BillingEmailSaved => "Invoices go to that address from now on.".to_owned(),
            Self::OrganisationKept => "It is kept. Everything is as it was.".to_owned(),
            Self::OrganisationRestored => "It is back, with everything in it. Choose a plan for it here.".to_owned(),
            Self::AccountDeleted => "Your account is deleted, and you are signed out.".to_owned(),
            Self::ProfileSaved => "Profile saved.".to_owned(),
            Self::ProfileOnItsWay => "Saved. Name and address appear here in a moment.".to_owned(),
            Self::LogoSaved => "The logo is saved.".to_owned(),
            Self::LogoRemoved => "The logo is removed.".to_owned(),
            Self::SessionEnded => "The session is ended.".to_owned(),
            Self::OtherSessionsEnded => "All other sessions are ended.".to_owned(),
        }
    }

    fn word(self) -> String {
        match self {
            Self::OrganisationCreated => "organisation-created".to_owned(),
            Self::OrganisationOnItsWay => "organisation-on-its-way".to_owned(),
            Self::ProcedureCreated => "procedure-created".to_owned(),
            Self::ProcedureSaved => "procedure-saved".to_owned(),
            Self::Published(number) => format!("published-{number}"),
            Self::StepAdded => "step-added".to_owned(),
            Self::StepSaved => "step-saved".to_owned(),
            Self::StepRemoved => "step-removed".to_owned(),
            Self::RunStarted => "run-started".to_owned(),
            Self::RoleCreated => "role-created".to_owned(),
            Self::RoleSaved => "role-saved".to_owned(),
            Self::RoleDeleted => "role-deleted".to_owned(),
            Self::SignedOut => "signed-out".to_owned(),
            Self::JobTriedAgain => "job-tried-again".to_owned(),
            Self::JobSetAside => "job-set-aside".to_owned(),
            Self::Comparing => "comparing".to_owned(),
            Self::MemberChanged => "member-changed".to_owned(),
            Self::MemberRemoved => "member-removed".to_owned(),
            Self::Left => "left".to_owned(),
            Self::InvitationResent => "invitation-resent".to_owned(),
            Self::InvitationChanged => "invitation-changed".to_owned(),
            Self::InvitationRevoked => "invitation-revoked".to_owned(),
            Self::InvitationDeclined => "invitation-declined".to_owned(),
            Self::Joined => "joined".to_owned(),
            Self::ProfileSaved => "profile-saved".to_owned(),
            Self::ProfileOnItsWay => "profile-on-its-way".to_owned(),
            Self::LogoSaved => "logo-saved".to_owned(),
            Self::LogoRemoved => "logo-removed".to_owned(),
            Self::SessionEnded => "session-ended".to_owned(),
            Self::OtherSessionsEnded => "other-sessions-ended".to_owned(),
            Self::SubscriptionStarted => "subscription-started".to_owned(),
            Self::SubscriptionChanged => "subscription-changed".to_owned(),
            Self::SubscriptionKept => "subscription-kept".to_owned(),
            Self::PaymentOnItsWay => "payment-on-its-way".to_owned(),
            Self::BillingEmailSaved => "billing-email-saved".to_owned(),
            Self::ExportAsked => "export-asked".to_owned(),
            Self::OrganisationKept => "organisation-kept".to_owned(),
            Self::OrganisationRestored => "organisation-restored".to_owned(),
            Self::AccountDeleted => "account-deleted".to_owned(),
        }
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
        for flash in Flash::PLAIN.into_iter().chain([Flash::Published(7)]) {
            assert_eq!(read(&flash.word()), Some(flash));
        }
        assert_eq!(read("<script>"), None);
        assert_eq!(read("published-x"), None);
    }
}
