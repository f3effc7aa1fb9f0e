//! What becomes known while a request is answered: who asks, where, and which headers the answer has to carry.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Org;
use http::header::SET_COOKIE;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use tenancy::UserId;

use crate::kept::KeptForm;

/// Shared between the layers and the handler of one request.
#[derive(Clone, Default)]
pub(crate) struct Trail(Arc<Mutex<Known>>);

/// For the log line, for the error page's frame, for the answer.
#[derive(Default)]
struct Known {
    user: Option<UserId>,
    session: Option<String>,
    impersonator: Option<String>,
    org: Option<Org>,
    route: &'static str,
    kept: Option<KeptForm>,
    headers: HeaderMap,
}

impl Trail {
    /// The trail of this request.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn signed_in(&self, user: &UserId, session: &clerk::Session) {
        let mut known = self.known();
        known.user = Some(user.clone());
        known.session = Some(session.session_id.clone());
        known.impersonator.clone_from(&session.impersonator);
    }

    /// Somebody stands at an organisation's door, on the way to a route. Whether they are a member the database says.
    pub(crate) fn at_the_door(&self, org: &Org, route: &'static str) {
        let mut known = self.known();
        known.org = Some(org.clone());
        known.route = route;
    }

    pub(crate) fn user(&self) -> Option<UserId> {
        self.known().user.clone()
    }

    /// Who acts in their name, if anybody.
    pub(crate) fn impersonator(&self) -> Option<String> {
        self.known().impersonator.clone()
    }

    /// Clerk's id of their session.
    pub(crate) fn session(&self) -> Option<String> {
        self.known().session.clone()
    }

    pub(crate) fn org(&self) -> Option<Org> {
        self.known().org.clone()
    }

    /// The name of the route that they want to.
    pub(crate) fn route(&self) -> &'static str {
        self.known().route
    }

    /// The request's form, for an answer that gives it back.
    pub(crate) fn keep(&self, form: Option<KeptForm>) {
        self.known().kept = form;
    }

    pub(crate) fn kept(&self) -> Option<KeptForm> {
        self.known().kept.take()
    }

    /// The answer gets these headers besides its own.
    pub(crate) fn add_headers(&self, more: HeaderMap) {
        let mut known = self.known();
        for (name, value) in flattened(more) {
            known.headers.append(name, value);
        }
    }

    /// The answer sets this cookie.
    pub(crate) fn add_cookie(&self, cookie: HeaderValue) {
        self.known().headers.append(SET_COOKIE, cookie);
    }

    /// What the answer has to carry.
    pub(crate) fn take_headers(&self) -> HeaderMap {
        std::mem::take(&mut self.known().headers)
    }
}

/// Name and value of each header, also of those that stand several times.
pub(crate) fn flattened(headers: HeaderMap) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let mut last = None;
    headers.into_iter().filter_map(move |(name, value)| {
        last = name.or(last.take());
        last.clone().map(|name| (name, value))
    })
}
