//! `/__clerk/…`: Clerk's Frontend API on our own origin, where `CLERK_PROXY_URL` says so.
//!
//! Passed on as it comes, but for what is ours: the product's cookies stay here, and who the proxy is and for whom it
//! asks this server alone says. No session is looked at, no tenant entered.

mod headers;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, Uri};
use serde_json::json;

use crate::body;
use crate::error::{Error, Result};
use crate::state::Chain;

/// Whether the address lies below the proxy's.
pub(crate) fn is_below(path: &str) -> bool {
    path.strip_prefix(clerk::PROXY_PATH).is_some_and(|rest| rest.starts_with('/'))
}

/// Asks Clerk and answers what Clerk answers; a redirect is the browser's to follow.
pub(crate) async fn pass_on(State(state): State<crate::State>, request: Request) -> Result<Response> {
    let frontend = state.clerk.frontend().ok_or(Error::NotFound)?;
    let below = below(request.uri()).ok_or(Error::NotFound)?;
    let method = request.method().clone();
    let client = crate::client_address::of(request.headers(), request.extensions());
    let headers = headers::to_clerk(request.headers());
    let body = body::read(request, &state).await?;
    match frontend.ask(method, &below, client, headers, body.into()).await {
        Ok(answer) => {
            let (parts, body) = answer.into_parts();
            let mut response = Response::new(Body::new(body));
            *response.status_mut() = parts.status;
            *response.headers_mut() = headers::from_clerk(&parts.headers);
            Ok(response)
        }
        Err(clerk::Error::Decode(_)) => Err(Error::NotFound),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "the Frontend API does not answer");
            Ok(dark())
        }
    }
}

/// Path and query behind the proxy's own path, as they were sent.
///
/// `None` where a part of the path, decoded, would lead up or hide a further part: what is before us, we and Clerk would
/// read such an address each in their own way.
fn below(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_prefix(clerk::PROXY_PATH)?;
    let honest = path.split('/').all(|part| {
        let decoded: Vec<u8> = percent_encoding::percent_decode_str(part).collect();
        !matches!(decoded.as_slice(), b"." | b"..") && !decoded.iter().any(|byte| matches!(byte, b'/' | b'\\' | b'%'))
    });
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    honest.then(|| format!("{path}{query}"))
}

/// In the shape of Clerk's own errors, which ClerkJS reads.
fn dark() -> Response {
    let message = "Clerk does not answer. Nothing was changed; try again in a minute.";
    let error = json!({ "code": "frontend_api_unreachable", "message": message, "long_message": message });
    (StatusCode::BAD_GATEWAY, Json(json!({ "errors": [error] }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_leads_up_or_hides_something_is_none() {
        for (asked, expected) in [
            ("/__clerk/v1/client?_method=PATCH&x=%2F..", Some("/v1/client?_method=PATCH&x=%2F..")),
            ("/__clerk/npm/@clerk/clerk-js@6/dist/x.js", Some("/npm/@clerk/clerk-js@6/dist/x.js")),
            ("/__clerk//evil.example/x", Some("//evil.example/x")),
            ("/__clerk/v1/a%20b", Some("/v1/a%20b")),
            ("/__clerk/../bapi", None),
            ("/__clerk/%2e%2E/bapi", None),
            ("/__clerk/.%2e/bapi", None),
            ("/__clerk/..%2fbapi", None),
            ("/__clerk/v1%2f..%2f..%2fbapi", None),
            ("/__clerk/..%5cbapi", None),
            ("/__clerk/%252e%252e/bapi", None),
            ("/__clerk/v1/.", None),
        ] {
            assert_eq!(below(&asked.parse().unwrap()).as_deref(), expected, "{asked}");
        }
    }

    #[test]
    fn only_what_follows_the_path_is_below_it() {
        assert!(is_below("/__clerk/v1/client") && is_below("/__clerk/"));
        assert!(!is_below("/__clerk") && !is_below("/__clerks/v1") && !is_below("/x/__clerk/v1"));
    }
}
