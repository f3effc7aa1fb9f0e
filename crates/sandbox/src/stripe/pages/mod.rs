//! The hosted pages: Checkout, the customer portal, invoices. They work without script.

mod answer;
mod card;
mod challenge;
mod checkout;
mod countries;
mod fields;
mod guard;
mod invoice;
mod money;
mod pdf;
mod portal;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::app::Shared;
use crate::assets;

/// Every hosted page, and the files they are made with.
pub(super) fn router(app: &Shared) -> Router<Shared> {
    Router::new()
        .route("/c/pay/{id}", get(checkout::show).post(checkout::submit))
        .route("/i/{account}/{secret}", get(invoice::show).post(invoice::pay))
        .route("/i/{account}/{secret}/pdf", get(invoice::pdf))
        .merge(portal::router())
        .layer(from_fn_with_state(app.clone(), guard::guard))
        .merge(assets::router())
}
