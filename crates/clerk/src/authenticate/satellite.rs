//! Several domains with one sign-in: rows C2 to C4.

use http::Method;
use url::Url;

use super::{Decision, Step};
use crate::cookies::DEV_BROWSER;
use crate::handshake;
use crate::outcome::Outcome;
use crate::reason::Reason;

/// `true` when the primary has answered, `false` when a satellite wants to be told.
const SYNCED: &str = "__clerk_synced";
/// Where a primary sends the browser back to.
const REDIRECT_URL: &str = "__clerk_redirect_url";

impl Decision<'_> {
    /// C2 and C3: a satellite asks the primary about a browser it knows nothing of. C4: the primary answers.
    pub(super) fn across_domains(&mut self) -> Option<Step> {
        let request = self.facts.request;
        let Some(satellite) = &self.site.satellite else {
            let answers = self.site.is_development() && self.site.answers_satellites;
            let back = answers.then(|| request.query(REDIRECT_URL)).flatten()?;
            let mut back = Url::parse(&back).ok()?;
            let mut pairs: Vec<(String, String)> = back.query_pairs().into_owned().collect();
            pairs.extend(self.facts.dev_browser.clone().map(|browser| (DEV_BROWSER.to_owned(), browser)));
            // Set where it stands, or at the end.
            match pairs.iter().position(|(name, _)| name == SYNCED) {
                Some(at) => {
                    "true".clone_into(&mut pairs[at].1);
                    let mut place = 0..;
                    pairs.retain(|(name, _)| place.next() == Some(at) || name != SYNCED);
                }
                None => pairs.push((SYNCED.to_owned(), "true".to_owned())),
            }
            back.query_pairs_mut().clear().extend_pairs(pairs);
            return Some(self.redirect(Reason::PRIMARY_RESPONDS_TO_SYNCING, back));
        };
        let page = request.method == Method::GET && request.header("sec-fetch-dest") == Some("document");
        let synced = request.query(SYNCED);
        if !page || synced.as_deref() == Some("true") {
            return None;
        }
        let has_cookies = self.facts.session.is_some() || self.facts.client_uat != 0;
        let wants = synced.as_deref() == Some("false");
        if !satellite.auto_sync && !has_cookies && !wants {
            return Some(self.signed_out(Reason::SESSION_TOKEN_AND_UAT_MISSING));
        }
        if has_cookies && !wants {
            return None;
        }
        if !self.site.is_development() {
            return Some(self.handshake(Reason::SATELLITE_COOKIE_NEEDS_SYNCING));
        }
        let mut page = self.site.sign_in_url.clone();
        page.query_pairs_mut().append_pair(REDIRECT_URL, request.public_url.as_str());
        Some(self.redirect(Reason::SATELLITE_COOKIE_NEEDS_SYNCING, page))
    }

    /// Somewhere else than to a handshake, through the same gate.
    fn redirect(&mut self, reason: Reason, location: Url) -> Step {
        match handshake::pass(&self.facts, &reason, location) {
            Some(redirect) => Step::Done(Outcome::Handshake(redirect.with_cookies(&std::mem::take(&mut self.cookies)))),
            None => self.signed_out(reason),
        }
    }
}
