//! `/account`: what a person belongs to, is invited to, and is signed in with.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::directory::{self, PersonHome};
use domain::{Org, memberships};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Deserialize;

use super::account_sessions::Sessions;
use super::gate::Gate;
use super::page;
use super::shell::{Mark, role_name};
use crate::access::{Browser, SignedIn, Whence};
use crate::body::{Form, Query};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::session::location;

#[derive(Template)]
#[template(path = "account.html")]
pub(super) struct Account {
    gate: Gate,
    name: String,
    email: String,
    mine: Vec<Line>,
    waiting: Vec<String>,
    invitations: Vec<Invited>,
    sessions: Sessions,
    /// Why something was not done.
    refusal: Option<String>,
}

/// One of the person's organisations.
struct Line {
    name: String,
    slug: String,
    role: &'static str,
    mark: Mark,
    href: String,
    /// Whether the page begins with the question open.
    asked: bool,
}

/// An invitation that waits for an answer.
struct Invited {
    name: String,
    role: &'static str,
    by: String,
    mark: Mark,
    href: String,
}

/// What of the page is open: the address of an organisation to leave.
#[derive(Default, Deserialize)]
pub(crate) struct Open {
    leave: Option<String>,
}

/// Which organisation.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Leaving {
    slug: String,
}

/// `GET /account`
pub(crate) async fn show(
    person: SignedIn,
    browser: Browser,
    State(state): State<crate::State>,
    Query(open): Query<Open>,
) -> Result<Response> {
    page(StatusCode::OK, &Account::new(&state, browser, person, open.leave.as_deref()).await)
}

/// `POST /account/leave`: the membership ends here at once; the last admin is told why theirs does not.
pub(crate) async fn leave(
    person: SignedIn,
    browser: Browser,
    Whence(origin): Whence,
    State(state): State<crate::State>,
    Form(leaving): Form<Leaving>,
) -> Result<Response> {
    let user = &person.session.user;
    let organisation = directory::organisation_for(&state.database, user, &leaving.slug).await?;
    let organisation = organisation.ok_or(Error::NotFound)?;
    let org = Org::new(&state.database, organisation, user.clone(), &leaving.slug);
    let mut tx = org.with_session(person.session.id(), person.session.presence()).from(origin).write().await?;
    match memberships::leave(&mut tx).await {
        Ok(()) => tx.commit().await?,
        Err(domain::Error::Conflict { message, .. }) => {
            drop(tx);
            return Account::again(&state, browser, person, StatusCode::CONFLICT, message).await;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(see(&state, Flash::OrganisationLeft))
}

/// To the account, which will say what was done.
pub(super) fn see(state: &crate::State, flash: Flash) -> Response {
    let mut response = (StatusCode::SEE_OTHER, location("/account")).into_response();
    response.headers_mut().append(SET_COOKIE, flash.cookie(&state.config));
    response
}

impl Account {
    async fn new(state: &crate::State, browser: Browser, person: SignedIn, asked: Option<&str>) -> Self {
        let sessions = Sessions::of(state, &person.session).await;
        let PersonHome { person, organisations, waiting, invitations } = person.home;
        let mine = organisations.into_iter().map(|one| Line {
            mark: Mark::of(&one.name),
            role: role_name(one.role),
            href: format!("/orgs/{}", one.slug),
            asked: asked == Some(one.slug.as_str()),
            name: one.name,
            slug: one.slug,
        });
        let invited = invitations.into_iter().map(|one| Invited {
            mark: Mark::of(&one.name),
            role: role_name(one.role),
            href: format!("/invitations/{}/{}", one.organisation, one.id),
            name: one.name,
            by: one.invited_by,
        });
        Self {
            gate: Gate::new(&state.config, browser, Some(person.email.clone())),
            name: person.name,
            email: person.email,
            mine: mine.collect(),
            waiting: waiting.into_iter().map(|one| one.name).collect(),
            invitations: invited.collect(),
            sessions,
            refusal: None,
        }
    }

    /// The page, with the reason why something was not done.
    pub(super) async fn again(
        state: &crate::State,
        browser: Browser,
        person: SignedIn,
        status: StatusCode,
        refusal: String,
    ) -> Result<Response> {
        let view = Self { refusal: Some(refusal), ..Self::new(state, browser, person, None).await };
        page(status, &view)
    }
}
