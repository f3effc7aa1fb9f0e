//! What is left of a deleted organisation, taken along: the page of exports outside of it, for those who were its admins.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::Access;
use domain::exports;
use http::header::SET_COOKIE;
use http::{HeaderMap, Method, StatusCode};

use super::exports::{ExportPath, Exports};
use super::gate::Gate;
use super::page;
use super::shell::Mark;
use crate::access::{Browser, Left, SignedIn};
use crate::body::At;
use crate::error::Result;
use crate::flash::Flash;
use crate::session::location;
use crate::times::Zone;

#[derive(Template)]
#[template(path = "deleted_exports.html")]
struct DeletedExports {
    gate: Gate,
    mark: Mark,
    access: Access,
    exports: Exports,
}

/// `GET /deleted/{organisation}/export`
pub(crate) async fn show(
    person: SignedIn,
    left: Left,
    browser: Browser,
    State(state): State<crate::State>,
) -> Result<Response> {
    let (access, list) = left.read(exports::list()).await?;
    let view = DeletedExports {
        gate: Gate::new(&state.config, browser, Some(person.home.person.email)),
        mark: Mark::of(&access.organisation.name),
        exports: Exports::new(left.url("export"), &Zone::of(&access), list, 2),
        access,
    };
    page(StatusCode::OK, &view)
}

/// `POST /deleted/{organisation}/export`
pub(crate) async fn ask(left: Left, State(state): State<crate::State>) -> Result<Response> {
    let mut tx = left.write().await?;
    exports::ask(&mut tx).await?;
    tx.commit().await?;
    let mut response = (StatusCode::SEE_OTHER, location(&left.url("export"))).into_response();
    response.headers_mut().append(SET_COOKIE, Flash::ExportAsked.cookie(&state.config));
    Ok(response)
}

/// `GET /deleted/{organisation}/export/{export}/file`, and the same for programs.
pub(crate) async fn download(
    left: Left,
    State(state): State<crate::State>,
    At(at): At<ExportPath>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response> {
    let found = left.read(exports::show(at.export)).await?;
    super::exports::send(&state, found, (&method, &headers), left.write()).await
}
