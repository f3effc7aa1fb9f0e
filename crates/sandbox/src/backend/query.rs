//! Query strings of the Backend API: repeated names, pages, order.

use std::cmp::Ordering;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::clock::Millis;
use crate::errors::ApiError;

/// Entries of a page unless asked otherwise, and at most.
const USUAL: usize = 10;
const MOST: usize = 500;

/// Names and values in the order they came.
pub(super) struct Query(Vec<(String, String)>);

impl FromRequestParts<Shared> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Query {
    /// Every value of a name, with or without brackets after it.
    pub(super) fn many(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, _)| key.strip_suffix("[]").unwrap_or(key) == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The first value of a name that holds something.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.many(name).into_iter().find(|value| !value.is_empty())
    }

    /// Whether a name says true.
    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.one(name), Some("true" | "1"))
    }

    /// Filter by id: plain and `+` ids are wanted, `-` ids are not; no value at all wants everything.
    pub(super) fn wants(&self, name: &str, id: &str) -> bool {
        let values = self.many(name);
        let mut wanted = None;
        for value in values {
            // An unencoded plus sign arrives as a blank.
            let value = value.trim();
            if let Some(unwanted) = value.strip_prefix('-') {
                if unwanted == id {
                    return false;
                }
            } else {
                let matches = value.strip_prefix('+').unwrap_or(value) == id;
                wanted = Some(wanted.unwrap_or(false) || matches);
            }
        }
        wanted.unwrap_or(true)
    }

    fn number(&self, name: &str) -> Result<Option<usize>, ApiError> {
        self.one(name)
            .map(|text| text.parse().map_err(|_| ApiError::invalid(name, format!("{name} must be a whole number."))))
            .transpose()
    }

    /// The part of a list that is wanted, and how long the list is.
    pub(super) fn page<T>(&self, all: Vec<T>) -> Result<(Vec<T>, usize), ApiError> {
        let limit = self.number("limit")?.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(ApiError::invalid("limit", format!("limit must be from 1 to {MOST}.")));
        }
        let offset = self.number("offset")?.unwrap_or(0);
        let total = all.len();
        Ok((all.into_iter().skip(offset).take(limit).collect(), total))
    }

    /// Sorts by `order_by` (`+` or nothing: ascending, `-`: descending); newest first when there is none.
    pub(super) fn sort<T>(&self, list: &mut [T], key: impl Fn(&T, &str) -> Option<SortKey>) -> Result<(), ApiError> {
        let order = self.one("order_by").unwrap_or("-created_at").trim();
        let (descending, field) = match order.strip_prefix('-') {
            Some(field) => (true, field),
            None => (false, order.strip_prefix('+').unwrap_or(order)),
        };
        if let Some(first) = list.first()
            && key(first, field).is_none()
        {
            return Err(ApiError::invalid(
                "order_by",
                format!("order_by does not know {field}: use created_at, with + or - before it."),
            ));
        }
        list.sort_by(|left, right| {
            let order = key(left, field).cmp(&key(right, field));
            if descending { order.reverse() } else { order }
        });
        Ok(())
    }
}

/// What a list is sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SortKey {
    Time(Option<Millis>),
    Text(String),
    Count(usize),
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Time(left), Self::Time(right)) => left.cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Count(left), Self::Count(right)) => left.cmp(right),
            _ => Ordering::Equal,
        }
    }
}

/// `{data, total_count}`.
pub(super) fn envelope((data, total): (Vec<Value>, usize)) -> Value {
    json!({"data": data, "total_count": total})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    #[test]
    fn filters_take_and_leave() {
        assert!(query("").wants("user_id", "a"));
        assert!(query("user_id=a&user_id=b").wants("user_id", "b"));
        assert!(query("user_id[]=%2Ba").wants("user_id", "a"));
        assert!(query("user_id=+a").wants("user_id", "a"));
        assert!(!query("user_id=a").wants("user_id", "b"));
        assert!(!query("user_id=-a").wants("user_id", "a"));
        assert!(query("user_id=-a").wants("user_id", "b"));
    }

    #[test]
    fn pages_are_checked() {
        let all: Vec<_> = (0..30).collect();
        assert_eq!(query("").page(all.clone()).unwrap(), ((0..10).collect(), 30));
        assert_eq!(query("limit=5&offset=28").page(all.clone()).unwrap(), (vec![28, 29], 30));
        for bad in ["limit=0", "limit=501", "limit=x", "offset=-1"] {
            assert!(query(bad).page(all.clone()).is_err(), "{bad}");
        }
    }
}
