//! Who looks at a hosted page: a browser known by its cookie, or by the parameter the application sends along.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderValue;
use http::header::SET_COOKIE;
use http::request::Parts;
use url::form_urlencoded::parse;

use crate::app::{App, Shared};
use crate::browser::Browser;
use crate::clock;
use crate::cookies::{self, DEV_BROWSER};
use crate::portal::destination::Destination;
use crate::records::{Session, User};

/// A browser, and where it wants to go on to.
pub(super) struct Visitor {
    pub(super) browser: Browser,
    pub(super) destination: Destination,
    app: Shared,
    /// Whether a development browser has no cookie yet.
    is_new: bool,
    query: String,
}

impl FromRequestParts<Shared> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let browser = Browser::known(app, &parts.headers, &query)
            .unwrap_or_else(|| Browser::Development(app.store.write(|state| state.create_dev_browser(clock::now()))));
        let is_new = cookies::read(&parts.headers, DEV_BROWSER) != browser.development_id();
        Ok(Self { browser, destination: Destination::read(app, &query), app: app.clone(), is_new, query })
    }
}

fn parameter(query: &str, wanted: &str) -> Option<String> {
    parse(query.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

impl Visitor {
    /// A parameter to fill a field with beforehand.
    pub(super) fn prefill(&self, name: &str) -> String {
        parameter(&self.query, name).unwrap_or_default()
    }

    /// The session and the person, when somebody is signed in.
    pub(super) fn signed_in(&self, app: &App) -> Option<(Session, User)> {
        app.store.read(|state| {
            let client = self.browser.client(state)?;
            let session = state.current_session(client)?;
            let user = state.users.get(&session.user_id)?;
            Some((session.clone(), user.clone()))
        })
    }

    /// On to where the person wanted to go. Nobody is sent away without an organisation unless they said where to:
    /// the application has a page of its own for that.
    pub(super) fn onward(&self, app: &App) -> Response {
        let undecided = self.signed_in(app).is_some_and(|(session, _)| {
            app.store.read(|state| state.session_status(&session) == crate::records::SessionStatus::Pending)
        });
        if undecided && !self.destination.is_asked() {
            return self.see_other("/sign-in/tasks");
        }
        let url = self.destination.url(app, &self.browser);
        self.see_other(url.as_str())
    }

    /// To another page, by GET.
    pub(super) fn see_other(&self, location: &str) -> Response {
        self.answer(Redirect::to(location))
    }

    /// To another hosted page, which keeps in mind where the person wants to go and the address they typed.
    pub(super) fn step(&self, path: &str, email: &str) -> Response {
        self.see_other(&format!("{path}{}", self.destination.query(email)))
    }

    /// An answer that makes the browser known by its cookies from now on.
    pub(super) fn answer(&self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        let cookies = match &self.browser {
            Browser::Development(id) if self.is_new => vec![cookies::keep(DEV_BROWSER, id, false)],
            browser => self.app.store.read(|state| browser.cookies(&self.app, state)),
        };
        for value in cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
        response
    }
}
