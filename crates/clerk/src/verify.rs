//! Whether a token is to be believed.
//!
//! The order follows Clerk's SDK: header type, algorithm, signature, then the claims. Beyond the SDK the issuer must be
//! ours, `azp` must be present when parties are configured, and the session id must be there.

use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use crate::config::Config;
use crate::permissions::unpack;
use crate::reason::Reason;
use crate::session::{ActiveOrganisation, FactorAge, Session, SessionStatus};
use crate::token::{Claims, HandshakeClaims, Header, Object, Organisation, Parts};

/// The one algorithm of Clerk's session tokens.
pub(crate) const ALGORITHM: &str = "RS256";

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Expired,
    NotActiveYet,
    IssuedInTheFuture,
    Malformed,
    Algorithm,
    Signature,
    AuthorisedParty,
    Issuer,
    /// The claims have wrong types, lack something, or contradict each other.
    Claims,
    KeyMismatch,
}

impl Refusal {
    pub(crate) fn reason(self) -> Reason {
        Reason::fixed(match self {
            Self::Expired => "token-expired",
            Self::NotActiveYet => "token-not-active-yet",
            Self::IssuedInTheFuture => "token-iat-in-the-future",
            Self::Malformed => "token-invalid",
            Self::Algorithm => "token-invalid-algorithm",
            Self::Signature => "token-invalid-signature",
            Self::AuthorisedParty => "token-invalid-authorized-parties",
            Self::Issuer => "token-invalid-issuer",
            Self::Claims => "token-verification-failed",
            Self::KeyMismatch => "jwk-kid-mismatch",
        })
    }
}

/// A believed token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) session: Session,
    /// Unix seconds.
    pub(crate) expires: i64,
    /// Unix seconds.
    pub(crate) not_before: Option<i64>,
}

/// What this instance demands of a token.
#[derive(Debug, Clone)]
pub(crate) struct Verifier {
    issuer: String,
    parties: Vec<String>,
    skew: i64,
    /// Any issuer and no session id will do.
    lenient: bool,
}

impl Verifier {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            issuer: config.issuer.clone(),
            parties: config.authorized_parties.clone(),
            // At most 60, as Config checks.
            skew: i64::try_from(config.clock_skew.as_secs()).unwrap_or(0),
            lenient: config.domains.as_lenient_as_the_sdk,
        }
    }

    /// The same demands by a clock that may be wrong by a day, for the one retry after a handshake in development.
    pub(crate) fn lenient(&self) -> Self {
        Self { skew: 24 * 60 * 60, ..self.clone() }
    }

    /// The same demands of a token that ended as long ago as `grace`, while nobody can get another one.
    pub(crate) fn excusing(&self, grace: Duration) -> Self {
        Self { skew: i64::try_from(grace.as_secs()).unwrap_or(0), ..self.clone() }
    }

    /// Checks everything about a session token; `now` is unix seconds.
    pub(crate) fn verify(&self, parts: &Parts<'_>, key: &DecodingKey, now: i64) -> Result<Verified, Refusal> {
        check_signature(parts, key)?;
        let Object(claims): Object<Claims> = serde_json::from_slice(&parts.payload).map_err(|_| Refusal::Claims)?;
        let lacks = claims.sid.is_empty() || claims.iss.is_none();
        if claims.sub.is_empty() || (lacks && !self.lenient) {
            return Err(Refusal::Claims);
        }
        if !self.parties.is_empty() {
            let party = claims.azp.as_ref().ok_or(Refusal::AuthorisedParty)?;
            if !self.parties.contains(party) {
                return Err(Refusal::AuthorisedParty);
            }
        }
        if claims.iss.as_ref() != Some(&self.issuer) && !self.lenient {
            return Err(Refusal::Issuer);
        }
        let (expires, not_before) = (claims.exp.0, claims.nbf.map(|seconds| seconds.0));
        self.check_window(expires, not_before, now)?;
        if claims.iat.0 > now + self.skew {
            return Err(Refusal::IssuedInTheFuture);
        }
        Ok(Verified { session: session(claims)?, expires, not_before })
    }

    /// Whether `now` lies between not-before and expiry, give or take the skew. Also asked of a cached token.
    pub(crate) fn check_window(&self, expires: i64, not_before: Option<i64>, now: i64) -> Result<(), Refusal> {
        if expires <= now - self.skew {
            return Err(Refusal::Expired);
        }
        match not_before {
            Some(not_before) if not_before > now + self.skew => Err(Refusal::NotActiveYet),
            _ => Ok(()),
        }
    }
}

