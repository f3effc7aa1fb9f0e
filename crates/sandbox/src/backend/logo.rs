//! `/organizations/{id}/logo`.

use axum::Json;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::routing::MethodRouter;

use crate::app::Shared;
use crate::clock;
use crate::errors::{ApiError, ApiResult};
use crate::logos;
use crate::picture::picture;
use crate::records::Audience;

/// The route, whose body may be larger than others'.
pub(super) fn route() -> MethodRouter<Shared> {
    axum::routing::put(change).delete(destroy).layer(DefaultBodyLimit::max(2 * logos::LARGEST))
}

async fn change(State(app): State<Shared>, Path(id): Path<String>, form: Multipart) -> ApiResult {
    let bytes = picture(form).await?;
    if !app.store.read(|state| state.organizations.contains_key(&id)) {
        return Err(ApiError::not_found("organization", &id));
    }
    let name = app.logos.keep(&bytes)?;
    set(&app, &id, Some(name))
}

async fn destroy(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    set(&app, &id, None)
}

fn set(app: &Shared, id: &str, logo: Option<String>) -> ApiResult {
    app.store.write(|state| {
        let (before, organization) = state.set_logo(id, logo, clock::now())?;
        if let Some(before) = before {
            app.logos.remove(&before);
        }
        Ok(Json(state.organization_json(&organization, Audience::Backend, None)))
    })
}
