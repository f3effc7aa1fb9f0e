//! `/p/session/…`: the customer portal, as its configuration and the session's flow allow it.

mod cancel;
mod card;
mod confirm;
mod customer;
mod done;
mod home;
mod plans;
mod visit;

pub(super) use home::{card_name, state_of};

use axum::Router;
use axum::routing::{get, post};

use crate::app::Shared;

/// The portal's pages.
pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/p/session/{secret}", get(home::show))
        .route("/p/session/{secret}/done", get(done::show))
        .route("/p/session/{secret}/card", get(card::show).post(card::save))
        .route("/p/session/{secret}/cards/{id}/default", post(card::choose))
        .route("/p/session/{secret}/cards/{id}/remove", post(card::remove))
        .route("/p/session/{secret}/customer", get(customer::show).post(customer::save))
        .route("/p/session/{secret}/plans/{id}", get(plans::show))
        .route("/p/session/{secret}/plans/{id}/keep", post(plans::keep))
        .route("/p/session/{secret}/plans/{id}/to/{price}", get(confirm::show).post(confirm::change))
        .route("/p/session/{secret}/plans/{id}/cancel", get(cancel::show).post(cancel::cancel))
        .route("/p/session/{secret}/plans/{id}/renew", post(cancel::renew))
}
