//! `/sign-in/tasks`: what is owed before a session counts, which is to choose an organisation.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::app::Shared;
use crate::clock;
use crate::portal::form::Form;
use crate::portal::pages::{Choice, Frame, TasksPage, render};
use crate::portal::visitor::Visitor;

/// The person's organisations, and the way to one of their own.
pub(super) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    let Some((_, user)) = visitor.signed_in(&app) else {
        return visitor.step("/sign-in", "");
    };
    let page = TasksPage {
        frame: Frame::new(&app, Some(&user)),
        query: visitor.destination.query(""),
        organisations: app.store.read(|state| Choice::all(state, &user.id)),
    };
    visitor.answer(render(StatusCode::OK, &page))
}

/// Makes the chosen one active and leads on.
pub(super) async fn choose(State(app): State<Shared>, visitor: Visitor, form: Form) -> Response {
    let Some((session, _)) = visitor.signed_in(&app) else {
        return visitor.step("/sign-in", "");
    };
    let chosen = app.store.write(|state| state.activate(&session.id, form.get("organization_id"), clock::now()));
    if chosen { visitor.onward(&app) } else { visitor.step("/sign-in/tasks", "") }
}
