//! The picture in an uploaded form.

use axum::body::Bytes;
use axum::extract::Multipart;
use http::StatusCode;

use crate::errors::ApiError;

/// The bytes of the field `file`.
pub(crate) async fn picture(mut form: Multipart) -> Result<Bytes, ApiError> {
    while let Some(field) = form.next_field().await.map_err(|error| unreadable(error.status()))? {
        if field.name() == Some("file") {
            return field.bytes().await.map_err(|error| unreadable(error.status()));
        }
    }
    Err(ApiError::missing("file"))
}

fn unreadable(status: StatusCode) -> ApiError {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::new(status, "request_body_too_large", "Request body too large")
    } else {
        ApiError::bad_request("request_body_invalid", "The body must be multipart/form-data with a file.")
    }
}
