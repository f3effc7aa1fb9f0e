//! The small language of searches: `metadata['org_id']:'org_1' AND email:'a@example.com'`.

use serde_json::Value;

use crate::stripe::errors::StripeError;

/// A search: every condition must hold.
#[derive(Debug)]
pub(super) struct Search(Vec<Condition>);

#[derive(Debug)]
struct Condition {
    /// `name`, or the key of metadata.
    field: Field,
    /// Only a part of the value has to match.
    part: bool,
    value: String,
}

#[derive(Debug)]
enum Field {
    Plain(String),
    Metadata(String),
}

impl Search {
    /// Reads it.
    pub(super) fn parse(text: &str) -> Result<Self, StripeError> {
        let mut rest = text.trim();
        let mut conditions = Vec::new();
        loop {
            let (condition, more) = condition(rest).ok_or_else(|| {
                StripeError::param(
                    "query",
                    "We were unable to parse your search query. Try using the format `metadata[\"key\"]:\"value\"`.",
                )
            })?;
            conditions.push(condition);
            rest = more.trim_start();
            if rest.is_empty() {
                return Ok(Self(conditions));
            }
            rest = rest
                .strip_prefix("AND ")
                .ok_or_else(|| StripeError::param("query", "The sandbox joins conditions with AND only."))?;
        }
    }

    /// Whether an object, as it is shown, has what is searched for.
    pub(super) fn finds(&self, object: &Value) -> bool {
        self.0.iter().all(|condition| {
            let value = match &condition.field {
                Field::Plain(name) => &object[name.as_str()],
                Field::Metadata(key) => &object["metadata"][key.as_str()],
            };
            value.as_str().is_some_and(|text| {
                if condition.part { text.contains(&condition.value) } else { text == condition.value }
            })
        })
    }
}

fn condition(text: &str) -> Option<(Condition, &str)> {
    let text = text.trim_start();
    let (field, rest) = match text.strip_prefix("metadata[") {
        Some(rest) => {
            let (key, rest) = quoted(rest)?;
            (Field::Metadata(key), rest.strip_prefix(']')?)
        }
        None => {
            let end = text.find([':', '~'])?;
            let name = &text[..end];
            ["name", "email", "phone"].contains(&name).then_some(())?;
            (Field::Plain(name.to_owned()), &text[end..])
        }
    };
    let part = rest.starts_with('~');
    let (value, rest) = quoted(rest.strip_prefix([':', '~'])?)?;
    Some((Condition { field, part, value }, rest))
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|letter| matches!(letter, '\'' | '"'))?;
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\\' => value.push(letters.next()?.1),
            _ if letter == quote => return Some((value, &text[place + 1..])),
            _ => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_are_joined() {
        let ada = json!({"email": "ada@example.com", "metadata": {"org_id": "org_1"}});
        for (query, found) in [
            ("metadata['org_id']:'org_1'", true),
            ("metadata[\"org_id\"]:\"org_1\" AND email:'ada@example.com'", true),
            ("metadata['org_id']:'org_1' AND email:'ben@example.com'", false),
            ("email~'ada'", true),
            ("metadata['org_id']:'org_1\\''", false),
        ] {
            assert_eq!(Search::parse(query).unwrap().finds(&ada), found, "{query}");
        }
        for query in ["", "org_1", "metadata['a]:'b'", "balance:'1'", "name:'a' OR name:'b'"] {
            assert!(Search::parse(query).is_err(), "{query}");
        }
    }
}
