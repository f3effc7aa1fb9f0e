//! `/v1/tickets/accept`: where the link in a mail leads first.

use axum::extract::{Query, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::ACCEPT;
use serde::Deserialize;
use url::Url;

use crate::app::Shared;
use crate::browser::Browser;
use crate::clock;
use crate::cookies::DEV_BROWSER;
use crate::errors::ApiError;
use crate::records::{Ticket, TicketStatus};

#[derive(Deserialize)]
pub(super) struct Link {
    ticket: Option<String>,
}

/// The right person, signed in, has joined when the answer comes; everybody else is sent on to sign in or up, with the
/// ticket. Programs are told what is wrong with a ticket; people are shown it.
pub(super) async fn accept(
    State(app): State<Shared>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Query(link): Query<Link>,
) -> Result<Response, ApiError> {
    let secret = link.ticket.filter(|ticket| !ticket.is_empty()).ok_or_else(|| ApiError::missing("ticket"))?;
    let now = clock::now();
    let browser = Browser::known(&app, &headers, query.as_deref().unwrap_or_default());
    let opened = app.store.write(|state| {
        let session = browser
            .as_ref()
            .and_then(|browser| browser.client(state))
            .and_then(|client| state.current_session(client))
            .cloned();
        let ticket = state.ticket(&secret, now)?;
        let status = state.open_ticket(&ticket, session.as_ref(), now)?;
        Ok::<_, ApiError>((destination(&ticket), status))
    });
    let browser = browser.as_ref().and_then(Browser::development_id);
    let (redirect_url, status) = match opened {
        Ok(opened) => opened,
        Err(refusal) if wants_a_page(&headers) => {
            tracing::debug!(code = refusal.code, "a ticket was refused");
            return Ok(Redirect::to(&format!("/ticket?__clerk_ticket={secret}")).into_response());
        }
        Err(refusal) => return Err(refusal),
    };
    let allowed = redirect_url.and_then(|url| app.settings.origins.allowed_url(&url));
    let target = match (allowed, status) {
        (Some(url), _) => with_ticket(url, &secret, status, browser),
        (None, TicketStatus::Complete) => with_ticket(app.settings.app_url.clone(), &secret, status, browser),
        (None, _) => return Ok(Redirect::to(&format!("/ticket?__clerk_ticket={secret}")).into_response()),
    };
    Ok(Redirect::to(target.as_str()).into_response())
}

fn destination(ticket: &Ticket) -> Option<String> {
    match ticket {
        Ticket::Invitation(invitation) => invitation.redirect_url.clone(),
        Ticket::SignIn(_) | Ticket::Actor(_) => None,
    }
}

fn wants_a_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.starts_with("text/html"))
}

fn with_ticket(mut url: Url, secret: &str, status: TicketStatus, browser: Option<&str>) -> Url {
    let mut query = url.query_pairs_mut();
    query.append_pair("__clerk_status", status.as_str());
    query.append_pair("__clerk_ticket", secret);
    if let Some(browser) = browser {
        query.append_pair(DEV_BROWSER, browser);
    }
    drop(query);
    url
}
