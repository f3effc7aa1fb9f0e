//! Development browsers: what stands in for a cookie on the Frontend API's own host in a development instance.

use serde::{Deserialize, Serialize};

use crate::clock::{DAY, Millis};
use crate::ids;
use crate::state::State;

/// One browser, known by the id it carries, and the client it turned out to be.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct DevBrowser {
    pub(crate) client_id: Option<String>,
    pub(crate) created_at: Millis,
}

impl State {
    /// A new browser nobody is signed in with. Those that never came to anything are forgotten after a day.
    pub(crate) fn create_dev_browser(&mut self, now: Millis) -> String {
        self.dev_browsers.retain(|_, browser| browser.client_id.is_some() || browser.created_at > now - DAY);
        let id = ids::fresh("dvb_");
        self.dev_browsers.insert(id.clone(), DevBrowser { client_id: None, created_at: now });
        id
    }

    /// The client of a browser, if it has one.
    pub(crate) fn client_of(&self, dev_browser: &str) -> Option<&str> {
        self.dev_browsers.get(dev_browser)?.client_id.as_deref()
    }

    /// The client of a browser, made now if it has none; the browser must be known.
    pub(crate) fn ensure_client(&mut self, dev_browser: &str, now: Millis) -> String {
        if let Some(id) = self.client_of(dev_browser) {
            return id.to_owned();
        }
        let id = self.create_client(now);
        self.dev_browsers.insert(dev_browser.to_owned(), DevBrowser { client_id: Some(id.clone()), created_at: now });
        id
    }
}
