//! The sandbox's Stripe: products to invoices, on a clock of its own.
//!
//! Every call is a function from the book and the parameters to an answer (`api`); what surrounds it, from the key to
//! idempotency, is here once.

mod api;
mod billing;
mod book;
mod cards;
mod checkout;
mod clock;
mod cycle;
mod dispatch;
mod errors;
mod expand;
mod faults;
mod form;
mod guard;
mod idempotency;
mod list;
mod pages;
mod records;
mod sender;
mod shelf;

pub(crate) use billing::{Ending, PortalChange};
pub(crate) use book::{AfterRetries, Book, FILE};
pub(crate) use cards::{by_number as card_by_number, by_token as card_by_token};
pub(crate) use checkout::Typed;
pub(crate) use clock::day;
pub(crate) use cycle::keep_ticking;
pub(crate) use errors::StripeError;
pub(crate) use faults::Shown;
pub(crate) use form::Metadata;
pub(crate) use records::{Card, Mood, Secret, Status, Subscription, WebhookEndpoint};
pub(crate) use sender::FromStripe;

use axum::Router;
use axum::middleware::from_fn_with_state;
use http::{Method, Uri};
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::Shared;

/// The version of the API this is.
pub(crate) const VERSION: &str = "2026-09-30.endive";

/// Everything on Stripe's port.
pub(crate) fn router(app: &Shared) -> Router {
    dispatch::routes()
        .merge(pages::router(app))
        .fallback(unknown)
        .layer(from_fn_with_state(app.clone(), faults::inject))
        .layer(from_fn_with_state(app.clone(), guard::enforce))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .layer(CatchPanicLayer::new())
        .layer(from_fn_with_state(app.clone(), guard::stamp))
        .with_state(app.clone())
}

async fn unknown(method: Method, uri: Uri) -> StripeError {
    StripeError::unknown_url(&method, uri.path())
}
