//! The hosted pages: Checkout, the customer portal, invoices. They work without script.

mod answer;
mod card;
mod challenge;
mod checkout;
mod countries;
mod fields;
mod guard;
mod money;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::app::Shared;
use crate::assets;

/// Every hosted page, and the files they are made with.
pub(super) fn router(app: &Shared) -> Router<Shared> {
    Router::new()
        .route("/c/pay/{id}", get(checkout::show).post(checkout::submit))
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .merge(assets::router())
}
