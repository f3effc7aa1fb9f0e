//! The control page: what is in the instance, how webhooks go, and buttons for what happens to people at Clerk.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::app::Shared;
use crate::clock;
use crate::mailbox::{html, moment};
use crate::portal::{own_forms_only, security_headers};
use crate::records::{Delivery, DeliveryStatus, WebhookMode};
use crate::state;

/// Deliveries the page shows.
const SHOWN: usize = 60;

/// Everything under `/control`.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/control", get(page))
        .route("/control/state.json", get(dump))
        .route("/control/webhooks", post(set_mode))
        .route("/control/deliveries/{id}/resend", post(resend))
        .route("/control/deliveries/{id}/duplicate", post(duplicate))
        .route("/control/users/{id}/end-sessions", post(end_sessions))
}

/// Refuses forms of other pages on the mailbox's port, and sets its headers.
pub(crate) async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let port = app.settings.mailbox_origin.rsplit(':').next().unwrap_or_default();
    let own = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("http://{host}:{port}"));
    let mut response = if own_forms_only(&request, |origin| own.iter().any(|own| own == origin)) {
        next.run(request).await
    } else {
        StatusCode::FORBIDDEN.into_response()
    };
    // Files keep the life their own answer gives them.
    if !response.headers().contains_key(http::header::CACHE_CONTROL) {
        security_headers(response.headers_mut(), "");
    }
    response
}

/// Wraps the pages of the mailbox's port.
pub(crate) fn guarded(router: Router<Shared>, app: &Shared) -> Router<Shared> {
    router.layer(from_fn_with_state(app.clone(), guard))
}

#[derive(Template)]
#[template(path = "control.html")]
struct Page {
    instance: String,
    mode: &'static str,
    pending: usize,
    deliveries: Vec<DeliveryRow>,
    users: Vec<UserRow>,
    organisations: Vec<OrganisationRow>,
}

struct DeliveryRow {
    id: String,
    at: String,
    kind: String,
    status: &'static str,
    attempts: u32,
    last_answer: String,
}

struct UserRow {
    id: String,
    name: String,
    email: String,
    organisations: String,
    sessions: usize,
}

struct OrganisationRow {
    id: String,
    name: String,
    slug: String,
    members: usize,
}

async fn page(State(app): State<Shared>) -> Response {
    let has_webhook = app.settings.webhook.is_some();
    let page = app.store.read(|state| Page {
        instance: state.instance_id.clone(),
        mode: match state.webhook_mode {
            _ if !has_webhook => "There is no --webhook-url: events are recorded and sent nowhere.",
            WebhookMode::Deliver => "They are delivered.",
            WebhookMode::Pause => "They are paused and wait.",
            WebhookMode::Drop => "New events are lost.",
        },
        pending: state.deliveries.iter().filter(|delivery| delivery.status == DeliveryStatus::Pending).count(),
        deliveries: state.deliveries.iter().rev().take(SHOWN).map(delivery_row).collect(),
        users: users(state),
        organisations: state
            .organizations
            .values()
            .map(|organization| OrganisationRow {
                id: organization.id.clone(),
                name: organization.name.clone(),
                slug: organization.slug.clone(),
                members: state.memberships_in(&organization.id).count(),
            })
            .collect(),
    });
    html(&page)
}

fn delivery_row(delivery: &Delivery) -> DeliveryRow {
    DeliveryRow {
        id: delivery.id.clone(),
        at: moment(delivery.created_at),
        kind: delivery.kind.clone(),
        status: match delivery.status {
            DeliveryStatus::Pending => "waiting",
            DeliveryStatus::Delivered => "delivered",
            DeliveryStatus::Failed => "given up",
            DeliveryStatus::Dropped => "lost",
        },
        attempts: delivery.attempts,
        last_answer: delivery.last_answer.clone().unwrap_or_default(),
    }
}

fn users(state: &state::State) -> Vec<UserRow> {
    state
        .users
        .values()
        .map(|user| UserRow {
            id: user.id.clone(),
            name: user.name(),
            email: user.identifier().to_owned(),
            organisations: state
                .memberships_of(&user.id)
                .filter_map(|membership| state.organizations.get(&membership.organization_id))
                .map(|organization| organization.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
            sessions: live_sessions(state, &user.id),
        })
        .collect()
}

fn live_sessions(state: &state::State, user_id: &str) -> usize {
    state
        .sessions
        .values()
        .filter(|session| session.user_id == user_id && state.session_status(session).is_live())
        .count()
}

/// What is in the instance, without anything one could sign in with.
async fn dump(State(app): State<Shared>) -> Json<Value> {
    app.store.read(|state| {
        Json(json!({
            "instance_id": state.instance_id,
            "webhook_mode": state.webhook_mode,
            "users": state.users.values().map(|user| json!({
                "id": user.id,
                "name": user.name(),
                "email_address": user.identifier(),
                "live_sessions": live_sessions(state, &user.id),
            })).collect::<Vec<_>>(),
            "organizations": state.organizations.values().map(|organization| json!({
                "id": organization.id,
                "name": organization.name,
                "slug": organization.slug,
                "members_count": state.memberships_in(&organization.id).count(),
            })).collect::<Vec<_>>(),
            "memberships": state.memberships.values().map(|membership| json!({
                "id": membership.id,
                "organization_id": membership.organization_id,
                "user_id": membership.user_id,
                "role": membership.role,
            })).collect::<Vec<_>>(),
            "sessions": state.sessions.values().map(|session| state.session_json(session)).collect::<Vec<_>>(),
            "deliveries": state.deliveries.iter().rev().map(Delivery::json).collect::<Vec<_>>(),
        }))
    })
}

/// Takes `{"mode": "deliver"}` or the form of the page.
async fn set_mode(State(app): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let wanted = if is_json(&headers) {
        serde_json::from_slice::<Value>(&body).ok().and_then(|body| serde_json::from_value(body["mode"].clone()).ok())
    } else {
        url::form_urlencoded::parse(&body)
            .find(|(name, _)| name == "mode")
            .and_then(|(_, mode)| serde_json::from_value(json!(mode)).ok())
    };
    let Some(mode) = wanted else {
        let error = json!({"error": "mode must be deliver, pause or drop"});
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response();
    };
    app.store.write(|state| state.webhook_mode = mode);
    done(&headers, json!({"mode": mode}))
}

async fn resend(State(app): State<Shared>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if app.store.write(|state| state.resend(&id, clock::now())) {
        done(&headers, json!({"id": id}))
    } else {
        unknown("delivery")
    }
}

async fn duplicate(State(app): State<Shared>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    match app.store.write(|state| state.duplicate(&id, clock::now())) {
        Some(copy) => done(&headers, json!({"id": copy})),
        None => unknown("delivery"),
    }
}

async fn end_sessions(State(app): State<Shared>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let ended =
        app.store.write(|state| state.users.contains_key(&id).then(|| state.end_sessions_of(&id, clock::now())));
    match ended {
        Some(count) => done(&headers, json!({"ended": count})),
        None => unknown("user"),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    [CONTENT_TYPE, ACCEPT].iter().any(|name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/json"))
    })
}

/// JSON for programs, the page again for people.
fn done(headers: &HeaderMap, answer: Value) -> Response {
    if is_json(headers) { Json(answer).into_response() } else { Redirect::to("/control").into_response() }
}

fn unknown(what: &str) -> Response {
    let error = json!({"error": format!("there is no such {what}")});
    (StatusCode::NOT_FOUND, Json(error)).into_response()
}
