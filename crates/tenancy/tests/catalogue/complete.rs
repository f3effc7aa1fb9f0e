//! Every row has one test, and docs/attacks.md names it.

use std::collections::BTreeMap;
use std::path::Path;

const ROWS: u32 = 66;

/// Names of the tests by row, from the sources of this program.
fn tests() -> BTreeMap<u32, Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalogue");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    let mut found: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for module in main.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')) {
        let source = std::fs::read_to_string(folder.join(module).with_extension("rs")).unwrap();
        let lines: Vec<&str> = source.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair[0] == "#[tokio::test]") {
            let name = pair[1].strip_prefix("async fn ").and_then(|rest| rest.strip_suffix("() {")).unwrap();
            let row = name.strip_prefix('a').and_then(|rest| rest.split('_').next()?.parse().ok());
            found.entry(row.unwrap_or_else(|| panic!("{name} names no row"))).or_default().push(name.to_owned());
        }
    }
    found
}

#[test]
fn every_row_has_exactly_one_test() {
    let tests = tests();
    assert_eq!(tests.keys().copied().collect::<Vec<_>>(), (1..=ROWS).collect::<Vec<_>>());
    for (row, names) in tests {
        assert_eq!(names.len(), 1, "A{row}: {names:?}");
    }
}

#[test]
fn the_document_names_the_rows_and_their_tests() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attacks.md");
    let document = std::fs::read_to_string(document).unwrap();
    let rows: Vec<(u32, String)> = document
        .lines()
        .filter_map(|line| line.strip_prefix("| A"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_end_matches('|').split(" | ").collect();
            assert_eq!(cells.len(), 5, "{line}");
            (cells[0].parse().unwrap(), cells[4].trim().trim_matches('`').to_owned())
        })
        .collect();
    let tests: Vec<(u32, String)> = tests().into_iter().map(|(row, names)| (row, names.concat())).collect();
    assert_eq!(rows, tests);
}
