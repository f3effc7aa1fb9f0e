//! Refusals of Clerk's that nothing in the sandbox gives by itself: they come of features it does not have, or of two
//! servers at once. A fault gives them on demand.

/// A status and the code that goes with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
}

/// All of them.
pub(crate) const REFUSALS: &[Refusal] = &[
    Refusal { status: 409, code: "resource_locked" },
    Refusal { status: 400, code: "duplicate_record" },
    Refusal { status: 409, code: "role_migration_in_progress" },
    Refusal { status: 422, code: "personal_accounts_not_allowed" },
    Refusal { status: 422, code: "exclusive_organization_membership" },
    Refusal { status: 409, code: "organization_membership_managed_by_scim" },
    Refusal { status: 400, code: "organization_member_limit_managed_by_billing" },
    Refusal { status: 401, code: "session_refresh_expired_session_token_consumed" },
];

/// The one of that code.
pub(crate) fn refusal(code: &str) -> Option<&'static Refusal> {
    REFUSALS.iter().find(|refusal| refusal.code == code)
}
