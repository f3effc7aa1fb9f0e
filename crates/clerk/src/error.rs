//! What can go wrong when talking to Clerk's Backend API.

use std::time::Duration;

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
    /// Too many calls.
    #[error("Clerk asks to wait {} s", retry_after.as_secs())]
    RateLimited {
        /// How long to wait.
        retry_after: Duration,
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
    trace_id.map(|id| format!(" (trace {id})")).unwrap_or_default()
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

    /// The thing asked for does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api { status: 404, .. })
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

macro_rules! codes {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// Clerk's error codes that the product tells apart; every other one is kept as [`ErrorCode::Other`].
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $text, "`")] $name,)+
            /// A code not listed here.
            Other(String),
        }

        impl ErrorCode {
            /// The code as Clerk writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for ErrorCode {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

codes! {
    ClerkKeyInvalid = "clerk_key_invalid",
    AuthenticationInvalid = "authentication_invalid",
    AuthorizationInvalid = "authorization_invalid",
    ApiVersionInvalid = "api_version_invalid",
    ResourceNotFound = "resource_not_found",
    DuplicateRecord = "duplicate_record",
    ResourceLocked = "resource_locked",
    InternalClerkError = "internal_clerk_error",
    FormParamMissing = "form_param_missing",
    FormParamNil = "form_param_nil",
    FormParamUnknown = "form_param_unknown",
    FormParamValueInvalid = "form_param_value_invalid",
    FormParamFormatInvalid = "form_param_format_invalid",
    FormParamMaxLengthExceeded = "form_param_max_length_exceeded",
    FormIdentifierExists = "form_identifier_exists",
    OrganizationNotEnabledInInstance = "organization_not_enabled_in_instance",
    OrganizationSlugsDisabled = "organization_slugs_disabled",
    OrganizationQuotaExceeded = "organization_quota_exceeded",
    OrganizationNotFoundOrUnauthorized = "organization_not_found_or_unauthorized",
    OrganizationCreatorNotFound = "organization_creator_not_found",
    AlreadyAMemberInOrganization = "already_a_member_in_organization",
    NotAMemberInOrganization = "not_a_member_in_organization",
    OrganizationMembershipQuotaExceeded = "organization_membership_quota_exceeded",
    OrganizationMinimumPermissionsNeeded = "organization_minimum_permissions_needed",
    RefreshRequestOriginAzpMismatch = "refresh_request_origin_azp_mismatch",
    RefreshTokenNotFound = "refresh_token_not_found",
    SessionRefreshInactiveSession = "session_refresh_inactive_session",
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}
