//! From a request to a call and back.

use axum::Json;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{RawPathParams, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, on};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use serde_json::Value;

use crate::app::Shared;
use crate::stripe::api;
use crate::stripe::book::Book;
use crate::stripe::clock::{self, Seconds};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::expand::expand;
use crate::stripe::faults::{Slow, Swap, foreign};
use crate::stripe::form::Params;
use crate::stripe::guard::RequestId;
use crate::stripe::idempotency::Turn;

/// Largest body.
const LIMIT: usize = 1024 * 1024;
/// Parameters every list has.
const LISTS: [&str; 3] = ["limit", "starting_after", "ending_before"];

/// What a call is given.
pub(crate) struct Ask {
    /// The address, with the ids in it.
    pub(crate) path: String,
    /// The ids of the address, in order.
    pub(crate) ids: Vec<String>,
    pub(crate) params: Params,
    /// Everybody's time.
    pub(crate) now: Seconds,
}

impl Ask {
    /// The first id of the address.
    pub(crate) fn id(&self) -> &str {
        self.ids.first().map_or("", String::as_str)
    }
}

/// What a call does.
#[derive(Clone, Copy)]
enum Act {
    Look(fn(&Book, &Ask) -> Answer),
    Change(fn(&mut Book, &Ask) -> Answer),
}

/// A call of the API.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    method: MethodFilter,
    path: &'static str,
    /// Parameters it knows; `*` stands for any one name or index.
    known: &'static [&'static str],
    act: Act,
}

/// A call that shows something.
pub(crate) const fn get(
    path: &'static str,
    known: &'static [&'static str],
    act: fn(&Book, &Ask) -> Answer,
) -> Endpoint {
    Endpoint { method: MethodFilter::GET, path, known, act: Act::Look(act) }
}

/// A call that makes or changes something.
pub(crate) const fn post(
    path: &'static str,
    known: &'static [&'static str],
    act: fn(&mut Book, &Ask) -> Answer,
) -> Endpoint {
    Endpoint { method: MethodFilter::POST, path, known, act: Act::Change(act) }
}

/// A call that removes something.
pub(crate) const fn delete(
    path: &'static str,
    known: &'static [&'static str],
    act: fn(&mut Book, &Ask) -> Answer,
) -> Endpoint {
    Endpoint { method: MethodFilter::DELETE, path, known, act: Act::Change(act) }
}

/// The addresses of all calls.
pub(super) fn routes() -> Router<Shared> {
    let mut router = Router::new();
    for endpoint in api::all() {
        let handler = move |State(app): State<Shared>, ids: RawPathParams, request: Request| async move {
            let ids = ids.iter().map(|(_, id)| id.to_owned()).collect();
            call(&app, endpoint, ids, request).await.unwrap_or_else(|refusal| refusal.into_response())
        };
        router = router.route(endpoint.path, on(endpoint.method, handler));
    }
    router
}

async fn call(app: &Shared, endpoint: Endpoint, ids: Vec<String>, request: Request) -> Result<Response, StripeError> {
    let (head, body) = request.into_parts();
    let mut params = Params::parse(head.uri.query().unwrap_or_default().as_bytes())?;
    if head.method == Method::POST && !params.is_empty() {
        let first = params.fingerprint();
        return Err(StripeError::unknown_parameter(first.split(['=', '[']).next().unwrap_or_default()));
    }
    params.add(&read(&head, body).await?)?;
    let known: Vec<_> = endpoint.known.iter().copied().chain(LISTS).chain(["expand", "expand[*]"]).collect();
    params.check(&known)?;
    let key = head.headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let key = key.filter(|_| head.method == Method::POST);
    let request_id = head.extensions.get::<RequestId>().map_or_else(String::new, |id| id.0.clone());
    let ask = Ask { path: head.uri.path().to_owned(), ids, params, now: clock::wall() };
    let swap = head.extensions.get::<Swap>().copied();

    let fingerprint = format!("{} {}", ask.path, ask.params.fingerprint());
    if let Some(key) = &key
        && let Turn::Again(status, body) = app.book.write(|book| book.begin(key, &fingerprint, ask.now))?
    {
        let mut response = answer(status, &body);
        response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
        return Ok(response);
    }
    if let Some(delay) = head.extensions.get::<Slow>() {
        tokio::time::sleep(delay.0).await;
    }
    let outcome: Answer = match endpoint.act {
        Act::Look(act) => app.book.read(|book| {
            let mut value = act(book, &ask)?;
            expand(book, &ask.params, &mut value)?;
            Ok(value)
        }),
        Act::Change(act) => app.book.write(|book| {
            book.request = Some((request_id.clone(), key.clone()));
            let outcome = act(book, &ask);
            book.request = None;
            let mut value = outcome?;
            expand(book, &ask.params, &mut value)?;
            Ok(value)
        }),
    };
    let (status, body) = match (&outcome, swap) {
        (Ok(_), Some(Swap::Stored)) => (500, StripeError::internal().body()),
        (Ok(value), _) => (200, value.clone()),
        (Err(refusal), _) => (refusal.status.as_u16(), refusal.body()),
    };
    if let Some(key) = &key {
        app.book.write(|book| book.finish(key, status, &body));
    }
    let body = match swap.filter(|_| status == 200) {
        Some(Swap::Stale) => app.shown.older(&fingerprint, body),
        Some(Swap::Foreign) => app.book.read(|book| foreign(book, body)),
        _ => {
            if head.method == Method::GET {
                app.shown.remember(&fingerprint, &body);
            }
            body
        }
    };
    Ok(answer(status, &body))
}

fn answer(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(body)).into_response()
}

async fn read(head: &http::request::Parts, body: Body) -> Result<Vec<u8>, StripeError> {
    let body = to_bytes(body, LIMIT).await.map_err(|_| StripeError::invalid("The request is too large."))?;
    let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !body.is_empty() && !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(StripeError::invalid(format!(
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded). It is '{}'.",
            kind.escape_default()
        )));
    }
    Ok(body.to_vec())
}
