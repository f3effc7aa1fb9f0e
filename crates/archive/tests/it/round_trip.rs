//! What is written is what is read, and fits its checksums.

use std::io::Cursor;

use archive::{Archive, Kind, NotWritten, digest};
use proptest::prelude::*;

use crate::written::{archive, changed, column, entries, read, subject, writer};

#[test]
fn an_archive_has_what_its_manifest_says() {
    let bytes = archive();
    read(bytes.clone()).unwrap();
    // Taken apart and put together as it was, it is still good: the tests of hostile ones begin there.
    read(changed(|_| {})).unwrap();
    let mut found = Archive::open(Cursor::new(bytes.clone())).unwrap();
    assert_eq!(found.manifest().organisation, subject());
    assert_eq!(found.manifest().exported_at, "2026-11-28T20:00:00Z");
    assert_eq!(found.manifest().rows(), 2);
    let mut rows = found.objects("runs").unwrap();
    assert_eq!(rows.row().unwrap().unwrap(), r#"{"organisation_id":"org_acme","name":"Opening","number":1}"#);
    assert_eq!(rows.row().unwrap().unwrap(), r#"{"organisation_id":"org_acme","name":null,"number":-2}"#);
    assert_eq!(rows.row().unwrap(), None);
    assert_eq!(rows.row().unwrap(), None);
    drop(rows);
    let all = entries(&bytes);
    let names: Vec<&str> = all.iter().map(|entry| entry.name.as_str()).collect();
    let expected = [
        "tables/runs.csv",
        "tables/runs.jsonl",
        "tables/steps.csv",
        "tables/steps.jsonl",
        "files/logo.png",
        "manifest.json",
    ];
    assert_eq!(names, expected);
    assert_eq!(all[0].content, b"organisation_id,name,number\r\norg_acme,Opening,1\r\norg_acme,,-2\r\n");
}

#[test]
fn what_is_taken_away_meanwhile_and_the_rest_are_the_whole() {
    let mut writer = writer();
    let mut bytes = Vec::new();
    writer.begin_table("runs", Kind::Tenant, vec![column("organisation_id", "text"), column("id", "uuid")]).unwrap();
    for number in 0..200_000_u64 {
        let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        writer.cells(format!("org_acme\t{id:x}\n").as_bytes()).unwrap();
        bytes.extend(writer.take(100_000).unwrap_or_default());
    }
    writer.begin_objects().unwrap();
    for number in 0..200_000_u64 {
        writer.object(format!("{{\"id\":{number}}}").as_bytes()).unwrap();
        bytes.extend(writer.take(100_000).unwrap_or_default());
    }
    writer.end_table().unwrap();
    assert!(bytes.len() > 1_000_000, "{}", bytes.len());
    let (whole, rest) = writer.finish().unwrap();
    bytes.extend(rest);
    assert_eq!((whole.bytes, whole.rows), (bytes.len() as u64, 200_000));
    assert_eq!(whole.sha256, digest(&mut Cursor::new(&bytes)).unwrap());
    read(bytes).unwrap();
}

#[test]
fn rows_that_must_not_be_there_end_it() {
    let mut writer = writer();
    writer.begin_table("runs", Kind::Tenant, vec![column("organisation_id", "text"), column("id", "uuid")]).unwrap();
    writer.cells(b"org_acme\t1\n").unwrap();
    assert!(matches!(writer.cells(b"org_bolt\t1\n"), Err(NotWritten::ForeignRow { .. })));
    assert!(matches!(writer.cells(b"org_acme\n"), Err(NotWritten::Fields { found: 1, .. })));
    assert!(matches!(writer.cells(b"org_acme\t1\t2\n"), Err(NotWritten::Fields { found: 3, .. })));
}

#[test]
fn a_table_that_is_not_the_same_twice_ends_it() {
    let mut writer = writer();
    writer.begin_table("runs", Kind::Tenant, vec![column("organisation_id", "text")]).unwrap();
    writer.cells(b"org_acme\n").unwrap();
    writer.begin_objects().unwrap();
    assert!(matches!(writer.end_table(), Err(NotWritten::Uneven { cells: 1, objects: 0, .. })));
}

proptest! {
    /// Whatever people write: one cell, which no spreadsheet runs, and the same text in the other file.
    #[test]
    fn any_text_is_one_cell(text in "\\PC{0,20}|[=+@\\-\t\r\n\",;\\\\ ]{0,6}") {
        let mut writer = writer();
        writer.begin_table("runs", Kind::Tenant, vec![column("name", "text")]).unwrap();
        let escaped = text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r");
        writer.cells(format!("{escaped}\n").as_bytes()).unwrap();
        writer.begin_objects().unwrap();
        let object = serde_json::json!({ "name": text }).to_string();
        writer.object(object.replace('\\', "\\\\").as_bytes()).unwrap();
        writer.end_table().unwrap();
        let bytes = writer.finish().unwrap().1;
        let csv = String::from_utf8(entries(&bytes)[0].content.clone()).unwrap();
        let cell = csv.strip_prefix("name\r\n").and_then(|rest| rest.strip_suffix("\r\n")).unwrap();
        let plain = match cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) => {
                prop_assert!(!inner.replace("\"\"", "").contains('"'), "{cell}");
                inner.replace("\"\"", "\"")
            }
            None => {
                prop_assert!(!cell.contains(['"', ',', ';', '\r', '\n']), "{cell}");
                cell.to_owned()
            }
        };
        prop_assert!(!plain.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{plain:?}");
        prop_assert!(plain == text || plain == format!("'{text}"), "{plain:?} of {text:?}");
        let mut found = Archive::open(Cursor::new(bytes)).unwrap();
        prop_assert_eq!(found.objects("runs").unwrap().row().unwrap().unwrap(), object);
    }
}
