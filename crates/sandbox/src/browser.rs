//! How a browser is known again: in development by an id that the application's host hands around, in production by a
//! cookie of the Frontend API's own host.

use http::HeaderMap;

use crate::app::App;
use crate::clock::{Millis, SECOND};
use crate::cookies::{self, CLIENT, DEV_BROWSER};
use crate::state::State;

/// A browser.
#[derive(Clone, Debug)]
pub(crate) enum Browser {
    /// The id of a development browser.
    Development(String),
    /// The client of the cookie, once there is one.
    Production(Option<String>),
}

impl Browser {
    /// The browser of a request. In development it is none before it has introduced itself.
    pub(crate) fn known(app: &App, headers: &HeaderMap, query: &str) -> Option<Self> {
        app.store.read(|state| {
            if app.signer.instance.is_production {
                let client = cookies::read(headers, CLIENT).and_then(|token| state.client_by_token(token));
                return Some(Self::Production(client.map(str::to_owned)));
            }
            let parameter = url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == DEV_BROWSER)
                .map(|(_, value)| value.into_owned());
            [parameter.as_deref(), cookies::read(headers, DEV_BROWSER)]
                .into_iter()
                .flatten()
                .find(|id| state.dev_browsers.contains_key(*id))
                .map(|id| Self::Development(id.to_owned()))
        })
    }

    /// The client, if the browser has come that far.
    pub(crate) fn client<'a>(&'a self, state: &'a State) -> Option<&'a str> {
        match self {
            Self::Development(id) => state.client_of(id),
            Self::Production(client) => client.as_deref().filter(|id| state.clients.contains_key(*id)),
        }
    }

    /// The client, made now if there is none.
    pub(crate) fn ensure_client(&mut self, state: &mut State, now: Millis) -> String {
        match self {
            Self::Development(id) => state.ensure_client(id, now),
            Self::Production(client) => match client {
                Some(id) if state.clients.contains_key(id) => id.clone(),
                _ => client.insert(state.create_client(now)).clone(),
            },
        }
    }

    /// The id that rides in addresses, which only a development browser has.
    pub(crate) fn development_id(&self) -> Option<&str> {
        match self {
            Self::Development(id) => Some(id),
            Self::Production(_) => None,
        }
    }

    /// What an answer to the browser itself sets: in production who it is, and for the application's server when that
    /// last changed. In development ClerkJS keeps both.
    pub(crate) fn cookies(&self, app: &App, state: &State) -> Vec<String> {
        if let Self::Development(_) = self {
            return Vec::new();
        }
        let client = self.client(state).and_then(|id| state.clients.get(id));
        let live = client.filter(|client| state.sessions_of_client(&client.id).next().is_some());
        let changed = live.map_or(0, |client| client.updated_at / SECOND).to_string();
        let mut all = vec![
            cookies::keep("__client_uat", &changed, false),
            cookies::keep(&format!("__client_uat_{}", app.signer.instance.suffix), &changed, false),
        ];
        if let Some(client) = client {
            all.push(cookies::keep_hidden(CLIENT, &client.token(), false));
        }
        all
    }
}
