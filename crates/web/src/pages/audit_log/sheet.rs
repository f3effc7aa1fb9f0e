//! The log as a file for spreadsheets: RFC 4180, and no cell that a spreadsheet would run.

use domain::audit_log::AuditEntry;

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

fn line(sheet: &mut String, cells: [&str; HEAD.len()]) {
    for (index, text) in cells.into_iter().enumerate() {
        if index > 0 {
            sheet.push(',');
        }
        cell(sheet, text);
    }
    sheet.push_str("\r\n");
}

/// Quoted where its text needs it. What a spreadsheet would take for a formula begins with an apostrophe instead, which
/// makes it text there.
fn cell(sheet: &mut String, text: &str) {
    let runs = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let quoted = runs || text.contains([',', '"', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ');
    if !quoted {
        sheet.push_str(text);
        return;
    }
    sheet.push('"');
    if runs {
        sheet.push('\'');
    }
    sheet.push_str(&text.replace('"', "\"\""));
    sheet.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut sheet = String::new();
        cell(&mut sheet, text);
        sheet
    }

    #[test]
    fn no_cell_is_a_formula_and_each_is_one_cell() {
        assert_eq!(written("Ada Brandt"), "Ada Brandt");
        assert_eq!(written(""), "");
        assert_eq!(written("Brandt, Ada"), "\"Brandt, Ada\"");
        assert_eq!(written("a \"b\"\nc"), "\"a \"\"b\"\"\nc\"");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=HYPERLINK(\"http://x\",\"y\")"]
        {
            let cell = written(formula);
            assert!(cell.starts_with("\"'"), "{cell}");
            assert_eq!(cell[2..cell.len() - 1].replace("\"\"", "\""), formula);
        }
    }
}
