//! `/user`: one's name and organisations; and signing out.

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::StatusCode;
use http::header::SET_COOKIE;

use crate::app::{App, Shared};
use crate::clock;
use crate::frontend::no_session_cookies;
use crate::portal::form::Form;
use crate::portal::pages::{Choice, Frame, UserPage, render};
use crate::portal::visitor::Visitor;
use crate::records::{User, check_person_name};

/// The person.
pub(super) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    match visitor.signed_in(&app) {
        Some((_, user)) => page(&app, &visitor, &user, false),
        None => visitor.see_other("/sign-in?redirect_url=%2Fuser"),
    }
}

fn page(app: &App, visitor: &Visitor, user: &User, saved: bool) -> Response {
    let page = UserPage {
        frame: Frame::new(app, Some(user)),
        query: visitor.destination.query(""),
        email: user.identifier().to_owned(),
        first_name: user.first_name.clone().unwrap_or_default(),
        last_name: user.last_name.clone().unwrap_or_default(),
        organisations: app.store.read(|state| Choice::all(state, &user.id)),
        saved,
        back: visitor.destination.url(app, &visitor.browser).to_string(),
    };
    visitor.answer(render(StatusCode::OK, &page))
}

/// Changes the names. Longer ones than a field takes are left as they were.
pub(super) async fn change(State(app): State<Shared>, visitor: Visitor, form: Form) -> Response {
    let Some((_, user)) = visitor.signed_in(&app) else {
        return visitor.step("/sign-in", "");
    };
    let changed = app.store.write(|state| {
        state.change_user(&user.id, clock::now(), |user| {
            user.first_name = check_person_name("first_name", form.get("first_name"))?;
            user.last_name = check_person_name("last_name", form.get("last_name"))?;
            Ok(())
        })
    });
    match changed {
        Ok(user) => page(&app, &visitor, &user, true),
        Err(_) => page(&app, &visitor, &user, false),
    }
}

/// Signs out of this browser. The application shares the host, so its cookies can go at once, as they would in
/// production through the domain both are on.
pub(super) async fn sign_out(State(app): State<Shared>, visitor: Visitor) -> Response {
    if let Some((session, _)) = visitor.signed_in(&app) {
        app.store.write(|state| state.remove_sessions(&session.client_id, clock::now()));
    }
    let cookies = no_session_cookies(&app, false);
    let cookies = AppendHeaders(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    (cookies, visitor.step("/sign-in", "")).into_response()
}
