//! A deleted organisation: how long it can be restored, and the way back for its admins.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::lifecycle::deleted::{self, Deleted};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Deserialize;
use tenancy::OrganisationId;

use super::gate::Gate;
use super::page;
use super::shell::Mark;
use crate::access::{Browser, SignedIn, Whence};
use crate::body::At;
use crate::error::Result;
use crate::flash::Flash;
use crate::money::Money;
use crate::session::location;
use crate::times::Zone;

/// The address of a deleted organisation: its own one is nobody's until it is restored.
#[derive(Debug, Deserialize)]
pub(crate) struct DeletedPath {
    organisation: String,
}

impl DeletedPath {
    /// `NotFound` where it is no id.
    pub(crate) fn id(&self) -> domain::Result<OrganisationId> {
        OrganisationId::parse(&self.organisation).map_err(|_| domain::Error::NotFound)
    }
}

#[derive(Template)]
#[template(path = "deleted.html")]
struct DeletedPage {
    gate: Gate,
    mark: Mark,
    zone: Zone,
    left: String,
    /// A bar of so many days: whether each is still left.
    days: Vec<bool>,
    final_invoice: Option<String>,
    gone: Deleted,
}

/// `GET /deleted/{organisation}`
pub(crate) async fn show(
    person: SignedIn,
    browser: Browser,
    State(state): State<crate::State>,
    At(at): At<DeletedPath>,
) -> Result<Response> {
    let gone = deleted::show(&state.database, &at.id()?, &person.session.user).await?;
    let gate = Gate::new(&state.config, browser, Some(person.home.person.email));
    // Not 404 and not 200: what was here may come back, and is not here.
    page(StatusCode::GONE, &DeletedPage::new(gate, gone))
}

/// `POST /deleted/{organisation}/restore`: back with everything but the plan, which is chosen anew.
pub(crate) async fn restore(
    person: SignedIn,
    State(state): State<crate::State>,
    Whence(origin): Whence,
    At(at): At<DeletedPath>,
) -> Result<Response> {
    let slug = deleted::restore(&state.database, &at.id()?, &person.session.user, &origin).await?;
    let there = location(&format!("/orgs/{slug}/settings/billing"));
    let mut response = (StatusCode::SEE_OTHER, there).into_response();
    response.headers_mut().append(SET_COOKIE, Flash::OrganisationRestored.cookie(&state.config));
    Ok(response)
}

impl DeletedPage {
    fn new(gate: Gate, gone: Deleted) -> Self {
        let left = gone.days_left();
        let window = gone.erase_at.map_or(0, |until| (until.duration_since(gone.deleted_at).as_hours() + 23) / 24);
        let invoice = gone.final_invoice.as_ref().map(|invoice| {
            let money = |minor| Money::new(minor, &invoice.currency);
            let number = invoice.number.as_deref().unwrap_or("The final invoice");
            match invoice {
                _ if invoice.due > 0 => format!("{number}, {}, still to be paid.", money(invoice.due)),
                _ if invoice.total < 0 => {
                    format!("{number}, {} of credit for a plan after a restore.", money(invoice.total).abs())
                }
                _ => format!("{number}, {}, paid.", money(invoice.total)),
            }
        });
        Self {
            gate,
            mark: Mark::of(&gone.name),
            zone: Zone::named(&gone.time_zone),
            left: in_words(left),
            // Longer windows than these would be a bar of hairs.
            days: if window <= 60 { (0..window).map(|day| day >= window - left).collect() } else { Vec::new() },
            final_invoice: invoice,
            gone,
        }
    }
}

/// "26 days left to restore it"
pub(crate) fn in_words(days: i64) -> String {
    match days {
        0 => "It cannot be restored any more".to_owned(),
        1 => "1 day left to restore it".to_owned(),
        days => format!("{days} days left to restore it"),
    }
}
