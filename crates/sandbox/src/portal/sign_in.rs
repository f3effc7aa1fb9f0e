//! `/sign-in`: an address, then the code that was sent to it.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::app::{App, Shared};
use crate::clock;
use crate::errors::ApiError;
use crate::portal::form::Form;
use crate::portal::pages::{CodePage, FieldError, Frame, Link, SignInPage, render};
use crate::portal::ticket;
use crate::portal::visitor::Visitor;
use crate::records::{SignIn, check_email, is_test_address};

const PATH: &str = "/sign-in";

/// Asks for the address.
pub(super) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    if let Some(response) = ticket::page_for(&visitor) {
        return response;
    }
    if visitor.signed_in(&app).is_some() {
        return visitor.onward(&app);
    }
    page(&app, &visitor, visitor.prefill("email_address"), None)
}

fn page(app: &App, visitor: &Visitor, email: String, error: Option<FieldError>) -> Response {
    let status = status(error.as_ref());
    let page = SignInPage { frame: Frame::new(app, None), query: visitor.destination.query(""), email, error };
    visitor.answer(render(status, &page))
}

/// Takes the address and sends the code.
pub(super) async fn start(State(app): State<Shared>, mut visitor: Visitor, form: Form) -> Response {
    if visitor.signed_in(&app).is_some() {
        return visitor.onward(&app);
    }
    let email = form.get("email");
    let now = clock::now();
    let begun = check_email(email).and_then(|address| {
        app.store.write(|state| {
            let client = visitor.browser.ensure_client(state, now);
            let sign_in = state.create_sign_in(&client, &address, now)?;
            state.prepare_sign_in(&client, &sign_in.id, now)
        })
    });
    match begun {
        Ok(_) => visitor.step("/sign-in/code", ""),
        Err(refusal) => {
            let mut error = FieldError::new(&refusal);
            if refusal.code == "form_identifier_not_found" {
                error.message = "Nobody has signed up with this address.".to_owned();
                error.link = Some(Link {
                    href: format!("/sign-up{}", visitor.destination.query(email)),
                    text: "Create an account with it",
                });
            }
            page(&app, &visitor, email.to_owned(), Some(error))
        }
    }
}

/// Asks for the code.
pub(super) async fn code(State(app): State<Shared>, visitor: Visitor) -> Response {
    if visitor.signed_in(&app).is_some() {
        return visitor.onward(&app);
    }
    match current(&app, &visitor) {
        Some((_, sign_in)) => code_page(&app, &visitor, sign_in.identifier, None),
        None => visitor.step(PATH, ""),
    }
}

fn current(app: &App, visitor: &Visitor) -> Option<(String, SignIn)> {
    app.store.read(|state| {
        let client = visitor.browser.client(state)?;
        let sign_in = state.clients.get(client)?.sign_in.clone()?;
        (!sign_in.is_complete() && sign_in.has_code()).then(|| (client.to_owned(), sign_in))
    })
}

fn code_page(app: &App, visitor: &Visitor, email: String, error: Option<&ApiError>) -> Response {
    let error = error.map(FieldError::new);
    let status = status(error.as_ref());
    let page = CodePage {
        frame: Frame::new(app, None),
        path: PATH,
        query: visitor.destination.query(""),
        test: is_test_address(&email),
        email,
        error,
    };
    visitor.answer(render(status, &page))
}

/// Takes the code, signs in and leads on.
pub(super) async fn finish(State(app): State<Shared>, visitor: Visitor, form: Form) -> Response {
    if visitor.signed_in(&app).is_some() {
        return visitor.onward(&app);
    }
    let Some((client, sign_in)) = current(&app, &visitor) else {
        return visitor.step(PATH, "");
    };
    let tried = app.store.write(|state| state.attempt_sign_in(&client, &sign_in.id, form.get("code"), clock::now()));
    match tried {
        Ok(_) => visitor.onward(&app),
        Err(refusal) => code_page(&app, &visitor, sign_in.identifier, Some(&refusal)),
    }
}

/// Sends another code.
pub(super) async fn again(State(app): State<Shared>, visitor: Visitor) -> Response {
    if let Some((client, sign_in)) = current(&app, &visitor) {
        let sent = app.store.write(|state| state.prepare_sign_in(&client, &sign_in.id, clock::now()));
        if let Err(refusal) = sent {
            return code_page(&app, &visitor, sign_in.identifier, Some(&refusal));
        }
    }
    visitor.step("/sign-in/code", "")
}

/// 422 when there is something to put right.
pub(super) fn status(error: Option<&FieldError>) -> StatusCode {
    if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}
