//! A long list, page after page.
//!
//! Rows come newest first and each page begins after a row that was read, so that what is added or taken away meanwhile
//! shifts nothing.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::Stripe;
use crate::error::Error;
use crate::form::Pairs;
use crate::types::{List, Row};

/// The largest page Stripe gives.
const PAGE: u32 = 100;

/// A list being read. Ask for pages until there is none.
#[derive(Debug)]
pub struct Pages<T> {
    stripe: Stripe,
    path: Vec<String>,
    query: Result<Pairs, Option<Error>>,
    size: u32,
    after: Option<String>,
    ended: bool,
    rows: PhantomData<fn() -> T>,
}

#[expect(private_bounds, reason = "lists are made here and nowhere else")]
impl<T: Row + DeserializeOwned> Pages<T> {
    /// Of a list without a part being chosen: what the query says of it is left out.
    pub(super) fn new(stripe: &Stripe, path: &[&str], query: Result<Pairs, Error>) -> Self {
        let whole = |mut pairs: Pairs| {
            pairs.retain(|(name, _)| !matches!(name.as_str(), "limit" | "starting_after" | "ending_before"));
            pairs
        };
        Self {
            stripe: stripe.clone(),
            path: path.iter().map(|&segment| segment.to_owned()).collect(),
            query: query.map(whole).map_err(Some),
            size: PAGE,
            after: None,
            ended: false,
            rows: PhantomData,
        }
    }

    /// With smaller pages (1 to 100).
    #[must_use]
    pub fn of_size(mut self, size: u32) -> Self {
        self.size = size.clamp(1, PAGE);
        self
    }

    /// The next rows; `None` after the last.
    ///
    /// # Errors
    /// See [`Error`]. The same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, Error> {
        if self.ended {
            return Ok(None);
        }
        let mut query = match &mut self.query {
            Ok(pairs) => pairs.clone(),
            Err(error) => return Err(error.take().unwrap_or_else(|| Error::Encode("the list's filter".into()))),
        };
        query.push(("limit".to_owned(), self.size.to_string()));
        query.extend(self.after.clone().map(|id| ("starting_after".to_owned(), id)));
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let page: List<T> = self.stripe.get(&path, &query).await?;
        if page.has_more {
            let last = page.data.last().map(|row| row.id().to_owned());
            // Whoever says that there is more and gives nothing new would be asked for ever.
            if last.is_none() || last == self.after {
                return Err(Error::Decode("a list does not go on".into()));
            }
            self.after = last;
        } else {
            self.ended = true;
        }
        Ok((!page.data.is_empty()).then_some(page.data))
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
