//! `/create-organization`: an organisation of one's own, active at once.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::app::Shared;
use crate::clock;
use crate::portal::form::Form;
use crate::portal::pages::{CreateOrganizationPage, FieldError, Frame, render};
use crate::portal::visitor::Visitor;
use crate::records::NewOrganization;

/// Asks for its name.
pub(super) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    let Some((_, user)) = visitor.signed_in(&app) else {
        return visitor.step("/sign-in", "");
    };
    let page = CreateOrganizationPage {
        frame: Frame::new(&app, Some(&user)),
        query: visitor.destination.query(""),
        name: String::new(),
        slug: String::new(),
        name_error: None,
        slug_error: None,
    };
    visitor.answer(render(StatusCode::OK, &page))
}

/// Creates it, makes it active and leads on.
pub(super) async fn create(State(app): State<Shared>, visitor: Visitor, form: Form) -> Response {
    let Some((session, user)) = visitor.signed_in(&app) else {
        return visitor.step("/sign-in", "");
    };
    let (name, slug) = (form.get("name"), form.get("slug"));
    let now = clock::now();
    let created = app.store.write(|state| {
        let organization = state.create_organization(
            NewOrganization {
                name: name.to_owned(),
                slug: Some(slug.to_owned()),
                created_by: Some(user.id.clone()),
                ..NewOrganization::default()
            },
            now,
        )?;
        state.activate(&session.id, &organization.id, now);
        Ok::<_, crate::errors::ApiError>(organization)
    });
    let refusal = match created {
        Ok(_) => return visitor.onward(&app),
        Err(refusal) => refusal,
    };
    let error = Some(FieldError::new(&refusal));
    let (name_error, slug_error) = if refusal.param.as_deref() == Some("slug") { (None, error) } else { (error, None) };
    let page = CreateOrganizationPage {
        frame: Frame::new(&app, Some(&user)),
        query: visitor.destination.query(""),
        name: name.to_owned(),
        slug: slug.to_owned(),
        name_error,
        slug_error,
    };
    visitor.answer(render(StatusCode::UNPROCESSABLE_ENTITY, &page))
}
