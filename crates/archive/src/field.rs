//! Fields of a row in the text format of Postgres' COPY.

use std::borrow::Cow;

/// The fields of a row; none where there is no value. The line end is not part of a row.
pub(crate) fn fields(row: &[u8]) -> impl Iterator<Item = Option<Cow<'_, [u8]>>> {
    let row = row.strip_suffix(b"\n").unwrap_or(row);
    row.split(|byte| *byte == b'\t').map(|field| (field != b"\\N").then(|| plain(field)))
}

/// Without escapes: tabs, line ends and backslashes stand for themselves again.
pub(crate) fn plain(field: &[u8]) -> Cow<'_, [u8]> {
    if !field.contains(&b'\\') {
        return Cow::Borrowed(field);
    }
    let mut text = Vec::with_capacity(field.len());
    let mut bytes = field.iter().copied();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'\\' { bytes.next().map_or(byte, meaning) } else { byte };
        text.push(byte);
    }
    Cow::Owned(text)
}

/// What a letter behind a backslash stands for.
fn meaning(letter: u8) -> u8 {
    match letter {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_empty_are_two_things_and_escapes_are_undone() {
        let row = b"a\t\\N\t\tb\\tc\\\\d\\ne\\\\N\n";
        let found: Vec<Option<Vec<u8>>> = fields(row).map(|field| field.map(Cow::into_owned)).collect();
        let expected: [Option<&[u8]>; 4] = [Some(b"a"), None, Some(b""), Some(b"b\tc\\d\ne\\N")];
        assert_eq!(found, expected.map(|field| field.map(<[u8]>::to_vec)));
    }
}
