//! A cell of a CSV file (RFC 4180) that no spreadsheet runs.

/// What a spreadsheet takes for the beginning of a formula.
const RUNS: [&str; 11] = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"];

/// Writes text as one cell. Where a spreadsheet would take it for a formula an apostrophe stands before it, which makes
/// it text there. Quoted where its text needs it, also for those who part cells by semicolons; the empty text is quoted,
/// so that it differs from no value.
pub(crate) fn text(line: &mut Vec<u8>, text: &[u8]) {
    let runs = RUNS.iter().any(|start| text.starts_with(start.as_bytes()));
    let blank = |byte: Option<&u8>| byte.is_none_or(|byte| *byte == b' ');
    let parts = |byte: &u8| matches!(*byte, b',' | b';' | b'"' | b'\r' | b'\n' | b'\t');
    if !runs && !blank(text.first()) && !blank(text.last()) && !text.iter().any(parts) {
        line.extend_from_slice(text);
        return;
    }
    line.push(b'"');
    if runs {
        line.push(b'\'');
    }
    for byte in text {
        if *byte == b'"' {
            line.push(b'"');
        }
        line.push(*byte);
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(of: &str) -> String {
        let mut line = Vec::new();
        text(&mut line, of.as_bytes());
        String::from_utf8(line).expect("what was text stays text")
    }

    #[test]
    fn no_cell_is_a_formula_and_each_is_one_cell() {
        assert_eq!(written("Ada Brandt"), "Ada Brandt");
        assert_eq!(written(""), "\"\"");
        assert_eq!(written("Brandt, Ada"), "\"Brandt, Ada\"");
        assert_eq!(written("a;=1+1"), "\"a;=1+1\"");
        assert_eq!(written("a \"b\"\nc"), "\"a \"\"b\"\"\nc\"");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=HYPERLINK(\"http://x\",\"y\")"]
        {
            let cell = written(formula);
            assert!(cell.starts_with("\"'"), "{cell}");
            assert_eq!(cell[2..cell.len() - 1].replace("\"\"", "\""), formula);
        }
    }
}
