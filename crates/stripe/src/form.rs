//! Parameters as Stripe writes them: nested names in brackets, lists by index.
//!
//! `null` is not sent, nor is an empty list or object: at Stripe an empty value clears, which must never happen because
//! somebody had nothing to say. Whoever wants to clear says so with an empty text ([`crate::Change::Clear`]).

use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::error::Error;

/// Names and values, in the order of the names.
pub(crate) type Pairs = Vec<(String, String)>;

/// Flattens a request.
pub(crate) fn pairs(request: &impl Serialize) -> Result<Pairs, Error> {
    let value = serde_json::to_value(request).map_err(|error| Error::Encode(Box::new(error)))?;
    let mut pairs = Pairs::new();
    match value {
        Value::Null => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(name, value, &mut pairs);
            }
        }
        other => return Err(Error::Encode(format!("{other} has no names").into())),
    }
    Ok(pairs)
}

fn flatten(name: String, value: Value, pairs: &mut Pairs) {
    match value {
        Value::Null => {}
        Value::Bool(bool) => pairs.push((name, bool.to_string())),
        Value::Number(number) => pairs.push((name, number.to_string())),
        Value::String(text) => pairs.push((name, text)),
        Value::Array(items) => {
            for (index, item) in items.into_iter().enumerate() {
                flatten(format!("{name}[{index}]"), item, pairs);
            }
        }
        Value::Object(fields) => {
            for (field, value) in fields {
                flatten(format!("{name}[{field}]"), value, pairs);
            }
        }
    }
}

/// `application/x-www-form-urlencoded`.
pub(crate) fn encode(pairs: &Pairs) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nests_in_brackets_and_leaves_out_what_is_not_there() {
        let request = json!({
            "customer": "cus_1", "items": [{ "price": "price_1", "quantity": 1 }, { "price": "price_2", "quantity": null }],
            "metadata": { "org id": "a&b=c", "old": "" }, "cancel_at": "", "expand": ["data.schedule"],
            "nothing": null, "no_items": [], "no_fields": {}, "deep": { "er": { "none": null, "yes": true, "less": -3 } },
        });
        let pairs = pairs(&request).unwrap();
        let text: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            text,
            [
                "cancel_at=",
                "customer=cus_1",
                "deep[er][less]=-3",
                "deep[er][yes]=true",
                "expand[0]=data.schedule",
                "items[0][price]=price_1",
                "items[0][quantity]=1",
                "items[1][price]=price_2",
                "metadata[old]=",
                "metadata[org id]=a&b=c",
            ]
        );
        assert!(encode(&pairs).ends_with("metadata%5Borg+id%5D=a%26b%3Dc"));
        let read: Vec<(String, String)> = url::form_urlencoded::parse(encode(&pairs).as_bytes()).into_owned().collect();
        assert_eq!(read, pairs);
    }

    #[test]
    fn only_what_has_names_can_be_sent() {
        assert!(pairs(&()).unwrap().is_empty());
        assert!(matches!(pairs(&json!([1])), Err(Error::Encode(_))));
        assert!(matches!(pairs(&"text"), Err(Error::Encode(_))));
    }
}
