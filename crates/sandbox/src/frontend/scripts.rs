//! The script ClerkJS and its lazy parts, under the path Clerk serves them from.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use crate::app::Shared;

/// The major version the application asks for. Lazy parts come from the exact version's path.
const PACKAGE: &str = "clerk-js@6";

/// One file of the package's `dist`.
pub(super) async fn show(State(app): State<Shared>, Path((package, file)): Path<(String, String)>) -> Response {
    let version = package.strip_prefix(PACKAGE);
    let right = version.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let Some(directory) = app.settings.clerk_js.as_ref().filter(|_| right && is_script(&file)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(bytes) = tokio::fs::read(directory.join(&file)).await else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let keep = if version == Some("") { "public, max-age=60" } else { "public, max-age=31536000, immutable" };
    (
        [
            (CONTENT_TYPE, "text/javascript; charset=utf-8"),
            (CACHE_CONTROL, keep),
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        bytes,
    )
        .into_response()
}

/// A plain file name of a script: no way out of the directory.
fn is_script(file: &str) -> bool {
    file.ends_with(".js")
        && !file.starts_with('.')
        && file.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_script_names_are_served() {
        assert!(is_script("clerk.browser.js"));
        assert!(is_script("10_clerk.browser_a68c22_6.40.0.js"));
        for bad in ["../package.json", "..%2fx.js", "a/b.js", ".hidden.js", "a\\b.js", "types", ""] {
            assert!(!is_script(bad), "{bad}");
        }
    }
}
