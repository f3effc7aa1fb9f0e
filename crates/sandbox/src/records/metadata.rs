//! Metadata of users, organisations and memberships: free JSON objects, merged the way Clerk merges them.

use serde_json::{Map, Value};

use crate::errors::ApiError;

/// A JSON object.
pub(crate) type Metadata = Map<String, Value>;

/// Reads a metadata member of a request; absent and null are both nothing.
pub(crate) fn read(body: &Map<String, Value>, name: &str) -> Result<Option<Metadata>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map.clone())),
        Some(_) => Err(ApiError::form("form_param_type_invalid", name, format!("{name} must be a JSON object."))),
    }
}

/// Deep merge: objects are merged member by member, null takes a member away, anything else replaces.
pub(crate) fn merge(into: &mut Metadata, change: Metadata) {
    for (key, value) in change {
        match value {
            Value::Null => {
                into.remove(&key);
            }
            Value::Object(inner) => {
                let slot = into.entry(key).or_insert_with(|| Value::Object(Map::new()));
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                if let Value::Object(existing) = slot {
                    merge(existing, inner);
                }
            }
            other => {
                into.insert(key, other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Metadata {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn merging_is_deep_and_null_deletes() {
        let mut kept = map(json!({"a": {"b": 1, "c": 2}, "d": 3, "e": 4}));
        merge(&mut kept, map(json!({"a": {"b": null, "x": 9}, "d": {"y": 1, "z": null}, "e": null})));
        assert_eq!(kept, map(json!({"a": {"c": 2, "x": 9}, "d": {"y": 1}})));
    }
}
