//! What every handler is given: the settings, the state and the signer.

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use tower_http::catch_panic::CatchPanicLayer;

use crate::faults::Faults;
use crate::limits::Limits;
use crate::logos::Logos;
use crate::received::{Received, record};
use crate::settings::Settings;
use crate::smtp::Troubles;
use crate::store::Store;
use crate::stripe::{Book, Shown};
use crate::tokens::Signer;
use crate::webhook_secrets::WebhookSecrets;
use crate::{backend, frontend, portal};

/// The running instance.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) signer: Signer,
    pub(crate) logos: Logos,
    pub(crate) secrets: WebhookSecrets,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    /// Of mails.
    pub(crate) troubles: Troubles,
    pub(crate) received: Received,
    /// Stripe's state.
    pub(crate) book: Store<Book>,
    /// What Stripe has shown.
    pub(crate) shown: Shown,
}

/// One instance, shared.
pub(crate) type Shared = Arc<App>;

/// Everything that answers on Clerk's port.
pub(crate) fn router(app: &Shared) -> Router {
    Router::new()
        .merge(frontend::router(app))
        .nest("/bapi/v1", backend::router(app))
        .merge(portal::router(app))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(app.clone(), record))
        .layer(middleware::from_fn(log))
        .with_state(app.clone())
}

async fn log(request: axum::extract::Request, next: middleware::Next) -> axum::response::Response {
    let method = request.method().clone();
    // Never the query: it holds the development browser, which is as good as a session.
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    tracing::debug!(%method, path, status = response.status().as_u16(), "answered");
    response
}
