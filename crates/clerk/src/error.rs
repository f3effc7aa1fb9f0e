//! What can go wrong when talking to Clerk's Backend API.

use std::time::Duration;

pub use crate::error_code::ErrorCode;

/// A failed call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Clerk answered with an error.
    #[error("Clerk answered {status} {code}: {message}{}{}", in_parameter(param.as_deref()), traced(trace_id.as_deref()))]
    Api {
        /// HTTP status.
        status: u16,
        /// The first error's code.
        code: ErrorCode,
        /// The first error's text, meant for developers unless it is about a form.
        message: String,
        /// The parameter a form error is about.
        param: Option<String>,
        /// To quote to Clerk's support.
        trace_id: Option<String>,
    },
    /// Too many calls: Clerk says so, or our own budget below Clerk's does.
    #[error("Clerk asks to wait {} s{}", retry_after.as_secs(), traced(trace_id.as_deref()))]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
        /// To quote to Clerk's support; none when the call was not made.
        trace_id: Option<String>,
    },
    /// No answer: refused, timed out, or cut off.
    #[error("Clerk cannot be reached: {0}")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer that does not have the expected shape.
    #[error("Clerk's answer cannot be read: {0}")]
    Decode(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn in_parameter(param: Option<&str>) -> String {
    param.map(|name| format!(" (parameter {name})")).unwrap_or_default()
}

fn traced(trace_id: Option<&str>) -> String {
    trace_id.map(|id| format!(" [trace {id}]")).unwrap_or_default()
}

impl Error {
    /// The code, when Clerk gave one.
    #[must_use]
    pub fn code(&self) -> Option<&ErrorCode> {
        match self {
            Self::Api { code, .. } => Some(code),
            _ => None,
        }
    }

    /// What to quote to Clerk's support, when there is anything.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        match self {
            Self::Api { trace_id, .. } | Self::RateLimited { trace_id, .. } => trace_id.as_deref(),
            Self::Unreachable(_) | Self::Decode(_) => None,
        }
    }

    /// The thing asked for does not exist. After a deletion that was tried again, this is success.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api { status: 404, .. })
    }

    /// Clerk may have done what it was asked: no answer came, none that can be read, or one that says nothing of it. Whoever
    /// asked for a change has to look.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        match self {
            Self::Unreachable(cause) => !cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect),
            Self::Decode(_) => true,
            Self::Api { status, .. } => *status >= 500,
            Self::RateLimited { .. } => false,
        }
    }

    /// The same call may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Api { status, code, .. } => *status >= 500 || *code == ErrorCode::ResourceLocked,
            Self::RateLimited { .. } | Self::Unreachable(_) => true,
            Self::Decode(_) => false,
        }
    }
}
