//! Text from outside, as it may stand in a line of ours.

/// One line without control characters and without the marks that turn text around, cut at so many characters.
pub(crate) fn line(text: &str, most: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(is_harmless).collect();
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let text = words.join(" ");
    if text.chars().count() <= most {
        return text;
    }
    let cut: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

fn is_harmless(c: &char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn whatever_somebody_is_called_is_one_line() {
        for (text, expected) in [
            ("Acme", "Acme"),
            ("Acme\r\nBcc: eve@evil.example", "Acme Bcc: eve@evil.example"),
            ("  A\u{202e}cme\u{2028} \t GmbH\0", "Acme GmbH"),
            ("\u{200f}\u{2067}", ""),
            ("Ääääää", "Äää…"),
            ("Ä bc de", "Ä b…"),
        ] {
            assert_eq!(line(text, if expected.ends_with('…') { 4 } else { 40 }), expected, "{text:?}");
        }
    }
}
