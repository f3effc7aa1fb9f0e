//! What holds for every page: forms come from these pages only, and lead nowhere but where their session says.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use url::Url;

use crate::app::Shared;
use crate::origins::origin;
use crate::portal::{own_forms_only, security_headers};
use crate::stripe::pages::answer::notice;

/// Origins the forms of a page lead on to, besides its own.
#[derive(Clone, Debug, Default)]
struct LeadsTo(Vec<String>);

/// Refuses forms of other pages; sets the headers.
pub(super) async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let port = app.settings.stripe.origin.rsplit(':').next().unwrap_or_default();
    let own = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("http://{host}:{port}"));
    let mut response = if own_forms_only(&request, |origin| own.iter().any(|own| own == origin)) {
        next.run(request).await
    } else {
        notice(
            StatusCode::FORBIDDEN,
            "That form came from another page",
            "Forms of the sandbox are taken from its own pages only.",
            None,
        )
    };
    let targets = response.extensions_mut().remove::<LeadsTo>().unwrap_or_default();
    security_headers(response.headers_mut(), &targets.0.join(" "));
    response
}

/// Lets the forms of a page lead on to some addresses: browsers hold form-action against redirects too.
pub(super) fn leading_to<'a>(mut response: Response, urls: impl IntoIterator<Item = Option<&'a str>>) -> Response {
    let origins = urls.into_iter().filter_map(|url| web_address(url)).map(|url| origin(&url)).collect();
    response.extensions_mut().insert(LeadsTo(origins));
    response
}

/// An address people can be sent to.
pub(super) fn web_address(url: Option<&str>) -> Option<Url> {
    Url::parse(url?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}
