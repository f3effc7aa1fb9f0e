//! Where a person goes when a hosted page is done with them.

use url::Url;
use url::form_urlencoded::{Serializer, parse};

use crate::app::App;
use crate::browser::Browser;
use crate::cookies::DEV_BROWSER;
use crate::origins::origin;

/// Parameters that say where to go, the most binding first.
const PARAMETERS: [&str; 7] = [
    "sign_in_force_redirect_url",
    "sign_up_force_redirect_url",
    "redirect_url",
    "sign_in_fallback_redirect_url",
    "sign_up_fallback_redirect_url",
    "after_sign_in_url",
    "after_sign_up_url",
];

/// What the query says about the way on.
pub(super) struct Destination {
    /// An address on the allow-list; anything else counts as nothing said.
    asked: Option<Url>,
}

impl Destination {
    /// Reads the query. A path is one of the application's.
    pub(super) fn read(app: &App, query: &str) -> Self {
        let asked = PARAMETERS.iter().find_map(|wanted| {
            let (_, text) = parse(query.as_bytes()).find(|(name, text)| name == wanted && !text.is_empty())?;
            let url = app.settings.app_url.join(&text).ok()?;
            app.settings.origins.allowed_url(url.as_str())
        });
        Self { asked }
    }

    /// Whether anything was said.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// The query that carries it, and the address typed so far, to the next page. Empty or with its question mark.
    pub(super) fn query(&self, email: &str) -> String {
        let mut query = Serializer::new(String::new());
        if let Some(url) = &self.asked {
            query.append_pair("redirect_url", url.as_str());
        }
        if !email.is_empty() {
            query.append_pair("email_address", email);
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// The address to go to. In development the application is told which browser comes, so that it can
    /// fetch the session; in production a cookie of the domain tells it.
    pub(super) fn url(&self, app: &App, browser: &Browser) -> Url {
        let mut url = self.asked.as_ref().unwrap_or(&app.settings.app_url).clone();
        let Some(dev_browser) = browser.development_id().filter(|_| !app.settings.origins.is_own(&origin(&url))) else {
            return url;
        };
        if url.query_pairs().any(|(name, _)| name == DEV_BROWSER) {
            let kept: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| name != DEV_BROWSER).collect();
            url.query_pairs_mut().clear().extend_pairs(kept);
        }
        url.query_pairs_mut().append_pair(DEV_BROWSER, dev_browser);
        url
    }
}
