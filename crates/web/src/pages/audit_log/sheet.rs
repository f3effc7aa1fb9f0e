//! The log as a file for spreadsheets.

use domain::audit_log::AuditEntry;

use crate::sheet::line;

const HEAD: [&str; 16] = [
    "sequence",
    "happened_at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "actor_role",
    "action",
    "outcome",
    "object_id",
    "object_name",
    "before",
    "after",
    "request_id",
    "address",
    "user_agent",
    "impersonator",
];

/// All entries, with a line that names the columns.
pub(super) fn of(entries: &[AuditEntry]) -> String {
    let mut sheet = String::new();
    line(&mut sheet, HEAD);
    for entry in entries {
        let json = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        line(
            &mut sheet,
            [
                entry.sequence.to_string().as_str(),
                &entry.happened_at.to_string(),
                &entry.actor_kind,
                &entry.actor_id,
                &entry.actor_name,
                &entry.actor_role,
                &entry.action,
                &entry.outcome,
                &entry.object_id,
                &entry.object_name,
                &json(&entry.before),
                &json(&entry.after),
                &entry.request_id.map(|id| id.to_string()).unwrap_or_default(),
                &entry.address,
                &entry.user_agent,
                &entry.impersonator,
            ],
        );
    }
    sheet
}
