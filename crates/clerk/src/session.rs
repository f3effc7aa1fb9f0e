//! Who is signed in, as the verified token says.

use http::HeaderValue;
use jiff::Timestamp;

/// A verified session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `user_…`
    pub user_id: String,
    /// `sess_…`
    pub session_id: String,
    /// Whether the person still owes a task.
    pub status: SessionStatus,
    /// The organisation that is active in this token.
    pub organisation: Option<ActiveOrganisation>,
    /// When the token was made.
    pub issued_at: Timestamp,
    /// When the token ends (the session lives longer).
    pub expires_at: Timestamp,
    /// Origin of the page that asked for the token.
    pub authorised_party: Option<String>,
    /// Who acts in this person's name, if anybody.
    pub impersonator: Option<String>,
    /// How long ago the person proved who they are.
    pub factor_age: Option<FactorAge>,
}

/// Whether a session may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// Ready.
    Active,
    /// Signed in, but owing a task such as choosing an organisation.
    Pending,
}

/// The organisation a token was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveOrganisation {
    /// `org_…`
    pub id: String,
    /// Missing where the instance has slugs switched off.
    pub slug: Option<String>,
    /// Always with its prefix: `org:admin`.
    pub role: Option<String>,
    /// The role's custom permissions, `org:<feature>:<action>`. Clerk's own are never among them.
    pub permissions: Vec<String>,
}

/// Minutes since each factor was proven, at the time the token was made; `None` is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactorAge {
    /// First factor.
    pub first_minutes: Option<u64>,
    /// Second factor.
    pub second_minutes: Option<u64>,
}

/// Where the token was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// `Authorization: Bearer …`
    Header,
    /// The session cookie.
    Cookie,
}

/// A request that is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The verified session.
    pub session: Session,
    /// Where its token was found.
    pub carrier: Carrier,
    /// `Set-Cookie` values to append to the response (a handshake or a refresh brought them).
    pub cookies: Vec<HeaderValue>,
    /// The token itself, for the next handshake.
    pub(crate) token: String,
}
