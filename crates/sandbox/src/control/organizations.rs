//! What happens to organisations and their members at Clerk.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::app::Shared;
use crate::clock;
use crate::control::answer::{done_or_refused, unknown, wrong};
use crate::control::input::Input;
use crate::records::Audience;

/// Removes an organisation.
pub(super) async fn delete(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    done_or_refused(&input, app.store.write(|state| state.delete_organization(&id, clock::now())))
}

/// Gives a member another role, by its key.
pub(super) async fn change_role(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let Some(role) = input.text("role") else {
        return wrong("role must be the key of a role, such as org:member");
    };
    let Some((organization, user)) = whose(&app, &id) else {
        return unknown("membership");
    };
    let outcome = app.store.write(|state| {
        state.change_membership(&organization, &user, clock::now(), |membership| {
            role.clone_into(&mut membership.role);
            Ok(())
        })
    });
    done_or_refused(&input, outcome.map(|membership| json!({"id": membership.id, "role": membership.role})))
}

/// Takes a member out of an organisation.
pub(super) async fn remove_member(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let Some((organization, user)) = whose(&app, &id) else {
        return unknown("membership");
    };
    let outcome =
        app.store.write(|state| state.delete_membership(&organization, &user, Audience::Backend, clock::now()));
    done_or_refused(&input, outcome.map(|membership| json!({"id": membership["id"], "deleted": true})))
}

fn whose(app: &Shared, id: &str) -> Option<(String, String)> {
    app.store.read(|state| {
        let membership = state.memberships.get(id)?;
        Some((membership.organization_id.clone(), membership.user_id.clone()))
    })
}