/// Refuses by the header alone, before a key is looked for.
pub(crate) fn check_header(header: &Header) -> Result<(), Refusal> {
    if header.typ.as_deref().is_some_and(|typ| typ != "JWT") || header.crit.is_some() || !header.may_be_session() {
        return Err(Refusal::Malformed);
    }
    if header.alg == ALGORITHM { Ok(()) } else { Err(Refusal::Algorithm) }
}

fn check_signature(parts: &Parts<'_>, key: &DecodingKey) -> Result<(), Refusal> {
    check_header(&parts.header)?;
    let fits = jsonwebtoken::crypto::verify(parts.signature, parts.signed, key, Algorithm::RS256);
    if matches!(fits, Ok(true)) { Ok(()) } else { Err(Refusal::Signature) }
}

/// The directives of a handshake token: signature, type, algorithm and category are checked, time is not (as in the SDK).
pub(crate) fn verify_handshake(parts: &Parts<'_>, key: &DecodingKey) -> Result<Vec<String>, Refusal> {
    check_signature(parts, key)?;
    let Object(claims): Object<HandshakeClaims> =
        serde_json::from_slice(&parts.payload).map_err(|_| Refusal::Claims)?;
    Ok(claims.handshake)
}

fn session(claims: Claims) -> Result<Session, Refusal> {
    let status = match claims.sts.as_deref() {
        None | Some("active") => SessionStatus::Active,
        Some("pending") => SessionStatus::Pending,
        Some(_) => return Err(Refusal::Claims),
    };
    let time = |seconds| Timestamp::from_second(seconds).map_err(|_| Refusal::Claims);
    let (issued_at, expires_at) = (time(claims.iat.0)?, time(claims.exp.0)?);
    let factor_age = claims.fva.map(|(first, second)| FactorAge {
        // -1 is never.
        first_minutes: u64::try_from(first).ok(),
        second_minutes: u64::try_from(second).ok(),
    });
    Ok(Session {
        status,
        issued_at,
        expires_at,
        factor_age,
        authorised_party: claims.azp.clone().filter(|party| !party.is_empty()),
        impersonator: claims.act.as_ref().map(|Object(actor)| actor.sub.clone()),
        organisation: organisation(&claims)?,
        user_id: claims.sub,
        session_id: claims.sid,
    })
}

/// The active organisation: `org_…` in version 1, `o` in version 2; two that differ are refused.
fn organisation(claims: &Claims) -> Result<Option<ActiveOrganisation>, Refusal> {
    let named = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let first = named(&claims.org_id);
    let second =
        claims.o.as_ref().map(|Object(organisation)| organisation).filter(|organisation| !organisation.id.is_empty());
    if let (Some(first), Some(second)) = (&first, second)
        && *first != second.id
    {
        return Err(Refusal::Claims);
    }
    match (claims.v, first, second) {
        (None | Some(1 | 2), _, Some(second)) => Ok(Some(ActiveOrganisation {
            id: second.id.clone(),
            slug: named(&second.slg),
            role: named(&second.rol).map(with_prefix),
            permissions: unpacked(claims, second),
        })),
        (None | Some(1), Some(id), None) => Ok(Some(ActiveOrganisation {
            id,
            slug: named(&claims.org_slug),
            role: named(&claims.org_role).map(with_prefix),
            permissions: listed(&claims.org_permissions),
        })),
        // In version 2 a bare `org_id` is somebody's custom claim and gives no access.
        (None | Some(1 | 2), _, None) => Ok(None),
        (Some(_), _, _) => Err(Refusal::Claims),
    }
}

/// The custom permissions of version 2; what has another type than it should gives none.
fn unpacked(claims: &Claims, organisation: &Organisation) -> Vec<String> {
    match (claims.fea.as_str(), organisation.per.as_str(), organisation.fpm.as_str()) {
        (Some(features), Some(actions), Some(masks)) => unpack(features, actions, masks),
        _ => Vec::new(),
    }
}

/// The custom permissions of version 1: a list of texts, or none at all.
fn listed(permissions: &Value) -> Vec<String> {
    let texts = permissions.as_array().map(|list| list.iter().map(|text| text.as_str().map(str::to_owned)).collect());
    texts.and_then(|texts: Option<Vec<String>>| texts).unwrap_or_default()
}

/// Version 2 drops the prefix of a role, and some tokens of version 1 lacked it.
fn with_prefix(role: String) -> String {
    if role.starts_with("org:") { role } else { format!("org:{role}") }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
