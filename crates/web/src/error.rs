//! Everything that is not the answer hoped for, and the one place where it becomes a status.

use axum::response::{IntoResponse, Response};
use domain::{FieldErrors, Permission};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use tenancy::OrganisationId;

use crate::state::Chain;

/// The result of handlers and extractors.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// The code of [`Error::NotFresh`], which is Clerk's for the same.
pub(crate) const NOT_FRESH: &str = "session_reverification_required";

/// Why a request is not answered as asked.
#[derive(Debug)]
pub(crate) enum Error {
    /// It does not exist, or is not the caller's to see.
    NotFound,
    /// A member without the permission.
    Forbidden(Permission),
    /// A rule forbids it to this person.
    Refused { code: &'static str, message: String },
    /// The plan does not include it, or no more of it.
    LimitReached { code: &'static str, message: String },
    /// Fields to put right: name and message.
    Invalid(Vec<(String, String)>),
    /// The state of things is in the way.
    Conflict { code: &'static str, message: String },
    /// The request cannot be read: what is wrong with it.
    BadRequest { code: &'static str, message: String },
    /// The body is not of the type that is read here.
    WrongType { expected: &'static str },
    /// Nobody is signed in.
    SignedOut,
    /// The session was ended, at Clerk or here, though its last token is still good.
    SessionEnded,
    /// A program without a token that is believed.
    NoToken,
    /// Signed in, but still owing Clerk a task.
    SessionPending,
    /// Sent by another site's page.
    ForeignOrigin,
    /// Meant for another host.
    UnknownHost,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// The body is too large.
    TooLarge,
    /// Somebody acts in the person's name, and this is theirs alone.
    Impersonated,
    /// The person signed in too long ago for this.
    NotFresh,
    /// Something we depend on does not answer: try again soon.
    Unavailable,
    /// Stripe does not answer: try again.
    StripeSilent,
    /// Clerk does not answer, and without it nobody can be told apart.
    ClerkSilent,
    /// Clerk's token says that the caller was a member of the organisation at this address a minute ago, and they are
    /// not any more. Never said to anybody else: to them it is [`Self::NotFound`].
    NoLongerAMember { slug: String },
    /// The organisation at this address was deleted; said to those who belonged to it.
    OrganisationDeleted { organisation: OrganisationId },
    /// The fault is ours. Logged where it is made, never shown.
    Internal,
    /// The answer is made already: a redirect, mostly.
    Early(Box<Response>),
}

impl Error {
    /// An answer made already.
    pub(crate) fn early(response: impl IntoResponse) -> Self {
        Self::Early(Box::new(response.into_response()))
    }

    /// A fault of ours, said to the log with everything that caused it.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(error = %Chain(error), "request failed");
        Self::Internal
    }
}

impl From<domain::Error> for Error {
    fn from(error: domain::Error) -> Self {
        match error {
            domain::Error::NotFound => Self::NotFound,
            domain::Error::SessionEnded => Self::SessionEnded,
            domain::Error::Forbidden(permission) => Self::Forbidden(permission),
            domain::Error::Refused { code, message } => Self::Refused { code, message },
            domain::Error::Impersonated => Self::Impersonated,
            domain::Error::NotFresh => Self::NotFresh,
            domain::Error::LimitReached { code, message } => Self::LimitReached { code, message },
            domain::Error::Invalid(fields) => fields.into(),
            domain::Error::Conflict { code, message } => Self::Conflict { code, message },
            domain::Error::Database(error) if error.is_passing() => {
                tracing::warn!(error = %Chain(&error), "the database does not answer");
                Self::Unavailable
            }
            domain::Error::Database(error) => Self::internal(&error),
        }
    }
}

impl From<billing::Error> for Error {
    fn from(error: billing::Error) -> Self {
        if error.is_transient() {
            tracing::warn!(error = %Chain(&error), "Stripe does not answer");
            return Self::StripeSilent;
        }
        match error {
            billing::Error::Domain(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<FieldErrors> for Error {
    fn from(fields: FieldErrors) -> Self {
        Self::Invalid(fields.0.into_iter().map(|(field, message)| (field.to_owned(), message)).collect())
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::internal(&error)
    }
}

/// An error as it is told: travels in the response's extensions to `presentation`, which knows how to say it.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// Stable name for programs.
    pub(crate) code: &'static str,
    /// What happened.
    pub(crate) title: String,
    /// Why, and what to do.
    pub(crate) detail: String,
    /// What is wrong with which field.
    pub(crate) fields: Vec<(String, String)>,
    /// What would have been needed.
    pub(crate) permission: Option<Permission>,
    /// Whether a rule of the organisation is in the way: that somebody tried goes into its audit log.
    pub(crate) is_attempt: bool,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        let (title, detail) = (title.into(), detail.into());
        Self { status, code, title, detail, fields: Vec::new(), permission: None, is_attempt: false }
    }

    /// Whether the same form may be taken another time, so that it is given back with what was typed.
    pub(crate) fn gives_the_form_back(&self) -> bool {
        [
            "signed_out",
            "session_ended",
            "session_pending",
            NOT_FRESH,
            "unavailable",
            "clerk_unavailable",
            "stripe_unavailable",
        ]
        .contains(&self.code)
    }

    /// What a bare status means, where axum or a layer answered with nothing else.
    pub(crate) fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::NOT_FOUND => Some(Error::NotFound.problem()),
            StatusCode::METHOD_NOT_ALLOWED => Some(Error::MethodNotAllowed.problem()),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Error::TooLarge.problem()),
            _ => None,
        }
    }
}

impl Error {
    fn problem(self) -> Problem {
        use StatusCode as S;
        match self {
            Self::NotFound => Problem::new(
                S::NOT_FOUND,
                "not_found",
                "There is nothing at this address",
                "It may have been removed, or you may have to switch to another organisation to see it.",
            ),
            Self::Forbidden(permission) => Problem {
                permission: Some(permission),
                is_attempt: true,
                ..Problem::new(
                    S::FORBIDDEN,
                    "forbidden",
                    format!("You need {permission} for this"),
                    "Your role here does not include it. An admin can give it to you.",
                )
            },
            Self::Refused { code, message } => {
                Problem { is_attempt: true, ..Problem::new(S::FORBIDDEN, code, "You may not do this", message) }
            }
            Self::LimitReached { code, message } => {
                Problem::new(S::FORBIDDEN, code, "Your plan does not go that far", message)
            }
            Self::Invalid(fields) => Problem {
                fields,
                ..Problem::new(
                    S::UNPROCESSABLE_ENTITY,
                    "invalid",
                    "Something in here has to be put right",
                    "Nothing was saved. Change what is named and send it again.",
                )
            },
            Self::Conflict { code, message } => {
                Problem::new(S::CONFLICT, code, "This cannot be done as things stand", message)
            }
            Self::BadRequest { code, message } => {
                Problem::new(S::BAD_REQUEST, code, "The request cannot be read", message)
            }
            Self::WrongType { expected } => Problem::new(
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The request is of another type than expected",
                format!("Send it with Content-Type: {expected}."),
            ),
            Self::SignedOut => Problem::new(
                S::UNAUTHORIZED,
                "signed_out",
                "Your session has ended",
                "Nothing was saved, and what you typed is still here. Sign in, then do it again.",
            ),
            Self::SessionEnded => Problem::new(
                S::UNAUTHORIZED,
                "session_ended",
                "You were signed out",
                "Nothing was saved. Sign in to go on.",
            ),
            Self::NoToken => Problem::new(
                S::UNAUTHORIZED,
                "signed_out",
                "No valid session token",
                "Send a session token that has not ended, as Authorization: Bearer and the token.",
            ),
            Self::SessionPending => Problem::new(
                S::UNAUTHORIZED,
                "session_pending",
                "Your session is not complete yet",
                "Choose or create an organisation first.",
            ),
            Self::ForeignOrigin => Problem::new(
                S::FORBIDDEN,
                "foreign_origin",
                "This did not come from one of our pages",
                "Nothing was changed. Open the page here and try again.",
            ),
            Self::Impersonated => Problem {
                is_attempt: true,
                ..Problem::new(
                    S::FORBIDDEN,
                    "impersonated",
                    "Only the person themselves may do this",
                    "You act in somebody’s name. What takes data out, hands an organisation over or cannot be undone is theirs \
                     alone.",
                )
            },
            Self::NotFresh => Problem::new(
                S::FORBIDDEN,
                NOT_FRESH,
                "Confirm that it is you",
                "This takes a sign-in of the last ten minutes. Nothing was done yet: sign in again, then go on.",
            ),
            Self::UnknownHost => Problem::new(
                S::MISDIRECTED_REQUEST,
                "unknown_host",
                "This server does not answer to that name",
                "Use the address that PUBLIC_BASE_URL names.",
            ),
            Self::MethodNotAllowed => Problem::new(
                S::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This cannot be done at this address",
                "The address exists, but not for this method.",
            ),
            Self::TooLarge => Problem::new(
                S::PAYLOAD_TOO_LARGE,
                "too_large",
                "This is too large",
                "At most 256 KB can be sent at once, or a picture of 5 MB. Nothing was saved.",
            ),
            Self::NoLongerAMember { slug } => Problem::new(
                S::NOT_FOUND,
                "not_found",
                format!("You are no longer a member of {slug}"),
                "Your membership has ended, or the organisation has. Nothing was saved. An admin can invite you again.",
            ),
            Self::OrganisationDeleted { organisation } => Problem::new(
                S::GONE,
                "organisation_deleted",
                "This organisation was deleted",
                format!("Nothing was saved. How long its admins can restore it is said at /deleted/{organisation}."),
            ),
            Self::ClerkSilent => Problem::new(
                S::SERVICE_UNAVAILABLE,
                "clerk_unavailable",
                "Clerk does not answer",
                "Clerk says who is signed in, and until it answers nobody can be let in. Nothing was saved. It is usually \
                 back within minutes; try again then.",
            ),
            Self::StripeSilent => Problem::new(
                S::SERVICE_UNAVAILABLE,
                "stripe_unavailable",
                "Stripe does not answer",
                "Stripe takes the payments, and nothing was charged twice. It is usually back within minutes; try again then.",
            ),
            Self::Unavailable => Problem::new(
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                "Something we depend on does not answer",
                "Nothing was saved. It is usually back within a minute; try again then.",
            ),
            Self::Internal | Self::Early(_) => Problem::new(
                S::INTERNAL_SERVER_ERROR,
                "internal",
                "We could not do this",
                "The fault is ours and is recorded. If it stays, send us the number below.",
            ),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::Early(response) => return *response,
            other => other.problem(),
        };
        let mut response = problem.status.into_response();
        let headers = response.headers_mut();
        match problem.status {
            StatusCode::UNAUTHORIZED => headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            StatusCode::SERVICE_UNAVAILABLE => headers.insert(RETRY_AFTER, HeaderValue::from_static("5")),
            _ => None,
        };
        response.extensions_mut().insert(problem);
        response
    }
}
