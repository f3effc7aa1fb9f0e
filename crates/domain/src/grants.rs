//! The grant rule: nobody gives what they do not hold, and nobody touches whoever holds more than they do. One function,
//! for invitations, roles of members, and what a custom role contains.

use tenancy::UserId;

use crate::{Access, Error, Permission, Result, Rights};

/// What somebody wants to do with rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    /// Give them, by whatever way.
    Give,
    /// Change or remove whoever holds them.
    Touch,
}

/// `Refused` where these rights go beyond the person's own.
pub(crate) fn ask(access: &Access, intent: Intent, rights: &Rights) -> Result<()> {
    match rights.first_beyond(&access.rights) {
        None => Ok(()),
        Some(beyond) => Err(refusal(intent, beyond)),
    }
}

/// As [`ask`] for giving, to this member: to themselves it is called by its name.
pub(crate) fn ask_for(access: &Access, user: &UserId, rights: &Rights) -> Result<()> {
    match ask(access, Intent::Give, rights) {
        Err(Error::Refused { .. }) if user == &access.person.id => Err(Error::Refused {
            code: "own_role",
            message: "You cannot give yourself more than you have. Another admin can.".to_owned(),
        }),
        answer => answer,
    }
}

fn refusal(intent: Intent, beyond: Permission) -> Error {
    let what = beyond.label();
    match intent {
        Intent::Give => Error::Refused {
            code: "grant_exceeds_own",
            message: format!(
                "This includes “{what}” ({beyond}), which you do not hold yourself. Ask an admin to do it."
            ),
        },
        Intent::Touch => Error::Refused {
            code: "holds_more_than_you",
            message: format!("They may do what you may not: “{what}” ({beyond}). Ask an admin to do it."),
        },
    }
}
