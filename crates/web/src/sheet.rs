//! Files for spreadsheets: RFC 4180, and no cell that a spreadsheet would run.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

/// What a spreadsheet takes for the beginning of a formula; full-width forms are taken for the plain ones.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '|', '＝', '＋', '－', '＠', '｜'];

/// Adds a line of cells.
pub(crate) fn line<'a>(sheet: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (index, text) in cells.into_iter().enumerate() {
        if index > 0 {
            sheet.push(',');
        }
        cell(sheet, text);
    }
    sheet.push_str("\r\n");
}

/// The file under a name of letters, digits, `-` and `.`.
pub(crate) fn file(name: &str, content: impl Into<Body>) -> Response {
    let mut response = content.into().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    headers.insert(CONTENT_DISPOSITION, disposition.expect("a name of a file is visible ASCII"));
    response
}

/// Quoted where its text needs it. What a spreadsheet would take for a formula begins with an apostrophe instead, which
/// makes it text there.
fn cell(sheet: &mut String, text: &str) {
    let runs = is_formula(text);
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

/// Behind whatever a spreadsheet passes over, or by a tab or a line end at its beginning.
fn is_formula(text: &str) -> bool {
    let is_passed_over =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}');
    text.starts_with(['\t', '\r', '\n']) || text.trim_start_matches(is_passed_over).starts_with(FORMULA)
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
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "|calc",
            "\t=1",
            "\r=1",
            "\n=1",
            "\tplain",
            "  =1",
            "\u{feff}=1",
            "\u{a0}\u{200b}@x",
            "\u{0}=1",
            "＝1",
            "｜x",
            "=HYPERLINK(\"http://x\",\"y\")",
        ] {
            let cell = written(formula);
            assert!(cell.starts_with("\"'"), "{cell}");
            assert_eq!(cell[2..cell.len() - 1].replace("\"\"", "\""), formula);
        }
    }

    #[test]
    fn a_line_ends_as_the_standard_says() {
        let mut sheet = String::new();
        line(&mut sheet, ["a", "b c", ""]);
        assert_eq!(sheet, "a,b c,\r\n");
    }
}
