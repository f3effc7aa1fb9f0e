//! `/account`: what a person belongs to, is invited to, and is signed in with.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::directory::PersonHome;
use http::StatusCode;
use serde::Deserialize;

use super::account_sessions::Sessions;
use super::gate::Gate;
use super::page;
use super::shell::{Mark, role_name};
use crate::access::{Browser, SignedIn};
use crate::body::Query;
use crate::error::Result;

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

/// `GET /account`
pub(crate) async fn show(
    person: SignedIn,
    browser: Browser,
    State(state): State<crate::State>,
    Query(open): Query<Open>,
) -> Result<Response> {
    page(StatusCode::OK, &Account::new(&state, browser, person, open.leave.as_deref()).await)
}

impl Account {
    async fn new(state: &crate::State, browser: Browser, person: SignedIn, asked: Option<&str>) -> Self {
        let sessions = Sessions::of(state, &person.session).await;
        let PersonHome { person, organisations, waiting, invitations, .. } = person.home;
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
