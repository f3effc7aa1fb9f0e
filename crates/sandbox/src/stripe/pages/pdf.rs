//! An invoice as a PDF: plain text in Helvetica on A4, which every reader has.

use std::fmt::Write as _;

/// A4, in points.
const PAGE: (i32, i32) = (595, 842);
const MARGIN: i32 = 56;
const LEADING: i32 = 16;
/// Letters of a line, at the size of the text.
const WIDE: usize = 72;

/// What stands in it.
pub(super) struct Sheet {
    pub(super) title: String,
    pub(super) state: String,
    pub(super) facts: Vec<(String, String)>,
    pub(super) lines: Vec<(String, String)>,
    pub(super) totals: Vec<(String, String)>,
    pub(super) footer: Option<String>,
}

/// The text of the pages, as it is written from top to bottom.
struct Pen {
    pages: Vec<String>,
    y: i32,
}

impl Sheet {
    /// The file.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut pen = Pen { pages: vec![String::new()], y: PAGE.1 - MARGIN };
        pen.line(&[(MARGIN, 20, true, &self.title)], 30);
        pen.line(&[(MARGIN, 10, false, &format!("{}. Sandbox: no real money.", self.state))], 24);
        for (name, value) in &self.facts {
            pen.line(&[(MARGIN, 10, true, name), (MARGIN + 120, 10, false, value)], LEADING);
        }
        pen.line(&[], LEADING);
        pen.line(&[(MARGIN, 10, true, "Description"), (right("Amount"), 10, true, "Amount")], LEADING + 4);
        for (text, amount) in &self.lines {
            for (place, part) in wrapped(text).iter().enumerate() {
                let amount = if place == 0 { amount } else { "" };
                pen.line(&[(MARGIN, 10, false, part), (right(amount), 10, false, amount)], LEADING);
            }
        }
        pen.line(&[], LEADING);
        for (name, amount) in &self.totals {
            pen.line(&[(MARGIN + 240, 10, true, name), (right(amount), 10, false, amount)], LEADING);
        }
        for part in self.footer.iter().flat_map(|text| wrapped(text)) {
            pen.line(&[(MARGIN, 9, false, &part)], LEADING);
        }
        document(&self.title, &pen.pages)
    }
}

impl Pen {
    /// Texts beside each other: where they begin, their size, whether they are bold.
    fn line(&mut self, texts: &[(i32, i32, bool, &str)], leading: i32) {
        if self.y < MARGIN + leading {
            self.pages.push(String::new());
            self.y = PAGE.1 - MARGIN;
        }
        self.y -= leading;
        let y = self.y;
        let Some(page) = self.pages.last_mut() else {
            return;
        };
        for (x, size, bold, text) in texts.iter().filter(|(.., text)| !text.is_empty()) {
            let font = if *bold { "F2" } else { "F1" };
            // Writing to a text does not fail.
            let _ = writeln!(page, "BT /{font} {size} Tf {x} {y} Td <{}> Tj ET", hex(text));
        }
    }
}

/// Where a text of figures begins that ends at the margin: digits of Helvetica are all 0.556 wide.
fn right(text: &str) -> i32 {
    let width: f64 = text.chars().map(|letter| if matches!(letter, '.' | ',' | ' ') { 2.78 } else { 5.56 }).sum();
    PAGE.0 - MARGIN - width.ceil() as i32
}

/// A text in lines of words.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDE => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The bytes of a text in WinAnsi, in hexadecimal; what it has not is a question mark.
fn hex(text: &str) -> String {
    let byte = |letter: char| match letter {
        '€' => 0x80,
        '–' => 0x96,
        '—' => 0x97,
        '•' => 0x95,
        '’' => 0x92,
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
        _ => b'?',
    };
    text.chars().fold(String::new(), |mut all, letter| {
        let _ = write!(all, "{:02x}", byte(letter));
        all
    })
}

/// Objects, their places, and the end.
fn document(title: &str, pages: &[String]) -> Vec<u8> {
    let font = |name: &str| format!("<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>");
    let kids: Vec<_> = (0..pages.len()).map(|page| format!("{} 0 R", 6 + 2 * page)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()),
        font("Helvetica"),
        font("Helvetica-Bold"),
        format!("<< /Title <{}> /Producer (Tenantry sandbox) >>", hex(title)),
    ];
    for (place, page) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {} {}] /Contents {} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
            PAGE.0,
            PAGE.1,
            7 + 2 * place
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{page}endstream", page.len()));
    }
    let mut file = String::from("%PDF-1.4\n");
    let mut places = String::new();
    for (index, object) in objects.iter().enumerate() {
        let _ = writeln!(places, "{:010} 00000 n ", file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let (start, count) = (file.len(), objects.len() + 1);
    let _ = write!(
        file,
        "xref\n0 {count}\n0000000000 65535 f \n{places}trailer\n<< /Size {count} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(lines: usize) -> String {
        let lines = vec![("1 × Team (at 29.00 / month)".to_owned(), "€29.00".to_owned()); lines];
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let sheet = Sheet {
            title: "Invoice A-0001".to_owned(),
            state: "Paid".to_owned(),
            facts: pair("To", "Acme"),
            lines,
            totals: pair("Total", "€29.00"),
            footer: Some("Thanks".to_owned()),
        };
        String::from_utf8(sheet.write()).unwrap()
    }

    #[test]
    fn every_object_is_where_the_table_says() {
        for lines in [1, 200] {
            let file = sheet(lines);
            let start: usize = file.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
            let mut table = file[start..].lines();
            assert_eq!(table.next(), Some("xref"));
            let count: usize = table.next().unwrap().strip_prefix("0 ").unwrap().parse().unwrap();
            table.next();
            for object in 1..count {
                let place: usize = table.next().unwrap()[..10].parse().unwrap();
                assert!(file[place..].starts_with(&format!("{object} 0 obj\n")), "{object}");
            }
            for stream in file.split("/Length ").skip(1) {
                let length: usize = stream.split(' ').next().unwrap().parse().unwrap();
                let body = stream.split_once("stream\n").unwrap().1;
                assert!(body[length..].starts_with("endstream"));
            }
        }
    }

    #[test]
    fn what_does_not_fit_goes_to_the_next_page() {
        assert!(sheet(1).contains("/Count 1 "));
        assert!(sheet(200).contains("/Count 5 "));
    }

    #[test]
    fn letters_are_written_as_the_fonts_have_them() {
        assert_eq!(hex("€ é(\\"), "8020e9285c");
        assert_eq!(hex("日"), "3f");
        assert_eq!(wrapped(&"word ".repeat(30)).len(), 3);
    }
}
