//! The two roles every instance has, with the permissions Clerk itself checks.

/// Key of the role creators get.
pub(crate) const ADMIN: &str = "org:admin";
/// Key of the role without rights over others.
const MEMBER: &str = "org:member";

/// Whether the instance has the role.
pub(crate) fn is_role(key: &str) -> bool {
    key == ADMIN || key == MEMBER
}

/// What a role is called.
pub(crate) fn name(key: &str) -> &'static str {
    if key == ADMIN { "Admin" } else { "Member" }
}

/// The system permissions of a role; they appear in membership objects and never in tokens.
pub(crate) fn permissions(key: &str) -> &'static [&'static str] {
    if key == ADMIN {
        &[
            "org:sys_profile:manage",
            "org:sys_profile:delete",
            "org:sys_memberships:read",
            "org:sys_memberships:manage",
            "org:sys_domains:read",
            "org:sys_domains:manage",
            "org:sys_billing:read",
            "org:sys_billing:manage",
        ]
    } else {
        &["org:sys_memberships:read", "org:sys_billing:read"]
    }
}
