//! `/v1/events`.

use crate::stripe::VERSION;
use crate::stripe::book::Book;
use crate::stripe::clock::{DAY, Seconds};
use crate::stripe::dispatch::{Ask, Endpoint, get};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::list::{Range, page};
use crate::stripe::records::Event;

/// How long events can be read. By everybody's time: those of a test clock may be of any age.
const LIFE: Seconds = 30 * DAY;
/// Types a list may name.
const TYPES: usize = 20;

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/events", &["type", "types[*]", "created", "created[*]", "delivery_success"], list),
    get("/v1/events/{id}", &[], show),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let (kind, kinds) = (params.text("type"), params.texts("types"));
    if kind.is_some() && kinds.is_some() {
        return Err(StripeError::invalid("You may only specify one of these parameters: type, types."));
    }
    if kinds.as_ref().is_some_and(|kinds| kinds.len() > TYPES) {
        return Err(StripeError::param("types", format!("You may specify up to {TYPES} types.")));
    }
    let created = Range::read(params, "created")?;
    let taken = params.flag("delivery_success")?;
    let passes = |event: &&Event| {
        kind.as_ref().is_none_or(|kind| matches(kind, &event.kind))
            && kinds.as_ref().is_none_or(|kinds| kinds.contains(&event.kind))
            && created.has(event.created)
            && event.told > ask.now - LIFE
            && taken.is_none_or(|taken| book.is_taken(event) == taken)
    };
    page(ask, book.events.iter().filter(passes), |event| book.event_json(event))
}

/// `invoice.*` stands for every event of invoices.
fn matches(wanted: &str, kind: &str) -> bool {
    wanted == kind || wanted.strip_suffix('*').is_some_and(|head| kind.starts_with(head))
}

fn show(book: &Book, ask: &Ask) -> Answer {
    let event = book.events.get(ask.id(), "id")?;
    Ok(book.event_json(event))
}

impl Book {
    fn event_json(&self, event: &Event) -> serde_json::Value {
        let mut shown = event.json(VERSION);
        shown["pending_webhooks"] = self.pending_webhooks(event).into();
        shown
    }
}
