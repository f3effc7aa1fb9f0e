//! What happened in the last thirty days.

use serde::Serialize;

use super::{Created, Pages, Paging, Stripe};
use crate::error::Error;
use crate::form::{Pairs, pairs};
use crate::types::List;
use crate::webhooks::Event;

/// Which events to list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EventFilter {
    /// Of these kinds (at most 20).
    pub types: Vec<String>,
    /// When they happened.
    pub created: Option<Created>,
    /// Whether every webhook took them.
    pub delivery_success: Option<bool>,
    /// Which part of the list.
    #[serde(flatten)]
    pub paging: Paging,
}

impl Stripe {
    /// A part of the events.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_events(&self, filter: &EventFilter) -> Result<List<Event>, Error> {
        self.get(&["events"], &pairs(filter)?).await
    }

    /// All events, page after page.
    #[must_use]
    pub fn events(&self, filter: &EventFilter) -> Pages<Event> {
        Pages::new(self, &["events"], pairs(filter))
    }

    /// One event.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none, or it is too long ago.
    pub async fn get_event(&self, event_id: &str) -> Result<Event, Error> {
        self.get(&["events", event_id], &Pairs::new()).await
    }
}
