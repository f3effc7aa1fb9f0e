//! Who may call: the door that stands before each handler, and the callers that handlers take.

mod door;
mod in_org;
mod left;

use axum::extract::FromRequestParts;
use domain::audit_log::Origin;
use domain::directory::PersonHome;
use http::request::Parts;

pub(crate) use door::{Door, door};
pub(crate) use in_org::InOrg;
pub(crate) use left::Left;

use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::session::{self, Session};
use crate::theme::Theme;
use crate::trail::Trail;
use crate::{Config, State};

/// What a page needs to know of the browser that asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    /// Light, dark, or as the system says.
    pub(crate) theme: Theme,
    /// What the last answer left to say.
    pub(crate) flash: Option<Flash>,
    /// Whether htmx asks, for a part of the page.
    pub(crate) htmx: bool,
    /// Who acts in the person's name. Known once the session is.
    pub(crate) impersonator: Option<String>,
}

impl Browser {
    /// Reads it. What a whole page says is not said again.
    pub(crate) fn of(config: &Config, parts: &Parts) -> Self {
        let htmx = session::is_htmx(&parts.headers);
        let whole_page = parts.method == http::Method::GET && !htmx;
        let flash = Flash::of(config, &parts.headers).filter(|_| whole_page);
        let trail = Trail::of(&parts.extensions);
        if flash.is_some() {
            trail.add_cookie(Flash::forget(config));
        }
        Self { theme: Theme::of(config, &parts.headers), flash, htmx, impersonator: trail.impersonator() }
    }
}

impl FromRequestParts<State> for Browser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        Ok(Self::of(&state.config, parts))
    }
}

/// Everybody: perhaps somebody.
pub(crate) struct Anyone {
    pub(crate) session: Option<Session>,
}

impl FromRequestParts<State> for Anyone {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        Ok(Self { session: session::optional(state, parts).await? })
    }
}

/// Where a request comes from, for what is recorded of it outside of an organisation's door.
pub(crate) struct Whence(pub(crate) Origin);

impl FromRequestParts<State> for Whence {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self> {
        Ok(Self(door::origin(parts)))
    }
}

/// A person with a session, wherever they belong. Put there by the door.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) home: PersonHome,
}

impl FromRequestParts<State> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self> {
        parts.extensions.get::<Self>().cloned().ok_or_else(undeclared)
    }
}

impl FromRequestParts<State> for InOrg {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self> {
        parts.extensions.get::<Self>().cloned().ok_or_else(undeclared)
    }
}

fn undeclared() -> Error {
    tracing::error!("a handler takes another caller than its route declares");
    Error::Internal
}
