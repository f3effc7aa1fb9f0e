//! What can go wrong when talking to Stripe.

use std::time::Duration;

pub use crate::error_code::{ErrorCode, ErrorKind};

/// An error that Stripe answered with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Stripe answered {status} {kind}{}{}{}: {message}{}", coded(code.as_ref()), declined(decline_code.as_deref()), in_parameter(param.as_deref()), traced(request_id.as_deref()))]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// What exactly, when Stripe says so.
    pub code: Option<ErrorCode>,
    /// The parameter it is about.
    pub param: Option<String>,
    /// The bank's reason not to pay.
    pub decline_code: Option<String>,
    /// The error's text, meant for developers unless it is about a card.
    pub message: String,
    /// To quote to Stripe's support.
    pub request_id: Option<String>,
}

/// A failed call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Stripe answered with an error.
    #[error("{0}")]
    Api(Box<ApiError>),
    /// Too many calls: Stripe says so, or our own budget below Stripe's does.
    #[error("Stripe asks to wait {} s{}", retry_after.as_secs_f64(), traced(request_id.as_deref()))]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
        /// To quote to Stripe's support; none when the call was not made.
        request_id: Option<String>,
    },
    /// No answer: refused, timed out, or cut off.
    #[error("Stripe cannot be reached: {0}")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer that does not have the expected shape.
    #[error("Stripe's answer cannot be read: {0}")]
    Decode(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A request that cannot be written down. Nothing was sent.
    #[error("the request to Stripe cannot be written: {0}")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn coded(code: Option<&ErrorCode>) -> String {
    code.map(|code| format!(" {code}")).unwrap_or_default()
}

fn declined(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}

fn in_parameter(param: Option<&str>) -> String {
    param.map(|name| format!(" (parameter {name})")).unwrap_or_default()
}

fn traced(request_id: Option<&str>) -> String {
    request_id.map(|id| format!(" [request {id}]")).unwrap_or_default()
}

impl Error {
    /// What Stripe answered, when it did.
    #[must_use]
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// The code, when Stripe gave one.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        self.api()?.code.as_ref()
    }

    /// What to quote to Stripe's support, when there is anything.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.request_id.as_deref(),
            Self::RateLimited { request_id, .. } => request_id.as_deref(),
            Self::Unreachable(_) | Self::Decode(_) | Self::Encode(_) => None,
        }
    }

    /// The thing asked for does not exist, or something that the request names; `param` says which. After a deletion
    /// that was tried again, this is success.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.api().is_some_and(|error| error.status == 404 || error.code == Some(ErrorCode::ResourceMissing))
    }

    /// There is one with this id already.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.code() == Some(&ErrorCode::ResourceAlreadyExists)
    }

    /// Stripe does not know the key, or it may not do this.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.api().is_some_and(|error| matches!(error.status, 401 | 403))
    }

    /// The card did not pay; the message is meant for the customer.
    #[must_use]
    pub fn is_card_error(&self) -> bool {
        self.api().is_some_and(|error| error.kind == ErrorKind::Card)
    }

    /// Stripe may have done what it was asked: no answer came, none that can be read, or one that says nothing of it.
    /// Whoever asked for a change has to look, or ask again with the same key.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Unreachable(cause) => !cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect),
            Self::Decode(_) => true,
            // A conflict may be with an earlier attempt under the same key that still goes on.
            Self::Api(error) => error.status >= 500 || error.status == 409,
            Self::RateLimited { .. } | Self::Encode(_) => false,
        }
    }

    /// The same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Api(error) => error.status >= 500 || matches!(error.status, 409 | 429),
            Self::RateLimited { .. } | Self::Unreachable(_) => true,
            Self::Decode(_) | Self::Encode(_) => false,
        }
    }
}
