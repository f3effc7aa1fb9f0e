//! `/v1/client`: the browser's client with its sessions.

use axum::extract::{Query, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use serde::Deserialize;
use serde_json::Value;

use crate::app::Shared;
use crate::errors::ApiError;
use crate::frontend::answer::Answered;
use crate::frontend::caller::Caller;

/// The client, or null for a browser that never began to sign in.
pub(super) async fn show(State(app): State<Shared>, caller: Caller) -> Answered {
    caller.look(&app, |state, now| {
        Ok(caller
            .client(state)
            .map_or(Value::Null, |client| state.client_json(&app.signer, client, Some(&caller.origin), now)))
    })
}

/// The client, made now for a browser that has none.
pub(super) async fn create(State(app): State<Shared>, caller: Caller) -> Answered {
    caller.change(&app, |state, client, now| Ok(state.client_json(&app.signer, client, Some(&caller.origin), now)))
}

/// Signs everybody out and forgets the client.
pub(super) async fn destroy(State(app): State<Shared>, caller: Caller) -> Answered {
    caller.forget(&app)
}

#[derive(Deserialize)]
pub(super) struct Touch {
    redirect_url: Option<String>,
}

/// A page load by which a browser's cookies are issued anew.
pub(super) async fn touch(
    State(app): State<Shared>,
    caller: Caller,
    Query(touch): Query<Touch>,
) -> Result<Response, ApiError> {
    let Some(target) = touch.redirect_url else {
        return Ok(show(State(app), caller).await?.into_response());
    };
    let url = app.settings.origins.allowed_url(&target).ok_or_else(foreign_redirect)?;
    let cookies = show(State(app), caller).await?.cookies.into_iter().map(|cookie| (SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies), Redirect::temporary(url.as_str())).into_response())
}

/// 400 for an address nobody may be sent to.
pub(super) fn foreign_redirect() -> ApiError {
    ApiError {
        param: Some("redirect_url".to_owned()),
        ..ApiError::bad_request(
            "redirect_url_domain_mismatch",
            "redirect_url must be an absolute address of the application or of this instance.",
        )
    }
}
