//! `/operators`: the machinery, for those who run it. Customers find nothing at this address.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::drift::{self, DriftReport, RECONCILE_CLERK};
use domain::inbound_events::Vendor;
use domain::jobs;
use domain::operations::{self, Decision, ParkedJob, Queue};
use http::StatusCode;
use http::header::SET_COOKIE;
use tenancy::SystemReason;
use uuid::Uuid;

use super::gate::Gate;
use super::page;
use crate::access::{Browser, SignedIn};
use crate::body::At;
use crate::error::Result;
use crate::flash::Flash;
use crate::session::location;

const PATH: &str = "/operators";
/// Reports that are shown.
const REPORTS: i64 = 5;

#[derive(Template)]
#[template(path = "operators.html")]
struct Operators {
    gate: Gate,
    queue: Queue,
    parked: Vec<ParkedJob>,
    reports: Vec<DriftReport>,
}

impl Operators {
    /// In words: how long the oldest job that is due waits.
    fn oldest(&self) -> String {
        match self.queue.oldest_seconds {
            None => "none".to_owned(),
            Some(seconds) if seconds < 90.0 => format!("{seconds:.0} s"),
            Some(seconds) => format!("{:.0} min", seconds / 60.0),
        }
    }
}

/// `GET /operators`
pub(crate) async fn show(person: SignedIn, browser: Browser, State(state): State<crate::State>) -> Result<Response> {
    let database = &state.database;
    let queue = operations::queue(database).await?;
    let parked = operations::parked(database).await?;
    let reports = drift::last(database, Vendor::Clerk, REPORTS).await?;
    let gate = Gate::new(&state.config, browser, Some(person.home.person.email));
    page(StatusCode::OK, &Operators { gate, queue, parked, reports })
}

/// `POST /operators/jobs/{job}/again`
pub(crate) async fn again(State(state): State<crate::State>, At(job): At<Uuid>) -> Result<Response> {
    operations::decide(&state.database, job, Decision::TryAgain).await?;
    Ok(back(&state, Flash::JobTriedAgain))
}

/// `POST /operators/jobs/{job}/aside`
pub(crate) async fn aside(State(state): State<crate::State>, At(job): At<Uuid>) -> Result<Response> {
    operations::decide(&state.database, job, Decision::SetAside).await?;
    Ok(back(&state, Flash::JobSetAside))
}

/// `POST /operators/reconcile`
pub(crate) async fn reconcile(State(state): State<crate::State>) -> Result<Response> {
    jobs::ask(&state.database, SystemReason::Operations, RECONCILE_CLERK).await?;
    Ok(back(&state, Flash::Comparing))
}

fn back(state: &crate::State, flash: Flash) -> Response {
    let mut response = (StatusCode::SEE_OTHER, location(PATH)).into_response();
    response.headers_mut().append(SET_COOKIE, flash.cookie(&state.config));
    response
}
