//! Everything HTTP: the route table, who is calling, pages, JSON, webhooks, errors, assets.

mod access;
mod api;
mod assets;
mod body;
mod client_address;
mod config;
mod cookies;
mod creation;
mod download;
mod envelope;
mod error;
mod flash;
mod frontend_proxy;
mod guard;
mod headers;
mod health;
mod icon;
mod kept;
mod live;
mod markdown;
mod money;
mod organisation_change;
mod origin;
mod pages;
mod paper;
mod picture;
mod presentation;
mod refusals;
mod return_path;
mod route;
pub mod routes;
mod seen;
mod session;
mod sheet;
mod slug;
mod standing;
mod state;
mod theme;
mod times;
mod trail;
mod webhooks;

pub use config::Config;
pub use route::{Caller, Noun, Route, Surface};
pub use signatures::svix::Secret as WebhookSecret;
pub use state::State;
pub use webhooks::SelfTest;

/// The whole application: the route table behind the layers that every request passes.
///
/// Outermost first: request id, log line and security headers (`envelope`), compression, errors as pages or problems
/// (`presentation`), the guard (panic, time, host, origin), the size of bodies, then the routes.
pub fn app(state: State) -> axum::Router {
    use axum::middleware::from_fn_with_state;
    use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
    // An archive is compressed already, and its bytes are counted from the first to the last.
    let worth_it = DefaultPredicate::new().and(NotForContentType::const_new(download::ZIP));
    let layers = tower::ServiceBuilder::new()
        .layer(from_fn_with_state(state.clone(), envelope::envelope))
        .layer(tower_http::compression::CompressionLayer::new().compress_when(worth_it))
        .layer(from_fn_with_state(state.clone(), presentation::present))
        .layer(from_fn_with_state(state.clone(), guard::guard))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(axum::middleware::from_fn(body::limit));
    routes::router(&state).layer(layers).with_state(state)
}
