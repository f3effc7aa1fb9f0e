//! Entries of the log in words.

use domain::Permission;
use domain::audit_log::AuditEntry;
use serde_json::{Map, Value};

/// What one can look for, by the first word of its actions.
pub(super) const NOUNS: &[(&str, &str)] = &[
    ("member", "Members"),
    ("person", "People who were forgotten"),
    ("invitation", "Invitations"),
    ("role", "Roles"),
    ("organisation", "Settings"),
    ("export", "Data exports"),
    ("access", "Refused attempts"),
];

/// What was done; an action that has no words yet stands as it is written.
pub(super) fn sentence(entry: &AuditEntry) -> String {
    let name = entry.object_name.as_str();
    match entry.action.as_str() {
        "member.joined" => format!("{name} came in"),
        "member.left" => format!("{name} left"),
        "member.removed" => format!("Removed {name}"),
        "member.role_changed" => format!("Changed the role of {name}"),
        "member.custom_roles_changed" => format!("Changed the custom roles of {name}"),
        "person.forgotten" => "Forgot somebody whose account was deleted".to_owned(),
        "invitation.sent" => format!("Invited {name}"),
        "invitation.resent" => format!("Sent the invitation of {name} again"),
        "invitation.changed" => format!("Changed the invitation of {name}"),
        "invitation.revoked" => format!("Took back the invitation of {name}"),
        "invitation.declined" => format!("{name} declined the invitation"),
        "role.created" => format!("Made the role {name}"),
        "role.changed" => format!("Changed the role {name}"),
        "role.deleted" => format!("Deleted the role {name}"),
        "organisation.changed" => "Changed the organisation’s settings".to_owned(),
        "organisation.imported" => "Brought the organisation in from an archive".to_owned(),
        "export.asked" => "Asked for a data export".to_owned(),
        "export.downloaded" => "Downloaded all data".to_owned(),
        "access.refused" => match Permission::parse(name) {
            Some(permission) => format!("Tried what needs {permission} ({})", entry.object_id),
            None => format!("Tried what a rule forbids: {name} ({})", entry.object_id),
        },
        action => format!("{action} {name}").trim_end().to_owned(),
    }
}

/// A field before and after.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) field: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// The fields that are not as they were.
pub(super) fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let nothing = Map::new();
    let fields = |side: Option<&Value>| side.and_then(Value::as_object).cloned().unwrap_or_else(|| nothing.clone());
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<&String> =
        before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))).collect();
    names.sort();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    changed
        .map(|name| Change {
            field: field(name),
            before: before.get(name).and_then(text),
            after: after.get(name).and_then(text),
        })
        .filter(|change| change.before.is_some() || change.after.is_some())
        .collect()
}

/// `custom_roles` becomes `Custom roles`.
fn field(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// None where there is nothing.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => String::new(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::String(text) => Permission::parse(text).map_or_else(|| text.clone(), |one| one.label().to_owned()),
        Value::Array(all) => all.iter().filter_map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_changed_is_told_and_nothing_is_none() {
        let before = json!({ "name": "Shift lead", "permissions": ["runs:work"], "custom_roles": [] });
        let after =
            json!({ "name": "Shift lead", "permissions": ["runs:work", "reports:read"], "custom_roles": ["A"] });
        let told = changes(Some(&before), Some(&after));
        let is = |field: &str, before: Option<&str>, after: &str| Change {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: Some(after.to_owned()),
        };
        assert_eq!(
            told,
            [
                is("Custom roles", None, "A"),
                is("Permissions", Some("Start runs and work on them"), "Start runs and work on them, See reports"),
            ]
        );
        assert_eq!(changes(None, Some(&json!({ "role": "member" }))), [is("Role", None, "member")]);
        assert_eq!(changes(None, None), []);
    }
}
