//! `/v1/organizations/{id}/logo`.

use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::routing::MethodRouter;

use crate::app::Shared;
use crate::frontend::answer::Answered;
use crate::frontend::caller::Caller;
use crate::frontend::organizations::{MANAGE_PROFILE, allowed};
use crate::logos;
use crate::picture::picture;
use crate::records::Audience;

/// The route, whose body may be larger than others'.
pub(super) fn route() -> MethodRouter<Shared> {
    axum::routing::put(change).delete(destroy).layer(DefaultBodyLimit::max(2 * logos::LARGEST))
}

async fn change(State(app): State<Shared>, caller: Caller, Path(id): Path<String>, form: Multipart) -> Answered {
    app.store.read(|state| allowed(state, &caller, &id, MANAGE_PROFILE).map(|_| ()))?;
    let name = app.logos.keep(&picture(form).await?)?;
    set(&app, &caller, &id, Some(name))
}

async fn destroy(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answered {
    set(&app, &caller, &id, None)
}

fn set(app: &Shared, caller: &Caller, id: &str, logo: Option<String>) -> Answered {
    caller.change(app, |state, _, now| {
        let organization = allowed(state, caller, id, MANAGE_PROFILE)?;
        let (before, organization) = state.set_logo(&organization.id, logo, now)?;
        if let Some(before) = before {
            app.logos.remove(&before);
        }
        Ok(state.organization_json(&organization, Audience::Frontend, None))
    })
}
