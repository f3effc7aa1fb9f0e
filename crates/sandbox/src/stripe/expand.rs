//! `expand`: objects in the place of their ids.

use serde_json::Value;

use crate::stripe::book::Book;
use crate::stripe::errors::StripeError;
use crate::stripe::form::Params;

/// How deep a path may go.
const DEEPEST: usize = 4;

/// Expands what the parameters ask for.
pub(crate) fn expand(book: &Book, params: &Params, value: &mut Value) -> Result<(), StripeError> {
    // Of what is deleted nothing is left to expand, whatever is asked for.
    if value["deleted"] == true {
        return Ok(());
    }
    for path in params.texts("expand").unwrap_or_default() {
        let names: Vec<_> = path.split('.').collect();
        if names.len() > DEEPEST {
            return Err(StripeError::param(
                "expand",
                format!("You cannot expand more than {DEEPEST} levels of a property. Property: {path}"),
            ));
        }
        if !follow(book, value, &names) {
            return Err(StripeError::param(
                "expand",
                format!("This property cannot be expanded ({}).", path.escape_default()),
            ));
        }
    }
    Ok(())
}

/// False when there is nothing of that name.
fn follow(book: &Book, value: &mut Value, names: &[&str]) -> bool {
    let Some((name, rest)) = names.split_first() else {
        // The last name: whatever it holds is an object by now, a list, or nothing.
        return value.is_null() || value.is_object() || value.is_array();
    };
    if let Value::Array(list) = value {
        return list.iter_mut().all(|value| follow(book, value, names));
    }
    if value.is_null() {
        return true;
    }
    if let Some(more) = book.includable_within(value, names) {
        value[names[0]][names[1]][names[2]] = more;
    }
    if value.get(name).is_none()
        && let Some(more) = book.includable(value, name)
    {
        value[*name] = more;
    }
    let Some(member) = value.get_mut(name) else {
        // The data of an empty list has no members to look at; a deleted object has none left.
        return false;
    };
    put(book, member);
    follow(book, member, rest)
}

/// Puts the object in the place of its id, or of each of several ids.
fn put(book: &Book, member: &mut Value) {
    match member {
        Value::String(id) => {
            if let Some(object) = book.object(id) {
                *member = object;
            }
        }
        Value::Array(list) => list.iter_mut().filter(|item| item.is_string()).for_each(|item| put(book, item)),
        _ => {}
    }
}
