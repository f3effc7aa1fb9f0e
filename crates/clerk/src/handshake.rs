//! The handshake: asking the Frontend API what it knows of this browser, and reading its answer.

use http::HeaderValue;
use url::Url;

use crate::backend::API_VERSION;
use crate::cookies::{HANDSHAKE, HANDSHAKE_NONCE, REDIRECT_COUNT, SESSION, forget};
use crate::facts::{Facts, Site};
use crate::organisation_sync::Target;
use crate::outcome::Redirect;
use crate::reason::Reason;

/// A browser is sent round this often within two seconds, and no more.
const MOST_REDIRECTS: u32 = 3;

/// The request: `None` when the browser is not loading a page or has been sent round too often.
///
/// `token` is the current session token; `organisation` (id or slug) is to become the active one.
pub(crate) fn request(
    site: &Site,
    facts: &Facts<'_>,
    reason: &Reason,
    token: Option<&str>,
    organisation: Option<&str>,
) -> Option<Redirect> {
    let mut url = site.handshake_url.clone();
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("redirect_url", facts.request.clean_url().as_str())
            .append_pair("__clerk_api_version", API_VERSION)
            .append_pair("suffixed_cookies", if facts.suffixed { "true" } else { "false" })
            .append_pair("__clerk_hs_reason", reason.as_str())
            .append_pair("format", "nonce");
        if let Some(token) = token {
            query.append_pair("__session", token);
        }
        if let Some(browser) = facts.dev_browser.as_deref().filter(|_| site.is_development()) {
            query.append_pair("__clerk_db_jwt", browser);
        }
        let target = site.organisation_sync.target(facts.request.public_url.path());
        if let Some(organisation) = organisation.or(target.as_ref().map(Target::parameter)) {
            query.append_pair("organization_id", organisation);
        }
    }
    pass(facts, reason, url)
}

/// The gate of every redirect: only page loads, and not too often.
pub(crate) fn pass(facts: &Facts<'_>, reason: &Reason, location: Url) -> Option<Redirect> {
    if !facts.request.is_page_load() {
        return None;
    }
    if facts.redirects >= MOST_REDIRECTS {
        tracing::warn!(
            %reason,
            "a browser was sent to Clerk and back three times and still has no session: do the keys belong to one \
             instance, and does the browser take cookies of this address?"
        );
        return None;
    }
    let count = format!("{REDIRECT_COUNT}={}; SameSite=Lax; HttpOnly; Max-Age=2", facts.redirects + 1);
    let cookies: Vec<HeaderValue> = HeaderValue::try_from(count).into_iter().collect();
    Some(Redirect::new(location.into(), reason.clone(), &cookies).with_status("handshake"))
}

/// The answer: cookies to set, and the session token among them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) cookies: Vec<HeaderValue>,
    /// `None` when the browser is signed out.
    pub(crate) token: Option<String>,
}

impl Resolution {
    /// Directives are passed on as they are; one that no header can carry is left out.
    pub(crate) fn read(site: &Site, directives: &[String]) -> Self {
        let token = directives.iter().rev().find_map(|directive| {
            let (name, rest) = directive.split_once('=')?;
            let ours = name.trim() == SESSION || name.trim() == site.names.session;
            let value = rest.split(';').next().unwrap_or_default().trim();
            (ours && !value.is_empty()).then(|| value.to_owned())
        });
        Self {
            cookies: directives.iter().filter_map(|text| HeaderValue::try_from(text.as_str()).ok()).collect(),
            token,
        }
    }
}

/// Makes the browser forget a result that arrived by cookie, so that it is not resolved again.
pub(crate) fn forget_transport(facts: &Facts<'_>) -> Vec<HeaderValue> {
    let secure = facts.request.public_url.scheme() == "https";
    [HANDSHAKE, HANDSHAKE_NONCE]
        .into_iter()
        .filter(|name| facts.cookies.get(name).is_some())
        .filter_map(|name| forget(name, secure))
        .collect()
}
