//! Deleting one's account: what that does, what is in the way, and the address typed before the button.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::{Error as Refusal, MyOrganisation, Org, directory, forgetting, memberships};
use http::header::SET_COOKIE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;

use super::gate::Gate;
use super::page;
use crate::access::{Browser, SignedIn, Whence};
use crate::body::Form;
use crate::error::Result;
use crate::flash::Flash;
use crate::session::location;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

#[derive(Template)]
#[template(path = "account_deletion.html")]
struct Deletion {
    gate: Gate,
    email: String,
    /// Organisations that would be left without an admin.
    in_the_way: Vec<MyOrganisation>,
    /// Whether what was typed is not the address.
    wrong: bool,
}

/// The address, typed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Confirmation {
    confirm: String,
}

/// `GET /account/delete`
pub(crate) async fn ask(person: SignedIn, browser: Browser, State(state): State<crate::State>) -> Result<Response> {
    let in_the_way = directory::last_admin_of(&state.database, &person.session.user).await?;
    asking(&state, browser, person, StatusCode::OK, in_the_way, false)
}

/// `POST /account/delete`: out of every organisation first, each under its lock; then Clerk is told, now and if that does not
/// work by a job; then everything else is a job's.
pub(crate) async fn delete(
    person: SignedIn,
    browser: Browser,
    State(state): State<crate::State>,
    Whence(origin): Whence,
    Form(form): Form<Confirmation>,
) -> Result<Response> {
    let user = person.session.user.clone();
    let in_the_way = directory::last_admin_of(&state.database, &user).await?;
    if !in_the_way.is_empty() {
        return asking(&state, browser, person, StatusCode::CONFLICT, in_the_way, false);
    }
    if !form.confirm.trim().eq_ignore_ascii_case(&person.home.person.email) {
        return asking(&state, browser, person, StatusCode::UNPROCESSABLE_ENTITY, in_the_way, true);
    }
    for one in &person.home.organisations {
        let Some(organisation) = directory::organisation_for(&state.database, &user, &one.slug).await? else {
            continue;
        };
        let org = Org::new(&state.database, organisation, user.clone(), &one.slug);
        let org = org.with_session(person.session.id(), person.session.presence()).from(origin.clone());
        let mut tx = org.write().await?;
        match memberships::leave(&mut tx).await {
            Ok(()) => tx.commit().await?,
            // The other admin has gone in this very moment.
            Err(Refusal::Conflict { code: "last_admin", .. }) => {
                drop(tx);
                let in_the_way = directory::last_admin_of(&state.database, &user).await?;
                return asking(&state, browser, person, StatusCode::CONFLICT, in_the_way, false);
            }
            Err(error) => return Err(error.into()),
        }
    }
    forgetting::delete_at_clerk_later(&state.database, &user).await?;
    state.delete_now(&user).await;
    let mut response = (StatusCode::SEE_OTHER, location("/")).into_response();
    let headers = response.headers_mut();
    for cookie in state.clerk.sign_out_cookies(state.config.is_https()) {
        headers.append(SET_COOKIE, cookie);
    }
    headers.append(SET_COOKIE, Flash::AccountDeleted.cookie(&state.config));
    headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
    directory::session_ended(&state.database, &user, person.session.id()).await?;
    Ok(response)
}

fn asking(
    state: &crate::State,
    browser: Browser,
    person: SignedIn,
    status: StatusCode,
    in_the_way: Vec<MyOrganisation>,
    wrong: bool,
) -> Result<Response> {
    let email = person.home.person.email;
    page(status, &Deletion { gate: Gate::new(&state.config, browser, Some(email.clone())), email, in_the_way, wrong })
}
