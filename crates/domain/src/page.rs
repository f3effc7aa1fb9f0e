//! Pages of a list that grows at its newest end.

use uuid::Uuid;

use crate::FieldErrors;

/// Rows on one page.
pub const PAGE_SIZE: usize = 50;

/// Where the next page begins: after this row. Opaque to callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(Uuid);

impl std::str::FromStr for Cursor {
    type Err = FieldErrors;

    fn from_str(text: &str) -> Result<Self, FieldErrors> {
        let hint = "This is not a page of this list; start again without it.";
        text.parse().map(Self).map_err(|_| FieldErrors::one("before", hint))
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Which page of a list: the newest, or what is older than a row.
#[derive(Debug, Clone, Copy, Default)]
pub struct Page {
    /// Older than this row; from the newest where absent.
    pub before: Option<Cursor>,
}

impl Page {
    /// The bound as the statements take it: ids are version 7 and so ordered by time.
    pub(crate) fn bound(self) -> Uuid {
        self.before.map_or(Uuid::max(), |cursor| cursor.0)
    }
}

/// One page.
#[derive(Debug, Clone)]
pub struct Listing<T> {
    /// Newest first, [`PAGE_SIZE`] at most.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub older: Option<Cursor>,
}

impl<T> Listing<T> {
    /// From one row more than a page holds, so that the list knows whether it goes on.
    pub(crate) fn from_one_more(mut items: Vec<T>, id: impl Fn(&T) -> Uuid) -> Self {
        let more = items.len() > PAGE_SIZE;
        items.truncate(PAGE_SIZE);
        let older = items.last().filter(|_| more).map(|last| Cursor(id(last)));
        Self { items, older }
    }
}
