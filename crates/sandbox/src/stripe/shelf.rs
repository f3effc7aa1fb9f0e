//! Objects of one kind, in the order they came.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::stripe::errors::StripeError;

/// Something with an identifier.
pub(crate) trait Record {
    /// The word errors use.
    const NAME: &'static str;

    fn id(&self) -> &str;
}

/// The objects of one kind, oldest first.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(
    from = "Vec<T>",
    into = "Vec<T>",
    bound(deserialize = "T: Record + Deserialize<'de>", serialize = "T: Clone + Serialize")
)]
pub(crate) struct Shelf<T> {
    list: Vec<T>,
    places: HashMap<String, usize>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { list: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Record> From<Vec<T>> for Shelf<T> {
    fn from(list: Vec<T>) -> Self {
        let places = list.iter().enumerate().map(|(place, record)| (record.id().to_owned(), place)).collect();
        Self { list, places }
    }
}

impl<T> From<Shelf<T>> for Vec<T> {
    fn from(shelf: Shelf<T>) -> Self {
        shelf.list
    }
}

impl<T: Record> Shelf<T> {
    /// One more.
    pub(crate) fn put(&mut self, record: T) {
        self.places.insert(record.id().to_owned(), self.list.len());
        self.list.push(record);
    }

    /// Takes one away.
    pub(crate) fn take(&mut self, id: &str) -> Option<T> {
        let place = self.places.remove(id)?;
        let record = self.list.remove(place);
        for other in self.places.values_mut().filter(|other| **other > place) {
            *other -= 1;
        }
        Some(record)
    }

    /// Keeps those that pass.
    pub(crate) fn retain(&mut self, keeps: impl FnMut(&T) -> bool) {
        self.list.retain(keeps);
        *self = std::mem::take(&mut self.list).into();
    }

    /// One, if it is there.
    pub(crate) fn find(&self, id: &str) -> Option<&T> {
        self.places.get(id).map(|&place| &self.list[place])
    }

    /// One to change, if it is there.
    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut T> {
        self.places.get(id).map(|&place| &mut self.list[place])
    }

    /// One, named by a parameter: `id` is the one in the address.
    pub(crate) fn get(&self, id: &str, param: &str) -> Result<&T, StripeError> {
        self.find(id).ok_or_else(|| StripeError::no_such(T::NAME, id, param))
    }

    /// One to change.
    pub(crate) fn get_mut(&mut self, id: &str, param: &str) -> Result<&mut T, StripeError> {
        self.find_mut(id).ok_or_else(|| StripeError::no_such(T::NAME, id, param))
    }

    /// All, oldest first.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.list.iter()
    }

    /// All to change, oldest first.
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.list.iter_mut()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Deserialize, Serialize)]
    struct Thing(String);

    impl Record for Thing {
        const NAME: &'static str = "thing";

        fn id(&self) -> &str {
            &self.0
        }
    }

    #[test]
    fn places_are_right_after_one_is_taken_and_after_a_restart() {
        let mut shelf = Shelf::default();
        for id in ["a", "b", "c", "d"] {
            shelf.put(Thing(id.to_owned()));
        }
        assert_eq!(shelf.take("b").unwrap().0, "b");
        assert!(shelf.take("b").is_none());
        shelf.retain(|thing| thing.0 != "a");
        let text = serde_json::to_string(&shelf).unwrap();
        let read: Shelf<Thing> = serde_json::from_str(&text).unwrap();
        for shelf in [&shelf, &read] {
            assert_eq!(shelf.iter().map(|thing| thing.0.as_str()).collect::<String>(), "cd");
            assert_eq!(shelf.find("d").unwrap().0, "d");
            assert!(shelf.get("a", "id").is_err());
        }
    }
}
