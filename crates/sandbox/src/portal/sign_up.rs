//! `/sign-up`: an address and perhaps a name, then the code that was sent.

use axum::extract::State;
use axum::response::Response;

use crate::app::{App, Shared};
use crate::clock;
use crate::errors::ApiError;
use crate::portal::form::Form;
use crate::portal::pages::{CodePage, FieldError, Frame, Link, SignUpPage, render};
use crate::portal::sign_in::status;
use crate::portal::ticket;
use crate::portal::visitor::Visitor;
use crate::records::{SignUp, SignUpFields, is_test_address};

const PATH: &str = "/sign-up";

/// Asks for the address.
pub(super) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    if let Some(response) = ticket::page_for(&visitor) {
        return response;
    }
    if visitor.signed_in(&app).is_some() {
        return visitor.onward(&app);
    }
    let typed = Typed {
        first_name: visitor.prefill("first_name"),
        last_name: visitor.prefill("last_name"),
        email: visitor.prefill("email_address"),
    };
    page(&app, &visitor, typed, None)
}

struct Typed {
    first_name: String,
    last_name: String,
    email: String,
}

fn page(app: &App, visitor: &Visitor, typed: Typed, error: Option<FieldError>) -> Response {
    let status = status(error.as_ref());
    let page = SignUpPage {
        frame: Frame::new(app, None),
        query: visitor.destination.query(""),
        first_name: typed.first_name,
        last_name: typed.last_name,
        email: typed.email,
        error,
    };
    visitor.answer(render(status, &page))
}

/// Takes the address and sends the code.
pub(super) async fn start(State(app): State<Shared>, mut visitor: Visitor, form: Form) -> Response {
    if visitor.signed_in(&app).is_some() {
        return visitor.onward(&app);
    }
    let typed = Typed {
        first_name: form.get("first_name").to_owned(),
        last_name: form.get("last_name").to_owned(),
        email: form.get("email").to_owned(),
    };
    let fields = SignUpFields {
        email_address: Some(typed.email.clone()),
        first_name: Some(typed.first_name.clone()),
        last_name: Some(typed.last_name.clone()),
        ..SignUpFields::default()
    };
    let now = clock::now();
    let begun = app.store.write(|state| {
        let client = visitor.browser.ensure_client(state, now);
        let sign_up = state.create_sign_up(&client, fields, now)?;
        state.prepare_sign_up(&client, &sign_up.id, now)
    });
    match begun {
        Ok(_) => visitor.step("/sign-up/code", ""),
        Err(refusal) => {
            let error = error(&visitor, &typed.email, &refusal);
            page(&app, &visitor, typed, Some(error))
        }
    }
}

fn error(visitor: &Visitor, email: &str, refusal: &ApiError) -> FieldError {
    let mut error = FieldError::new(refusal);
    if refusal.code == "form_identifier_exists" {
        error.message = "Somebody has signed up with this address already.".to_owned();
        error.link =
            Some(Link { href: format!("/sign-in{}", visitor.destination.query(email)), text: "Sign in with it" });
    }
    error
}

/// Asks for the code.
pub(super) async fn code(State(app): State<Shared>, visitor: Visitor) -> Response {
    if visitor.signed_in(&app).is_some() {
        return visitor.onward(&app);
    }
    match current(&app, &visitor) {
        Some((_, sign_up)) => code_page(&app, &visitor, &sign_up, None),
        None => visitor.step(PATH, ""),
    }
}

fn current(app: &App, visitor: &Visitor) -> Option<(String, SignUp)> {
    app.store.read(|state| {
        let client = visitor.browser.client(state)?;
        let sign_up = state.clients.get(client)?.sign_up.clone()?;
        (!sign_up.is_complete() && sign_up.has_code()).then(|| (client.to_owned(), sign_up))
    })
}

fn code_page(app: &App, visitor: &Visitor, sign_up: &SignUp, refusal: Option<&ApiError>) -> Response {
    let email = sign_up.email_address.clone().unwrap_or_default();
    let error = refusal.map(|refusal| error(visitor, &email, refusal));
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

/// Takes the code, signs up and in, and leads on.
pub(super) async fn finish(State(app): State<Shared>, visitor: Visitor, form: Form) -> Response {
    if visitor.signed_in(&app).is_some() {
        return visitor.onward(&app);
    }
    let Some((client, sign_up)) = current(&app, &visitor) else {
        return visitor.step(PATH, "");
    };
    let tried = app.store.write(|state| state.attempt_sign_up(&client, &sign_up.id, form.get("code"), clock::now()));
    match tried {
        Ok(_) => visitor.onward(&app),
        Err(refusal) => code_page(&app, &visitor, &sign_up, Some(&refusal)),
    }
}

/// Sends another code.
pub(super) async fn again(State(app): State<Shared>, visitor: Visitor) -> Response {
    if let Some((client, sign_up)) = current(&app, &visitor) {
        let sent = app.store.write(|state| state.prepare_sign_up(&client, &sign_up.id, clock::now()));
        if let Err(refusal) = sent {
            return code_page(&app, &visitor, &sign_up, Some(&refusal));
        }
    }
    visitor.step("/sign-up/code", "")
}
