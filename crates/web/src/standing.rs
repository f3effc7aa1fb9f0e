//! What somebody is and may do in an organisation, as a page that shows it remembers.

use std::fmt;
use std::fmt::Write as _;

use domain::{Access, BaseRole};
use sha2::{Digest as _, Sha256};

use crate::pages::shell::roles;

/// Two fingerprints: of the roles by name, and of what they allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    roles: String,
    rights: String,
}

impl Standing {
    pub(crate) fn of(access: &Access) -> Self {
        let rights: Vec<&str> = access.rights.iter().map(domain::Permission::as_str).collect();
        Self { roles: fingerprint(&roles(access.role, &access.custom_roles)), rights: fingerprint(&rights.join(" ")) }
    }

    /// From the text that a page sends along. What is none differs from every standing.
    pub(crate) fn parse(text: &str) -> Self {
        let (roles, rights) = text.split_once('.').unwrap_or_default();
        Self { roles: roles.to_owned(), rights: rights.to_owned() }
    }

    /// What is new since then, in words; nothing where nothing is.
    pub(crate) fn news(&self, access: &Access) -> Option<String> {
        let now = Self::of(access);
        if now.roles != self.roles {
            return Some(match (access.custom_roles.is_empty(), access.role) {
                (true, BaseRole::Admin) => "Your role changed: you are now an admin.".to_owned(),
                (true, BaseRole::Member) => "Your role changed: you are now a member.".to_owned(),
                (false, role) => format!("Your roles changed: you are now {}.", roles(role, &access.custom_roles)),
            });
        }
        (now.rights != self.rights).then(|| "What your role allows has changed.".to_owned())
    }
}

/// `0123456789abcdef.0123456789abcdef`
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.roles, self.rights)
    }
}

fn fingerprint(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
