//! A person's sessions: where they are signed in, and how they end that.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use clerk::types::{Session as AtClerk, SessionState};
use domain::{directory, sign_outs};
use http::StatusCode;
use http::header::SET_COOKIE;
use jiff::Timestamp;
use serde::Deserialize;

use super::account::Account;
use crate::access::{Browser, SignedIn};
use crate::body::Form;
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::session::{Session, location};
use crate::state::Chain;

/// Sessions that are shown; whoever has more ends them all at once.
const MOST: u32 = 100;
/// The page is not held up for longer.
const PATIENCE: Duration = Duration::from_secs(3);
const DARK: &str = "Clerk, which keeps sessions, does not answer. Nothing was ended; try again in a minute.";

/// What Clerk says, or that it says nothing.
pub(super) struct Sessions {
    pub(super) all: Vec<Line>,
    /// Clerk did not answer.
    pub(super) unknown: bool,
    /// Whether there is another one than this.
    pub(super) others: bool,
}

/// A session on the page.
pub(super) struct Line {
    pub(super) id: String,
    /// `Chrome on Macintosh`
    pub(super) device: String,
    /// `Berlin, Germany`
    pub(super) place: Option<String>,
    pub(super) used_at: Timestamp,
    /// The one that looks.
    pub(super) this: bool,
}

/// Which one.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Ending {
    session: String,
}

/// `POST /account/sessions/end`
pub(crate) async fn end(
    person: SignedIn,
    browser: Browser,
    State(state): State<crate::State>,
    Form(ending): Form<Ending>,
) -> Result<Response> {
    let mine = person.session.clone();
    let Some(all) = at_clerk(&state, &mine).await else {
        return nothing_ended(&state, browser, person).await;
    };
    let chosen = all.into_iter().find(|one| one.id == ending.session && one.id != mine.id()).ok_or(Error::NotFound)?;
    end_all(&state, &mine, &[chosen], Flash::SessionEnded).await
}

/// `POST /account/sessions/end-others`
pub(crate) async fn end_others(
    person: SignedIn,
    browser: Browser,
    State(state): State<crate::State>,
) -> Result<Response> {
    let mine = person.session.clone();
    let Some(mut all) = at_clerk(&state, &mine).await else {
        return nothing_ended(&state, browser, person).await;
    };
    all.retain(|one| one.id != mine.id());
    end_all(&state, &mine, &all, Flash::OtherSessionsEnded).await
}

async fn nothing_ended(state: &crate::State, browser: Browser, person: SignedIn) -> Result<Response> {
    Account::again(state, browser, person, StatusCode::SERVICE_UNAVAILABLE, DARK.to_owned()).await
}

/// Here at once, so that nothing is answered to their last tokens; at Clerk as well. The account then says what was done.
async fn end_all(state: &crate::State, mine: &Session, ending: &[AtClerk], flash: Flash) -> Result<Response> {
    for one in ending {
        directory::session_ended(&state.database, &mine.user, &one.id).await?;
        if let Err(error) = state.end_at_clerk(&one.id).await {
            // Here it has ended, whatever tokens Clerk still makes for it.
            tracing::warn!(error = %Chain(&error), "Clerk is told later that a session has ended");
            sign_outs::tell_clerk_later(&state.database, &one.id).await?;
        }
    }
    let mut response = (StatusCode::SEE_OTHER, location("/account")).into_response();
    response.headers_mut().append(SET_COOKIE, flash.cookie(&state.config));
    Ok(response)
}

/// The person's sessions that go on; `None` where Clerk does not say.
async fn at_clerk(state: &crate::State, mine: &Session) -> Option<Vec<AtClerk>> {
    let active = Some(&SessionState::Active);
    let asked = state.clerk.backend().list_user_sessions(mine.user.as_str(), active, MOST, 0);
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(all)) => Some(all.into_iter().filter(|one| one.user_id == mine.user.as_str()).collect()),
        Ok(Err(error)) => {
            tracing::warn!(error = %Chain(&error), "sessions could not be listed");
            None
        }
        Err(_) => {
            tracing::warn!("sessions could not be listed within {} s", PATIENCE.as_secs());
            None
        }
    }
}

impl Sessions {
    pub(super) async fn of(state: &crate::State, mine: &Session) -> Self {
        let answer = at_clerk(state, mine).await;
        let unknown = answer.is_none();
        let mut all: Vec<Line> = answer.unwrap_or_default().iter().map(|one| Line::of(one, mine.id())).collect();
        all.sort_by_key(|one| (!one.this, std::cmp::Reverse(one.used_at)));
        Self { others: all.iter().any(|one| !one.this), all, unknown }
    }
}

impl Line {
    fn of(session: &AtClerk, this: &str) -> Self {
        let from = session.latest_activity.clone().unwrap_or_default();
        let said = |word: Option<String>| word.filter(|word| !word.trim().is_empty());
        let device = match (said(from.browser_name), said(from.device_type)) {
            (Some(browser), Some(device)) => format!("{browser} on {device}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => "A browser".to_owned(),
        };
        let place: Vec<String> = [said(from.city), said(from.country)].into_iter().flatten().collect();
        Self {
            id: session.id.clone(),
            device,
            place: (!place.is_empty()).then(|| place.join(", ")),
            used_at: session.last_active_at.unwrap_or(session.created_at),
            this: session.id == this,
        }
    }
}
