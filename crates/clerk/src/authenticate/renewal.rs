//! The error path: a token that is not believed is renewed, by a refresh or by a handshake, or refused.

use std::collections::BTreeMap;

use http::Method;

use super::{Decision, Effect, Step, Waiting};
use crate::backend::SessionRefresh;
use crate::error::Error;
use crate::handshake::Resolution;
use crate::reason::Reason;
use crate::session::Carrier;
use crate::token::Glimpse;
use crate::verify::Refusal;

/// Headers that describe the browser to Clerk when a session is refreshed. Not the cookies.
const BROWSER_HEADERS: [&str; 6] =
    ["accept-language", "origin", "referer", "sec-ch-ua", "user-agent", "x-forwarded-for"];

impl Decision<'_> {
    /// A token that is not believed: perhaps it can be renewed, by a refresh or by a handshake.
    pub(super) fn refused(&mut self, refusal: Refusal, token: String, carrier: Carrier) -> Step {
        match refusal {
            // Asked first: a refresh would wait for an answer that does not come.
            Refusal::Expired if carrier == Carrier::Cookie && self.site.excuses => {
                self.ask(Waiting::Excuse { token: token.clone() }, Effect::Excuse { token })
            }
            Refusal::Expired => self.renew(token, carrier),
            Refusal::NotActiveYet => self.handshake_with(Reason::SESSION_TOKEN_NBF, Some(&token)),
            Refusal::IssuedInTheFuture => self.handshake_with(Reason::SESSION_TOKEN_IAT_IN_THE_FUTURE, Some(&token)),
            other => self.signed_out(other.reason()),
        }
    }

    pub(super) fn renew(&mut self, token: String, carrier: Carrier) -> Step {
        if carrier == Carrier::Cookie
            && let Some((session_id, refresh)) = self.refresh(&token)
        {
            return self.ask(Waiting::Refresh { token }, Effect::Refresh { session_id, refresh });
        }
        let page = self.facts.request.method == Method::GET;
        let why = if page { "non-eligible-no-refresh-cookie" } else { "non-eligible-non-get" };
        self.not_refreshed(why, &token)
    }

    /// What it takes to refresh, if there is a refresh cookie. The ended token's signature has been checked by now.
    pub(super) fn refresh(&self, token: &str) -> Option<(String, SessionRefresh)> {
        let refresh_token = self.facts.refresh.clone()?;
        let session_id = Glimpse::of(token).ok()?.session_id?;
        let header = |name: &str| Some((name.to_owned(), vec![self.facts.request.header(name)?.to_owned()]));
        let refresh = SessionRefresh {
            expired_token: token.to_owned(),
            refresh_token,
            request_origin: self.facts.request.public_url.origin().ascii_serialization(),
            request_headers: BROWSER_HEADERS.into_iter().filter_map(header).collect::<BTreeMap<_, _>>(),
            suffixed_cookies: self.facts.suffixed,
        };
        Some((session_id, refresh))
    }

    pub(super) fn refreshed(&mut self, answer: Result<Vec<String>, Error>, ended: String) -> Step {
        let directives = match answer {
            Ok(directives) => directives,
            Err(Error::Api { code, .. }) if !code.as_str().is_empty() => {
                return self.not_refreshed(code.as_str(), &ended);
            }
            Err(Error::Api { .. } | Error::RateLimited { .. }) => {
                return self.not_refreshed("unexpected-bapi-error", &ended);
            }
            Err(Error::Unreachable(_)) => return self.not_refreshed("fetch-error", &ended),
            Err(Error::Decode(_)) => return self.not_refreshed("unexpected-sdk-error", &ended),
        };
        let Resolution { cookies, token } = Resolution::read(self.site, &directives);
        let Some(token) = token else {
            return self.not_refreshed("missing-session-token", &ended);
        };
        let effect = Effect::Verify { token: token.clone(), lenient: false };
        self.ask(Waiting::RefreshedSession { token, ended, cookies }, effect)
    }

    pub(super) fn not_refreshed(&mut self, why: &str, token: &str) -> Step {
        let reason = Reason::dynamic(&format!("session-token-expired-refresh-{why}"));
        self.handshake_with(reason, Some(token))
    }
}
