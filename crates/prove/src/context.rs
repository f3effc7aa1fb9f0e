//! Whose transaction an attack pretends to be in.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::people::{self, Party};

/// The roles that connect to Postgres for the product.
pub(crate) const ROLES: [&str; 2] = ["tenantry_app", "tenantry_worker"];

/// What a transaction says of itself before the attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Context {
    /// The attacker's own organisation and person: the strongest that a stolen statement can hope for.
    Attacker,
    /// Nothing was ever set on this connection.
    Nothing,
    /// Set, to the empty text.
    Empty,
    /// Set, to something that is no id.
    Garbage,
    /// A reason to act outside organisations: shows the directory, and no tenant's rows.
    System,
}

impl Context {
    pub(crate) const ALL: [Self; 5] = [Self::Attacker, Self::Nothing, Self::Empty, Self::Garbage, Self::System];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Attacker => "as the attacker",
            Self::Nothing => "without a context",
            Self::Empty => "with an empty context",
            Self::Garbage => "with garbage as context",
            Self::System => "behind the system door",
        }
    }
}

/// How transactions begin: plainly, or with a signature where the database asks for one.
#[derive(Clone, Default)]
pub(crate) struct Beginnings {
    key: Option<Key>,
}

/// A key that the database believes. Signs by itself: the proof must not believe the code that it proves.
#[derive(Clone)]
pub(crate) struct Key {
    name: String,
    secret: [u8; 32],
}

/// How long a signature is good for, in seconds.
const LIFETIME: u64 = 120;

impl Beginnings {
    pub(crate) fn new(key: Option<Key>) -> Self {
        Self { key }
    }

    /// What begins a transaction in this context.
    pub(crate) fn of(&self, context: Context) -> String {
        let (own, me) = (Party::Attacker.id(), people::user_id(people::MALLORY));
        let set = |organisation: &str, person: &str| {
            format!("; set local app.current_org_id = '{organisation}'; set local app.current_user_id = '{person}'")
        };
        let (mut set, signed) = match context {
            Context::Attacker => (set(own, &me), Some((own, me.as_str(), ""))),
            Context::Nothing => (String::new(), None),
            Context::Empty => (set("", ""), Some(("", "", ""))),
            Context::Garbage => (set("org_%'' or true --", "%"), None),
            Context::System => ("; set local app.system_reason = 'sign_in'".to_owned(), Some(("", "", "sign_in"))),
        };
        match (&self.key, signed) {
            (Some(key), Some(parts)) => set.push_str(&key.context(parts)),
            // The victim itself, with a signature of somebody else's making: as good as garbage.
            (Some(key), None) if context == Context::Garbage => {
                let forger = Key { name: key.name.clone(), secret: [7; 32] };
                let (victim, person) = (Party::Victim.id(), people::user_id(Party::Victim.admin()));
                set =
                    format!("; set local app.current_org_id = '{victim}'; set local app.current_user_id = '{person}'");
                set.push_str(&forger.context((victim, &person, "sign_in")));
            }
            _ => {}
        }
        format!("begin{set}")
    }
}

impl Key {
    pub(crate) fn random() -> Self {
        Self { name: "proof".to_owned(), secret: rand::random() }
    }

    /// As the server's configuration writes it.
    pub(crate) fn text(&self) -> String {
        format!("{}:{}", self.name, hexadecimal(&self.secret))
    }

    /// Key, organisation, person, reason, end, and over all of them HMAC-SHA256.
    fn context(&self, (organisation, person, reason): (&str, &str, &str)) -> String {
        let until = crate::tokens::now() + LIFETIME;
        let body = format!("{}|{organisation}|{person}|{reason}|{until}", self.name);
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(body.as_bytes());
        format!("; set local app.context = '{body}|{}'", hexadecimal(&mac.finalize().into_bytes()))
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
