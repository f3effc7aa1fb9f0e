//! A typeface: how wide its letters are, and which it has.

use krilla::text::Font;

/// DejaVu Sans, in one weight.
pub(super) struct Face {
    font: Font,
    letters: ttf_parser::Face<'static>,
}

impl Face {
    pub(super) fn regular() -> Self {
        Self::of(dejavu::sans::regular())
    }

    pub(super) fn bold() -> Self {
        Self::of(dejavu::sans::bold())
    }

    fn of(file: &'static [u8]) -> Self {
        let font = Font::new(file.into(), 0).expect("the font is part of the program");
        Self { font, letters: ttf_parser::Face::parse(file, 0).expect("the font is part of the program") }
    }

    pub(super) fn font(&self) -> Font {
        self.font.clone()
    }

    /// The text with nothing in it that has no letter here: such a character stands as its number, `[U+4E2D]`.
    pub(super) fn readable(&self, text: &str) -> String {
        let mut readable = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_whitespace() || c.is_control() {
                readable.push(' ');
            } else if is_invisible(c) {
                // The font draws some of these, which nobody means.
            } else if self.letters.glyph_index(c).is_some() {
                readable.push(c);
            } else {
                readable.push_str(&format!("[U+{:04X}]", u32::from(c)));
            }
        }
        readable
    }

    /// In points, as each letter stands by itself.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let advance = |c| self.letters.glyph_index(c).and_then(|glyph| self.letters.glyph_hor_advance(glyph));
        let units: u32 = text.chars().filter_map(advance).map(u32::from).sum();
        #[expect(clippy::cast_precision_loss, reason = "no line is so wide")]
        let wide = units as f32;
        wide * size / f32::from(self.letters.units_per_em())
    }

    /// Lines that fit, broken between words where that can be. One at least.
    pub(super) fn broken(&self, text: &str, size: f32, room: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let line = lines.last_mut().expect("there is always one");
            let space = if line.is_empty() { "" } else { " " };
            if self.width(&format!("{line}{space}{word}"), size) <= room {
                line.push_str(space);
                line.push_str(word);
                continue;
            }
            if !line.is_empty() {
                lines.push(String::new());
            }
            self.fill(&mut lines, word, size, room);
        }
        lines
    }

    /// A word at the beginning of a line, broken anywhere where it is longer than that.
    fn fill(&self, lines: &mut Vec<String>, word: &str, size: f32, room: f32) {
        let mut used = 0.0;
        for c in word.chars() {
            let wide = self.width(c.encode_utf8(&mut [0; 4]), size);
            if used + wide > room {
                lines.push(String::new());
                used = 0.0;
            }
            used += wide;
            lines.last_mut().expect("there is always one").push(c);
        }
    }
}

/// Says how others are shown, and shows nothing itself.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fits() {
        let face = Face::regular();
        for text in
            ["a few words that go on and on until the line is full and then some more", &"x".repeat(500), "", " "]
        {
            let lines = face.broken(text, 10.0, 120.0);
            assert!(!lines.is_empty());
            assert!(lines.iter().all(|line| face.width(line, 10.0) <= 120.0), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text));
        }
        assert!(Face::bold().width("Tenantry", 10.0) > face.width("Tenantry", 10.0));
    }

    #[test]
    fn no_character_is_lost() {
        let face = Face::regular();
        assert_eq!(face.readable("Zürich → 5 €\tשלום مرحبا"), "Zürich → 5 € שלום مرحبا");
        assert_eq!(face.readable("中\u{fe0f}文\u{0}!"), "[U+4E2D][U+6587] !");
    }
}
