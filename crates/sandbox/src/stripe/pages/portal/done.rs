//! The end of a flow.

use axum::response::Response;
use http::StatusCode;

use crate::stripe::pages::answer::{Link, notice, see_other};
use crate::stripe::pages::guard::web_address;
use crate::stripe::pages::portal::visit::Visit;

/// Says that it is done.
pub(super) async fn show(visit: Visit) -> Response {
    let Some(flow) = visit.session.flow.as_ref().filter(|_| visit.session.flow_done) else {
        return see_other(&visit.path(""));
    };
    let message = flow.after_message.as_deref().unwrap_or("Your billing is up to date.");
    let link = web_address(visit.session.return_url.as_deref())
        .map(|url| Link { href: url.to_string(), text: "Return to the application".to_owned() });
    visit.answer(notice(StatusCode::OK, "All done", message, link))
}
