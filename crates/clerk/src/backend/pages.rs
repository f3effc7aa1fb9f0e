//! A long list, page after page, which may change while it is read.
//!
//! Rows come oldest first, so that new ones come at the end and shift nothing. A row that is taken away shifts all
//! behind it by one, so that the next page would begin a row too late: therefore pages overlap, and one that knows none
//! of the rows before it is asked for again further up. No row is given twice.

use std::collections::HashSet;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::{Backend, page};
use crate::error::Error;
use crate::types::{OrganizationInvitation, OrganizationMembership, Page};

/// The largest page Clerk gives.
const PAGE: u32 = 500;

/// Requests in a row that bring nothing new before the list is given up: it changes faster than it can be read, or its
/// total is wrong.
const MOST_STALLS: u32 = 10;

/// Something with an id of its own in a list.
pub(crate) trait Row {
    fn id(&self) -> &str;
}

impl Row for OrganizationMembership {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Row for OrganizationInvitation {
    fn id(&self) -> &str {
        &self.id
    }
}

/// A list being read. Ask for pages until there is none.
#[derive(Debug)]
pub struct Pages<T> {
    backend: Backend,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    size: u32,
    offset: u32,
    seen: HashSet<String>,
    ended: bool,
    rows: PhantomData<fn() -> T>,
}

#[expect(private_bounds, reason = "lists are made here and nowhere else")]
impl<T: Row + DeserializeOwned> Pages<T> {
    pub(super) fn new(backend: &Backend, path: &[&str], mut query: Vec<(&'static str, String)>) -> Self {
        query.push(("order_by", "+created_at".to_owned()));
        Self {
            backend: backend.clone(),
            path: path.iter().map(|&segment| segment.to_owned()).collect(),
            query,
            size: PAGE,
            offset: 0,
            seen: HashSet::new(),
            ended: false,
            rows: PhantomData,
        }
    }

    /// With smaller pages (1 to 500).
    #[must_use]
    pub fn of_size(mut self, size: u32) -> Self {
        self.size = size.clamp(2, PAGE);
        self
    }

    /// The next rows; `None` after the last.
    ///
    /// # Errors
    /// See [`Error`]. The same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, Error> {
        for _ in 0..MOST_STALLS {
            if self.ended {
                return Ok(None);
            }
            let mut query = page(self.size, self.offset);
            query.extend(self.query.iter().cloned());
            let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
            let page: Page<T> = self.backend.get(&path, &query).await?;
            let connected = self.offset == 0 || page.data.iter().any(|row| self.seen.contains(row.id()));
            if !connected {
                self.offset = self.offset.saturating_sub(self.size);
                continue;
            }
            let got = u32::try_from(page.data.len()).map_err(|error| Error::Decode(Box::new(error)))?;
            let end = u64::from(self.offset) + u64::from(got);
            // A page may be short without being the last; only where the total is not said does a short page end the list.
            self.ended = match page.total_count {
                0 => got < self.size,
                total => end >= total,
            };
            let fresh: Vec<T> = page.data.into_iter().filter(|row| self.seen.insert(row.id().to_owned())).collect();
            self.offset = (self.offset + got).saturating_sub(1);
            if !fresh.is_empty() {
                return Ok(Some(fresh));
            }
        }
        if self.ended { Ok(None) } else { Err(Error::Decode("a list does not hold still".into())) }
    }

    /// All of it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(rows) = self.next().await? {
            all.extend(rows);
        }
        Ok(all)
    }
}
