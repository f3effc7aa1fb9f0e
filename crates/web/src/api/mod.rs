//! JSON for programs under `/api/v1`: the same calls of the domain as the pages, a bearer token, problems as RFC 9457.

pub(crate) mod audit_log;
pub(crate) mod billing;
pub(crate) mod deleted_exports;
pub(crate) mod duties;
pub(crate) mod exports;
pub(crate) mod invitations;
pub(crate) mod lifecycle;
pub(crate) mod me;
pub(crate) mod members;
pub(crate) mod offers;
pub(crate) mod organisation;
pub(crate) mod procedures;
pub(crate) mod reports;
pub(crate) mod roles;
pub(crate) mod run_steps;
pub(crate) mod runs;
pub(crate) mod schedules;
pub(crate) mod step_templates;

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use domain::Listing;
use http::StatusCode;
use http::header::LOCATION;
use serde::Serialize;
use serde_json::json;

/// A page of a list; `older`, where there is more, goes into `?before=`.
#[derive(Serialize)]
pub(crate) struct Listed<T> {
    items: Vec<T>,
    older: Option<String>,
}

/// As a page of a list is answered.
pub(crate) fn listing<T>(listing: Listing<T>) -> Json<Listed<T>> {
    Json(Listed { items: listing.items, older: listing.older.map(|cursor| cursor.to_string()) })
}

/// 201 with the new thing's id and address.
pub(crate) fn created(id: &impl Serialize, path: &str) -> Response {
    let path = http::HeaderValue::try_from(format!("/api/v1{path}"));
    let mut response = (StatusCode::CREATED, Json(json!({ "id": id }))).into_response();
    if let Ok(path) = path {
        response.headers_mut().insert(LOCATION, path);
    }
    response
}
