//! `/sessions`, with the refresh by which a server renews a browser's token without a redirect.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::app::Shared;
use crate::backend::body::Body;
use crate::backend::query::{Query, SortKey, envelope};
use crate::clock::{self, DAY, SECOND};
use crate::errors::{ApiError, ApiResult};
use crate::frontend::token_cookies;
use crate::records::SessionStatus;
use crate::tokens::{LIFE, Wish};

/// Tokens older than this are not renewed, in seconds.
const TOO_OLD: i64 = 7 * DAY / SECOND;
/// What a token may be asked to live for, in seconds.
const LIFE_RANGE: std::ops::RangeInclusive<u32> = 30..=315_360_000;

/// The sessions of a person or a client; a bare list unless it is asked to be paginated.
pub(super) async fn list(State(app): State<Shared>, query: Query) -> ApiResult {
    let (user, client) = (query.one("user_id"), query.one("client_id"));
    if user.is_none() && client.is_none() {
        return Err(ApiError::form("form_param_missing", "user_id", "Either user_id or client_id must be included."));
    }
    let status = query.one("status");
    app.store.read(|state| {
        let mut sessions: Vec<_> = state
            .sessions
            .values()
            .filter(|session| {
                user.is_none_or(|id| session.user_id == id)
                    && client.is_none_or(|id| session.client_id == id)
                    && status.is_none_or(|word| state.session_status(session).as_str() == word)
            })
            .collect();
        query.sort(&mut sessions, |session, field| {
            (field == "created_at").then_some(SortKey::Time(Some(session.created_at)))
        })?;
        let (page, total) = query.page(sessions)?;
        let data: Vec<_> = page.into_iter().map(|session| state.session_json(session)).collect();
        Ok(Json(if query.flag("paginated") { envelope((data, total)) } else { Value::Array(data) }))
    })
}

/// One session.
pub(super) async fn show(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.read(|state| {
        let session = state.sessions.get(&id).ok_or_else(|| ApiError::not_found("session", &id))?;
        Ok(Json(state.session_json(session)))
    })
}

/// Signs a person in without a browser; development instances only, as this one is.
pub(super) async fn create(State(app): State<Shared>, body: Body) -> ApiResult {
    let user = body.required("user_id")?;
    let organization = body.text("active_organization_id")?;
    app.store.write(|state| {
        let now = clock::now();
        if !state.users.contains_key(&user) {
            return Err(ApiError::not_found("user", &user));
        }
        if let Some(organization) = &organization
            && state.membership(organization, &user).is_none()
        {
            return Err(ApiError::organization_not_found());
        }
        let client = state.create_client(now);
        let session = state.create_session(&client, &user, organization, now)?;
        Ok(Json(state.session_json(&session)))
    })
}

/// Ends a session from outside.
pub(super) async fn revoke(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.write(|state| {
        state.end_session(&id, SessionStatus::Revoked, clock::now());
        let session = state.sessions.get(&id).ok_or_else(|| ApiError::not_found("session", &id))?;
        Ok(Json(state.session_json(session)))
    })
}

/// A session token. Its authorised party is the application, so that it can be used there.
pub(super) async fn token(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let life = life(&body)?;
    app.store.read(|state| {
        let session = state.live_session(&id).ok_or_else(|| ApiError::not_found("active session", &id))?;
        let wish = Wish {
            origin: Some(&app.settings.app_origin),
            organization_id: session.last_active_organization_id.as_deref(),
            life,
        };
        let jwt = app.signer.token(state, session, &wish, clock::now());
        Ok(Json(json!({"object": "token", "jwt": jwt})))
    })
}

/// How long a token is asked to live, in seconds.
fn life(body: &Body) -> Result<i64, ApiError> {
    match body.number("expires_in_seconds")? {
        None => Ok(LIFE),
        Some(life) if LIFE_RANGE.contains(&life) => Ok(life.into()),
        Some(_) => Err(ApiError::invalid("expires_in_seconds", "expires_in_seconds must be from 30 to 315360000.")),
    }
}

/// A token of a template: for other services, so without a session and of a class the application must not take.
/// Every name is a template here.
pub(super) async fn template_token(
    State(app): State<Shared>,
    Path((id, _template)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let life = life(&body)?;
    app.store.read(|state| {
        let session = state.live_session(&id).ok_or_else(|| ApiError::not_found("active session", &id))?;
        Ok(Json(json!({"object": "token", "jwt": app.signer.template_token(session, life, clock::now())})))
    })
}

/// Renews an expired token, given the refresh token that came with it.
pub(super) async fn refresh(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let expired = body.required("expired_token")?;
    let refresh_token = body.required("refresh_token")?;
    let request_origin = body.required("request_origin")?;
    let as_cookies = body.text("format")?.as_deref() == Some("cookie");
    let claims = app
        .signer
        .keys
        .claims(&expired)
        .ok_or_else(|| refused("invalid_session_token", "expired_token is not a token of this instance."))?;
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    if text("sid") != id {
        return Err(refused("refresh_sid_mismatch", "expired_token belongs to another session."));
    }
    let Some(party) = claims["azp"].as_str() else {
        return Err(refused("expired_session_token_missing_azp", "expired_token has no azp."));
    };
    if party != request_origin {
        return Err(refused("refresh_request_origin_azp_mismatch", "request_origin must be the azp of expired_token."));
    }
    let now = clock::now();
    if claims["exp"].as_i64().unwrap_or(0) + TOO_OLD < now / SECOND {
        return Err(refused(
            "session_refresh_expired_session_token_too_old",
            "expired_token is too old to be renewed.",
        ));
    }
    app.store.read(|state| {
        let session = state
            .sessions
            .get(&id)
            .ok_or_else(|| refused("refresh_token_not_found", "There is no such refresh token."))?;
        if !state.session_status(session).is_live() {
            return Err(refused("session_refresh_inactive_session", "The session is over."));
        }
        if !session.refresh_tokens.contains(&refresh_token) {
            return Err(refused("refresh_token_not_found", "There is no such refresh token."));
        }
        // A tab keeps its organisation, as long as the person is still in it.
        let organization = claims["o"]["id"]
            .as_str()
            .or(claims["org_id"].as_str())
            .filter(|id| state.membership(id, &session.user_id).is_some())
            .or(session.last_active_organization_id.as_deref());
        let wish = Wish { origin: Some(party), organization_id: organization, life: LIFE };
        let jwt = app.signer.token(state, session, &wish, now);
        Ok(Json(if as_cookies {
            let secure = party.starts_with("https:");
            let cookies = token_cookies(&app, state, &session.client_id, &jwt, secure);
            json!({"object": "cookies", "cookies": cookies})
        } else {
            json!({"object": "token", "jwt": jwt})
        }))
    })
}

fn refused(code: &'static str, message: &str) -> ApiError {
    ApiError::unauthorized(code, message)
}
