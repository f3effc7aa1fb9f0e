//! The foot of a list that goes on.

use domain::{Cursor, FieldErrors, Page};
use serde::Deserialize;

/// Which page of a list is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Before {
    before: Option<String>,
}

impl Before {
    /// The page, or that there is no such page.
    pub(crate) fn page(&self) -> Result<Page, FieldErrors> {
        let before = self.before.as_deref().map(str::parse).transpose()?;
        Ok(Page { before })
    }
}

/// Where a list goes on.
pub(crate) struct Paging {
    pub(crate) newest: Option<String>,
    pub(crate) older: Option<String>,
}

impl Paging {
    pub(crate) fn new(list: &str, page: Page, older: Option<Cursor>) -> Self {
        Self {
            newest: page.before.map(|_| list.to_owned()),
            older: older.map(|cursor| format!("{list}{}before={cursor}", if list.contains('?') { '&' } else { '?' })),
        }
    }

    /// Whether there is anywhere to go.
    pub(crate) fn is_needed(&self) -> bool {
        self.newest.is_some() || self.older.is_some()
    }
}
