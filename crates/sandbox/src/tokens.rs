//! The tokens the instance signs: session tokens in both claim versions, and the handshake's.

use serde_json::{Map, Value, json};

use crate::clock::{MINUTE, Millis, SECOND};
use crate::ids;
use crate::instance::Instance;
use crate::keys::Keys;
use crate::options::ClaimsVersion;
use crate::packed_permissions::PackedPermissions;
use crate::records::{Session, SessionStatus};
use crate::state::State;

/// Life of a session token in seconds.
pub(crate) const LIFE: i64 = 60;
/// How far `nbf` lies before `iat`, in seconds.
const EARLY: i64 = 10;
/// The class of session tokens, which verifiers tell apart from template tokens.
const CATEGORY: &str = "cl_B7d4PD111AAA";
/// The class of template tokens.
const TEMPLATE_CATEGORY: &str = "cl_B7d4PD222AAA";

/// Signs on behalf of the instance.
pub(crate) struct Signer {
    pub(crate) keys: Keys,
    pub(crate) instance: Instance,
    pub(crate) version: ClaimsVersion,
}

/// What a session token is to say beyond its session.
pub(crate) struct Wish<'a> {
    /// Origin of the page the token is for; `azp`.
    pub(crate) origin: Option<&'a str>,
    /// Organisation the token is for: the session's own unless a page asks for another.
    pub(crate) organization_id: Option<&'a str>,
    /// Life in seconds.
    pub(crate) life: i64,
}

impl Signer {
    /// A session token for the organisation that is active in the session.
    pub(crate) fn session_token(&self, state: &State, session: &Session, origin: Option<&str>, now: Millis) -> String {
        let organization_id = session.last_active_organization_id.as_deref();
        let wish = Wish { origin, organization_id, life: LIFE };
        self.token(state, session, &wish, now)
    }

    /// A session token to wish; an organisation the person is no member of is left out.
    pub(crate) fn token(&self, state: &State, session: &Session, wish: &Wish<'_>, now: Millis) -> String {
        let issued = now / SECOND;
        let membership = wish.organization_id.and_then(|id| state.membership(id, &session.user_id));
        // A page that asks for no organisation gets a token that is worth no more than a pending session.
        let chosen = membership.is_some() || state.rules.membership_optional;
        let status =
            if chosen && state.session_status(session) != SessionStatus::Pending { "active" } else { "pending" };
        let mut claims = Map::new();
        if let Some(actor) = &session.actor {
            claims.insert("act".into(), actor.clone().into());
        }
        if let Some(origin) = wish.origin {
            claims.insert("azp".into(), origin.into());
        }
        claims.insert("exp".into(), (issued + wish.life).into());
        claims.insert("fva".into(), json!([(now - session.verified_at).max(0) / MINUTE, -1]));
        claims.insert("iat".into(), issued.into());
        claims.insert("iss".into(), self.instance.issuer.clone().into());
        claims.insert("nbf".into(), (issued - EARLY).into());
        if let Some(membership) = membership {
            let slug =
                state.organizations.get(&membership.organization_id).map(|organization| organization.slug.as_str());
            match self.version {
                ClaimsVersion::V1 => {
                    claims.insert("org_id".into(), membership.organization_id.clone().into());
                    claims.insert("org_permissions".into(), state.custom_permissions(&membership.role).into());
                    claims.insert("org_role".into(), membership.role.clone().into());
                    claims.insert("org_slug".into(), slug.into());
                }
                ClaimsVersion::V2 => {
                    let role = membership.role.trim_start_matches("org:");
                    let mut organization = json!({"id": membership.organization_id, "rol": role, "slg": slug});
                    if let Some(packed) = PackedPermissions::new(&state.custom_permissions(&membership.role)) {
                        organization["per"] = packed.actions.into();
                        organization["fpm"] = packed.masks.into();
                        claims.insert("fea".into(), packed.features.into());
                    }
                    claims.insert("o".into(), organization);
                }
            }
        }
        claims.insert("sid".into(), session.id.clone().into());
        claims.insert("sts".into(), status.into());
        claims.insert("sub".into(), session.user_id.clone().into());
        if self.version == ClaimsVersion::V2 {
            claims.insert("jti".into(), ids::letters(20).to_ascii_lowercase().into());
            claims.insert("v".into(), 2.into());
        }
        self.keys.sign(header(issued), &Value::Object(claims))
    }

    /// The handshake's token form: the directives, signed.
    pub(crate) fn handshake_token(&self, directives: &[String], now: Millis) -> String {
        self.keys.sign(header(now / SECOND), &json!({"handshake": directives}))
    }

    /// A token of a template, for the person of a session.
    pub(crate) fn template_token(&self, session: &Session, life: i64, now: Millis) -> String {
        let issued = now / SECOND;
        let mut header = header(issued);
        header["cat"] = TEMPLATE_CATEGORY.into();
        let claims = json!({
            "exp": issued + life,
            "iat": issued,
            "iss": self.instance.issuer,
            "jti": ids::letters(20).to_ascii_lowercase(),
            "nbf": issued - EARLY,
            "sub": session.user_id,
        });
        self.keys.sign(header, &claims)
    }
}

/// The header of a session token, but for the key's name.
fn header(issued: i64) -> Value {
    json!({"alg": "RS256", "cat": CATEGORY, "oiat": issued, "typ": "JWT"})
}
