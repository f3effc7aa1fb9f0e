//! Who looks at a hosted page: a browser known by its cookie, or by the parameter the application sends along.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderValue;
use http::header::SET_COOKIE;
use http::request::Parts;
use url::form_urlencoded::parse;

use crate::app::{App, Shared};
use crate::clock;
use crate::cookies::{self, DEV_BROWSER};
use crate::portal::destination::Destination;
use crate::records::{Session, User};

/// A browser, and where it wants to go on to.
pub(super) struct Visitor {
    pub(super) dev_browser: String,
    /// Set on the answer when the browser does not have it yet.
    cookie: Option<String>,
    pub(super) destination: Destination,
    query: String,
}

impl FromRequestParts<Shared> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let from_query = parameter(&query, DEV_BROWSER);
        let from_cookie = cookies::read(&parts.headers, DEV_BROWSER).map(str::to_owned);
        let known = app.store.read(|state| {
            [from_query, from_cookie.clone()].into_iter().flatten().find(|id| state.dev_browsers.contains_key(id))
        });
        let dev_browser = known.unwrap_or_else(|| app.store.write(|state| state.create_dev_browser(clock::now())));
        let cookie =
            (from_cookie.as_ref() != Some(&dev_browser)).then(|| cookies::keep(DEV_BROWSER, &dev_browser, false));
        Ok(Self { dev_browser, cookie, destination: Destination::read(app, &query), query })
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
            let client = state.client_of(&self.dev_browser)?;
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
        let url = self.destination.url(app, &self.dev_browser);
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

    /// An answer that makes the browser known by its cookie from now on.
    pub(super) fn answer(&self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        if let Some(cookie) = &self.cookie
            && let Ok(value) = HeaderValue::from_str(cookie)
        {
            response.headers_mut().append(SET_COOKIE, value);
        }
        response
    }
}
