//! `/ticket`: an invitation, or another link from a mail, as a page: join, sign up and join, or read why not.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::app::{App, Shared};
use crate::clock;
use crate::errors::ApiError;
use crate::portal::form::Form;
use crate::portal::pages::{FieldError, Frame, Refused, TicketPage, render};
use crate::portal::visitor::Visitor;
use crate::records::{SignUpFields, Ticket};

/// Parameter that holds the secret.
pub(super) const PARAMETER: &str = "__clerk_ticket";
const PATH: &str = "/ticket";

/// Where a page that got a ticket sends it on to.
pub(super) fn page_for(visitor: &Visitor) -> Option<Response> {
    let secret = visitor.prefill(PARAMETER);
    (!secret.is_empty()).then(|| visitor.see_other(&address(visitor, &secret)))
}

fn address(visitor: &Visitor, secret: &str) -> String {
    let query = visitor.destination.query("");
    let separator = if query.is_empty() { '?' } else { '&' };
    format!("{PATH}{query}{separator}{PARAMETER}={secret}")
}

/// Shows what the ticket is for.
pub(super) async fn show(State(app): State<Shared>, visitor: Visitor) -> Response {
    page(&app, &visitor, &visitor.prefill(PARAMETER), &SignUpFields::default(), None)
}

fn page(app: &App, visitor: &Visitor, secret: &str, typed: &SignUpFields, error: Option<FieldError>) -> Response {
    let person = visitor.signed_in(app).map(|(_, user)| user);
    let found = app.store.read(|state| {
        let ticket = state.ticket(secret, clock::now())?;
        let holder = state.holder(&ticket);
        let (organisation, email) = match &ticket {
            Ticket::Invitation(invitation) => (
                state.organizations.get(&invitation.organization_id).map(|organization| organization.name.clone()),
                invitation.email_address.clone(),
            ),
            Ticket::SignIn(_) | Ticket::Actor(_) => {
                (None, holder.map(|user| user.identifier().to_owned()).unwrap_or_default())
            }
        };
        Ok::<_, ApiError>((organisation, email, holder.map(|user| user.id.clone())))
    });
    let (organisation, email, holder) = match found {
        Ok(found) => found,
        Err(refusal) => return refused(app, visitor, &refusal),
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = TicketPage {
        frame: Frame::new(app, person.as_ref()),
        action: address(visitor, secret),
        organisation,
        email,
        is_new: holder.is_none(),
        somebody_else: person
            .filter(|person| Some(&person.id) != holder.as_ref())
            .map(|person| person.identifier().to_owned()),
        first_name: typed.first_name.clone().unwrap_or_default(),
        last_name: typed.last_name.clone().unwrap_or_default(),
        error,
    };
    visitor.answer(render(status, &page))
}

/// Joins: as the person who is signed in, by signing in, or by signing up. Somebody else is signed out first, which
/// the button says.
pub(super) async fn accept(State(app): State<Shared>, mut visitor: Visitor, form: Form) -> Response {
    let secret = visitor.prefill(PARAMETER);
    let typed = SignUpFields {
        first_name: Some(form.get("first_name").to_owned()),
        last_name: Some(form.get("last_name").to_owned()),
        ..SignUpFields::default()
    };
    let now = clock::now();
    let fields = typed.clone();
    let accepted = app.store.write(|state| {
        let ticket = state.ticket(&secret, now)?;
        let client = visitor.browser.ensure_client(state, now);
        let session = state.current_session(&client).cloned();
        let holder = state.holder(&ticket).map(|user| user.id.clone());
        match (session, holder) {
            (Some(session), Some(holder)) if session.user_id == holder && !ticket.is_actors() => {
                state.open_ticket(&ticket, Some(&session), now).map(|_| ())
            }
            (session, holder) => {
                if session.is_some() {
                    state.remove_sessions(&client, now);
                }
                if holder.is_some() {
                    state.create_sign_in_by_ticket(&client, &ticket, now).map(|_| ())
                } else {
                    state.create_sign_up_by_ticket(&client, &ticket, fields, now).map(|_| ())
                }
            }
        }
    });
    match accepted {
        Ok(()) => visitor.onward(&app),
        Err(refusal) if refusal.param.is_some() => {
            page(&app, &visitor, &secret, &typed, Some(FieldError::new(&refusal)))
        }
        Err(refusal) => refused(&app, &visitor, &refusal),
    }
}

fn refused(app: &App, visitor: &Visitor, refusal: &ApiError) -> Response {
    let (heading, message) = match refusal.code {
        "ticket_expired_code" => ("This link has expired", "Ask whoever sent it for a new one."),
        "organization_invitation_already_accepted"
        | "sign_in_token_already_used_code"
        | "actor_token_already_used_code" => ("This link has been used", "It works once. Sign in to go on."),
        "organization_invitation_revoked_code" | "sign_in_token_revoked_code" | "actor_token_revoked_code" => {
            ("This link was taken back", "Ask whoever sent it if that was meant for you.")
        }
        "organization_invitation_to_deleted_organization" => {
            ("This organisation is gone", "It was deleted after you were invited.")
        }
        "organization_membership_quota_exceeded" => {
            ("This organisation is full", "Ask whoever invited you to make room, then follow the link again.")
        }
        "user_banned" | "user_locked" => ("You cannot sign in", "Your account has been shut out."),
        _ => ("This link does not work", "Perhaps it was not copied whole. Open it from the mail again."),
    };
    let person = visitor.signed_in(app).map(|(_, user)| user);
    let page = Refused { frame: Frame::new(app, person.as_ref()), heading, message };
    visitor.answer(render(StatusCode::BAD_REQUEST, &page))
}
