//! A handshake's result: what it brought is set, verified, and in development taken out of the address.

use http::HeaderValue;

use super::{Decision, Effect, Step, Waiting};
use crate::handshake::Resolution;
use crate::outcome::{Outcome, Redirect};
use crate::reason::Reason;
use crate::session::Carrier;
use crate::verify::{Refusal, Verified};

impl Decision<'_> {
    /// What a handshake brought back.
    pub(super) fn resolve(&mut self, directives: &[String]) -> Step {
        if directives.is_empty() && self.facts.session.is_some() {
            return self.judge_cookies();
        }
        let Resolution { cookies, token } = Resolution::read(self.site, directives);
        let Some(token) = token else {
            self.cookies.extend(cookies);
            if self.site.is_development() {
                return self.clean_redirect(Reason::SESSION_TOKEN_MISSING, Some("signed-out"));
            }
            return self.signed_out(Reason::SESSION_TOKEN_MISSING);
        };
        let effect = Effect::Verify { token: token.clone(), lenient: false };
        self.ask(Waiting::HandshakeSession { token, cookies, lenient: false }, effect)
    }

    pub(super) fn resolved(&mut self, verified: &Verified, token: String, cookies: Vec<HeaderValue>) -> Step {
        if self.site.is_development() {
            self.cookies.extend(cookies);
            return self.clean_redirect(Reason::HANDSHAKE_COMPLETE, None);
        }
        self.signed_in(verified, token, Carrier::Cookie, cookies)
    }

    /// A handshake that is not believed: in production the cookies decide, in development the developer should see it.
    pub(super) fn unbelieved(&mut self, refusal: Refusal) -> Step {
        let reason = refusal.reason();
        tracing::error!(%reason, "a handshake is not believed: do the keys belong to one instance, is the clock right?");
        if self.site.is_development() { self.signed_out(reason) } else { self.judge_cookies() }
    }

    /// Development: the handshake's parameters leave the address bar.
    pub(super) fn clean_redirect(&mut self, reason: Reason, status: Option<&'static str>) -> Step {
        let cookies = std::mem::take(&mut self.cookies);
        let redirect = Redirect::new(self.facts.request.clean_url().into(), reason, &cookies);
        Step::Done(Outcome::Handshake(match status {
            Some(status) => redirect.with_status(status),
            None => redirect,
        }))
    }
}

pub(super) fn is_about_time(refusal: Refusal) -> bool {
    matches!(refusal, Refusal::Expired | Refusal::NotActiveYet | Refusal::IssuedInTheFuture)
}
