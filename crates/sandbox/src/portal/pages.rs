//! The pages as templates, and what they are filled with.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

use crate::app::App;
use crate::errors::ApiError;
use crate::records::User;
use crate::state::State;

/// What every page shows around its content.
pub(super) struct Frame {
    /// Address of the application.
    app: String,
    /// Origin of the mailbox.
    mailbox: String,
    /// Address of the person who is signed in.
    person: Option<String>,
}

impl Frame {
    pub(super) fn new(app: &App, person: Option<&User>) -> Self {
        Self {
            app: app.settings.app_url.to_string(),
            mailbox: app.settings.mailbox_origin.clone(),
            person: person.map(|user| user.identifier().to_owned()),
        }
    }
}

/// What is wrong with a field, and where to go instead.
pub(super) struct FieldError {
    pub(super) message: String,
    pub(super) link: Option<Link>,
}

pub(super) struct Link {
    pub(super) href: String,
    pub(super) text: &'static str,
}

impl FieldError {
    /// In the words of the page rather than the protocol's.
    pub(super) fn new(refusal: &ApiError) -> Self {
        let message = match refusal.code {
            "form_param_missing" => "Please fill this in.",
            "form_code_incorrect" => "That is not the code we sent. Check the newest mail.",
            "verification_expired" => "That code is more than ten minutes old. Send a new one.",
            "verification_failed" => "That was the wrong code too often. Send a new one.",
            "form_identifier_exists" if refusal.param.as_deref() == Some("slug") => "That web address is taken.",
            "form_param_format_invalid" if refusal.param.as_deref() == Some("email_address") => {
                "Write an email address such as name@example.com."
            }
            _ => &refusal.message,
        };
        Self { message: message.to_owned(), link: None }
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage {
    pub(super) frame: Frame,
    pub(super) query: String,
    pub(super) email: String,
    pub(super) error: Option<FieldError>,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
pub(super) struct SignUpPage {
    pub(super) frame: Frame,
    pub(super) query: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) email: String,
    pub(super) error: Option<FieldError>,
}

#[derive(Template)]
#[template(path = "code.html")]
pub(super) struct CodePage {
    pub(super) frame: Frame,
    /// `/sign-in` or `/sign-up`.
    pub(super) path: &'static str,
    pub(super) query: String,
    pub(super) email: String,
    /// Whether the address is a test address.
    pub(super) test: bool,
    pub(super) error: Option<FieldError>,
}

#[derive(Template)]
#[template(path = "tasks.html")]
pub(super) struct TasksPage {
    pub(super) frame: Frame,
    pub(super) query: String,
    pub(super) organisations: Vec<Choice>,
}

/// An organisation of the person.
pub(super) struct Choice {
    id: String,
    name: String,
    role: String,
}

impl Choice {
    /// The person's organisations by name.
    pub(super) fn all(state: &State, user_id: &str) -> Vec<Self> {
        let mut choices: Vec<_> = state
            .memberships_of(user_id)
            .filter_map(|membership| {
                let organization = state.organizations.get(&membership.organization_id)?;
                Some(Self {
                    id: organization.id.clone(),
                    name: organization.name.clone(),
                    role: state.role(&membership.role).map_or(String::new(), |role| role.name.to_lowercase()),
                })
            })
            .collect();
        choices.sort_by_key(|choice| choice.name.to_lowercase());
        choices
    }
}

#[derive(Template)]
#[template(path = "create_organization.html")]
pub(super) struct CreateOrganizationPage {
    pub(super) frame: Frame,
    pub(super) query: String,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) name_error: Option<FieldError>,
    pub(super) slug_error: Option<FieldError>,
}

#[derive(Template)]
#[template(path = "user.html")]
pub(super) struct UserPage {
    pub(super) frame: Frame,
    pub(super) query: String,
    pub(super) email: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) organisations: Vec<Choice>,
    pub(super) saved: bool,
    /// Address of the application, with the way it was come from.
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "ticket.html")]
pub(super) struct TicketPage {
    pub(super) frame: Frame,
    /// Where the form goes: this page with the ticket.
    pub(super) action: String,
    /// Name of the organisation an invitation is to.
    pub(super) organisation: Option<String>,
    /// Address the ticket was sent to.
    pub(super) email: String,
    /// Whether that address has no account yet.
    pub(super) is_new: bool,
    /// Address of a person who is signed in and for whom the ticket is not.
    pub(super) somebody_else: Option<String>,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) error: Option<FieldError>,
}

#[derive(Template)]
#[template(path = "refused.html")]
pub(super) struct Refused {
    pub(super) frame: Frame,
    pub(super) heading: &'static str,
    pub(super) message: &'static str,
}

/// A page with its status.
pub(crate) fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!("a page could not be written: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
