//! What a form says at its head where a rule stands in the way: it is shown again, and nothing typed is lost.

use http::StatusCode;

use crate::access::InOrg;
use crate::error::{Error, Result};

/// Why not, in words.
#[derive(Debug)]
pub(crate) struct Complaint {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl Complaint {
    /// Of what a form can go on with; everything else is the answer itself. That somebody tried what a rule forbids them
    /// is recorded either way.
    pub(crate) fn of(org: &InOrg, error: domain::Error) -> Result<Self> {
        match error {
            domain::Error::Refused { code, message } => {
                org.record_refusal(code);
                Ok(Self { status: StatusCode::FORBIDDEN, message })
            }
            domain::Error::LimitReached { message, .. } => Ok(Self { status: StatusCode::FORBIDDEN, message }),
            domain::Error::Conflict { message, .. } => Ok(Self { status: StatusCode::CONFLICT, message }),
            domain::Error::Invalid(fields) => {
                let messages: Vec<String> = fields.0.into_iter().map(|(_, message)| message).collect();
                Ok(Self { status: StatusCode::UNPROCESSABLE_ENTITY, message: messages.join(" ") })
            }
            other => Err(Error::from(other)),
        }
    }
}

/// The status of a form's page: of what is complained about, else that all is well.
pub(crate) fn status(complaint: Option<&Complaint>) -> StatusCode {
    complaint.map_or(StatusCode::OK, |complaint| complaint.status)
}
