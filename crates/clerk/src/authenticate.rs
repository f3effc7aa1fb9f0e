//! The decision core: from the facts of a request to an outcome, without input or output.
//!
//! [`Decision::begin`] and [`Decision::answer`] either end with an outcome or ask for one effect; whoever performs it
//! comes back with the answer. The rules and their order are those of Clerk's `authenticateRequest`.
//!
//! Different on purpose:
//! - a bearer token beside a session cookie, and session cookies that contradict each other, are refused;
//! - an ended session is also refreshed for other methods than GET, so that a form is not lost, and never for a bearer
//!   token;
//! - while Clerk does not answer, a session that has ended is excused for as long as the configuration says: everybody
//!   would be sent to a page that does not load;
//! - a handshake that cannot be believed signs out in development too, where the SDK answers 500;
//! - a nonce that cannot be redeemed is passed over, where the SDK signs out;
//! - a handshake that brought nothing, while there is a session cookie, is passed over: the cookie it came by may
//!   have outlived its use, and must not sign anybody out;
//! - a primary answers satellites (C4) only where the configuration says so, because its answer can lead anywhere;
//! - a redirect counter beyond three counts as three, where the SDK goes on;
//! - handshakes arriving in a production URL are not looked at (see `facts`), and no CORS headers are added.

mod renewal;
mod resolution;
mod satellite;
mod step;

use http::{HeaderValue, Method};

use self::resolution::is_about_time;
pub(crate) use self::step::{Answer, Effect, Failure, Step};
use crate::cookies::{DEV_BROWSER, SESSION, forget};
use crate::facts::{Facts, Site, Transport};
use crate::handshake;
use crate::organisation_sync::Target;
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::session::{Carrier, SignedIn};
use crate::token::Glimpse;
use crate::verify::{Refusal, Verified};

/// What the pending effect is for.
#[derive(Debug)]
enum Waiting {
    Nothing,
    Handshake,
    HandshakeSession { token: String, cookies: Vec<HeaderValue>, lenient: bool },
    Session { token: String, carrier: Carrier },
    Refresh { token: String },
    RefreshedSession { token: String, ended: String, cookies: Vec<HeaderValue> },
    Excuse { token: String },
}

/// One request on its way to an outcome.
#[derive(Debug)]
pub(crate) struct Decision<'r> {
    site: &'r Site,
    facts: Facts<'r>,
    waiting: Waiting,
    /// To set whatever the outcome.
    cookies: Vec<HeaderValue>,
}

impl<'r> Decision<'r> {
    pub(crate) fn new(site: &'r Site, facts: Facts<'r>) -> Self {
        Self { site, facts, waiting: Waiting::Nothing, cookies: Vec::new() }
    }

    pub(crate) fn begin(&mut self) -> Step {
        if let Some(reason) = self.facts.conflict.clone() {
            if reason == Reason::SESSION_COOKIE_CONFLICT {
                self.forget_sessions();
            }
            return self.signed_out(reason);
        }
        if let Some(token) = self.facts.bearer.clone() {
            return match Glimpse::of(&token) {
                Err(_) => self.signed_out(Refusal::Malformed.reason()),
                Ok(glimpse) if !glimpse.may_be_session => self.signed_out(Reason::TOKEN_TYPE_MISMATCH),
                Ok(_) => self.verify(token, Carrier::Header),
            };
        }
        // Whatever comes of it, a result that arrived by cookie is not resolved twice.
        self.cookies.extend(handshake::forget_transport(&self.facts));
        match self.facts.transport.clone() {
            Some(Transport::Nonce(nonce)) => self.ask(Waiting::Handshake, Effect::RedeemNonce { nonce }),
            Some(Transport::Token(token)) => self.ask(Waiting::Handshake, Effect::VerifyHandshake { token }),
            None => self.judge_cookies(),
        }
    }

    pub(crate) fn answer(&mut self, answer: Answer) -> Step {
        let waiting = std::mem::replace(&mut self.waiting, Waiting::Nothing);
        match (waiting, answer) {
            (_, Answer::Verified(Err(Failure::Unavailable)) | Answer::HandshakeToken(Err(Failure::Unavailable))) => {
                Step::Done(Outcome::Unavailable)
            }
            (Waiting::Handshake, Answer::HandshakeToken(Ok(directives)) | Answer::HandshakeNonce(Ok(directives))) => {
                self.resolve(&directives)
            }
            (Waiting::Handshake, Answer::HandshakeToken(Err(Failure::Refused(refusal)))) => self.unbelieved(refusal),
            (Waiting::Handshake, Answer::HandshakeNonce(Err(error))) => {
                tracing::warn!(%error, "a handshake nonce cannot be redeemed");
                self.judge_cookies()
            }
            (Waiting::HandshakeSession { token, cookies, .. }, Answer::Verified(Ok(verified))) => {
                self.resolved(&verified, token, cookies)
            }
            (
                Waiting::HandshakeSession { token, cookies, lenient },
                Answer::Verified(Err(Failure::Refused(refusal))),
            ) => {
                if !lenient && self.site.is_development() && is_about_time(refusal) {
                    let effect = Effect::Verify { token: token.clone(), lenient: true };
                    return self.ask(Waiting::HandshakeSession { token, cookies, lenient: true }, effect);
                }
                self.unbelieved(refusal)
            }
            (Waiting::Session { token, carrier }, Answer::Verified(Ok(verified))) => {
                self.verified(&verified, token, carrier)
            }
            (Waiting::Session { token, carrier }, Answer::Verified(Err(Failure::Refused(refusal)))) => {
                self.refused(refusal, token, carrier)
            }
            (Waiting::Excuse { token }, Answer::Verified(Ok(verified))) => {
                self.signed_in(&verified, token, Carrier::Cookie, Vec::new())
            }
            (Waiting::Excuse { token }, Answer::Verified(Err(_))) => self.renew(token, Carrier::Cookie),
            (Waiting::Refresh { token }, Answer::Refreshed(answer)) => self.refreshed(answer, token),
            (Waiting::RefreshedSession { token, ended, cookies }, Answer::Verified(answer)) => {
                let before = Glimpse::of(&ended).ok().and_then(|glimpse| glimpse.session_id);
                match answer {
                    Ok(verified) if before.as_ref() == Some(&verified.session.session_id) => {
                        self.signed_in(&verified, token, Carrier::Cookie, cookies)
                    }
                    _ => self.not_refreshed("invalid-session-token", &ended),
                }
            }
            // An answer to a question that was not asked.
            (_, _) => self.signed_out(Reason::fixed("unexpected-error")),
        }
    }

    fn ask(&mut self, waiting: Waiting, effect: Effect) -> Step {
        self.waiting = waiting;
        Step::Ask(effect)
    }

    fn verify(&mut self, token: String, carrier: Carrier) -> Step {
        let effect = Effect::Verify { token: token.clone(), lenient: false };
        self.ask(Waiting::Session { token, carrier }, effect)
    }

    /// The cookies alone, from the top.
    fn judge_cookies(&mut self) -> Step {
        if let Some(step) = self.across_domains() {
            return step;
        }
        if self.site.is_development() {
            if self.facts.request.query(DEV_BROWSER).is_some() {
                return self.handshake(Reason::DEV_BROWSER_SYNC);
            }
            if self.facts.dev_browser.is_none() {
                return self.handshake(Reason::DEV_BROWSER_MISSING);
            }
        }
        let client_uat = self.facts.client_uat;
        let Some(token) = self.facts.session.clone() else {
            return if client_uat > 0 {
                self.handshake(Reason::CLIENT_UAT_BUT_NO_SESSION_TOKEN)
            } else {
                self.signed_out(Reason::SESSION_TOKEN_AND_UAT_MISSING)
            };
        };
        if client_uat <= 0 {
            return self.handshake(Reason::SESSION_TOKEN_BUT_NO_CLIENT_UAT);
        }
        let Some(glimpse) = &self.facts.glimpse else {
            return self.signed_out(Refusal::Malformed.reason());
        };
        if !glimpse.may_be_session {
            return self.signed_out(Reason::TOKEN_TYPE_MISMATCH);
        }
        if glimpse.issued_at.is_some_and(|issued| issued < client_uat) {
            return self.handshake(Reason::SESSION_TOKEN_IAT_BEFORE_CLIENT_UAT);
        }
        self.verify(token, Carrier::Cookie)
    }

    fn verified(&mut self, verified: &Verified, token: String, carrier: Carrier) -> Step {
        let page = carrier == Carrier::Cookie
            && self.site.satellite.is_none()
            && self.facts.request.method == Method::GET
            && self.facts.request.header("sec-fetch-dest") == Some("document");
        if page && self.facts.redirects == 0 && self.facts.comes_from_elsewhere(self.site) {
            return self.handshake(Reason::PRIMARY_DOMAIN_CROSS_ORIGIN_SYNC);
        }
        if carrier == Carrier::Cookie && self.belongs_elsewhere(verified) {
            let reason = Reason::ACTIVE_ORGANIZATION_MISMATCH;
            if let Some(redirect) = handshake::request(self.site, &self.facts, &reason, Some(&token), None) {
                return Step::Done(Outcome::Handshake(redirect.with_cookies(&std::mem::take(&mut self.cookies))));
            }
            // Where a browser cannot be sent round, or was too often, the page must compare for itself.
        }
        self.signed_in(verified, token, carrier, Vec::new())
    }

    /// Whether the address is about another organisation than the token's.
    fn belongs_elsewhere(&self, verified: &Verified) -> bool {
        let active = verified.session.organisation.as_ref();
        match self.site.organisation_sync.target(self.facts.request.public_url.path()) {
            None => false,
            Some(Target::Personal) => active.is_some(),
            Some(Target::Id(id)) => active.is_none_or(|active| active.id != id),
            Some(Target::Slug(slug)) => active.is_none_or(|active| active.slug.as_deref() != Some(&*slug)),
        }
    }

    fn handshake(&mut self, reason: Reason) -> Step {
        let token = self.facts.session.clone();
        self.handshake_with(reason, token.as_deref())
    }

    fn handshake_with(&mut self, reason: Reason, token: Option<&str>) -> Step {
        match handshake::request(self.site, &self.facts, &reason, token, None) {
            Some(redirect) => Step::Done(Outcome::Handshake(redirect.with_cookies(&std::mem::take(&mut self.cookies)))),
            None => self.signed_out(reason),
        }
    }

    fn signed_out(&mut self, reason: Reason) -> Step {
        Step::Done(Outcome::SignedOut { reason, cookies: std::mem::take(&mut self.cookies) })
    }

    fn signed_in(&mut self, verified: &Verified, token: String, carrier: Carrier, more: Vec<HeaderValue>) -> Step {
        let mut cookies = std::mem::take(&mut self.cookies);
        cookies.extend(more);
        Step::Done(Outcome::SignedIn(SignedIn { session: verified.session.clone(), carrier, cookies, token }))
    }

    /// So that a page load after this one can start afresh with a handshake.
    fn forget_sessions(&mut self) {
        let secure = self.facts.request.public_url.scheme() == "https";
        let names = [SESSION, self.site.names.session.as_str()];
        self.cookies.extend(names.into_iter().filter_map(|name| forget(name, secure)));
    }
}

#[cfg(test)]
mod tests;
