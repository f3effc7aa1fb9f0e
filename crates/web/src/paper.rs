//! Text on paper: written from top to bottom, broken into lines and numbered pages, and given as PDF. The same text is the
//! same bytes, always.

mod face;

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::Point;
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::TextDirection;

use self::face::Face;
use crate::error::{Error, Result};

/// Two centimetres.
const MARGIN: f32 = 56.7;
/// Where the line with the page's number stands, above the edge.
const FOOT: f32 = 34.0;
const FOOT_SIZE: f32 = 8.0;
/// From one line to the next, in heights of its letters.
const LEADING: f32 = 1.4;

/// What it is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    A4,
    Letter,
}

impl Size {
    /// From its written form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "a4" => Some(Self::A4),
            "letter" => Some(Self::Letter),
            _ => None,
        }
    }

    /// Width and height, in points.
    fn points(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.28, 841.89),
            Self::Letter => (612.0, 792.0),
        }
    }
}

/// How a line is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Title,
    Heading,
    /// The first line of something; stays with the next.
    Strong,
    Plain,
    Small,
}

impl Style {
    fn size(self) -> f32 {
        match self {
            Self::Title => 18.0,
            Self::Heading => 13.0,
            Self::Strong | Self::Plain => 10.0,
            Self::Small => 8.5,
        }
    }

    /// Empty space before it.
    fn above(self) -> f32 {
        match self {
            Self::Title | Self::Plain | Self::Small => 0.0,
            Self::Heading => 14.0,
            Self::Strong => 8.0,
        }
    }

    fn is_bold(self) -> bool {
        matches!(self, Self::Title | Self::Heading | Self::Strong)
    }

    /// Whether a page must not end with it.
    fn leads(self) -> bool {
        self.is_bold()
    }

    fn grey(self) -> u8 {
        if self == Self::Small { 90 } else { 0 }
    }
}

/// What was written so far.
pub(crate) struct Paper {
    size: Size,
    regular: Face,
    bold: Face,
    lines: Vec<Line>,
}

/// A line that fits.
struct Line {
    text: String,
    style: Style,
    indent: f32,
    above: f32,
    /// Stays on a page with the next.
    leads: bool,
}

impl Paper {
    /// An empty one.
    pub(crate) fn new(size: Size) -> Self {
        Self { size, regular: Face::regular(), bold: Face::bold(), lines: Vec::new() }
    }

    /// Adds a paragraph, or several where the text has line breaks.
    pub(crate) fn write(&mut self, style: Style, indent: f32, text: &str) {
        let face = if style.is_bold() { &self.bold } else { &self.regular };
        let width = self.size.points().0 - 2.0 * MARGIN - indent;
        let mut above = style.above();
        for paragraph in text.lines() {
            for text in face.broken(&face.readable(paragraph), style.size(), width) {
                self.lines.push(Line { text, style, indent, above, leads: style.leads() });
                above = 0.0;
            }
        }
    }

    /// The file: each page ends with these words, its number and how many there are.
    pub(crate) fn finish(self, title: &str, foot: &str) -> Result<Vec<u8>> {
        let (width, height) = self.size.points();
        let pages = self.pages(height - 2.0 * MARGIN);
        let foot = self.regular.readable(foot);
        let foot = self.regular.broken(&foot, FOOT_SIZE, width - 2.0 * MARGIN - 80.0).swap_remove(0);
        let mut document = Document::new();
        document.set_metadata(Metadata::new().title(title.to_owned()).language("en-GB".to_owned()));
        for (at, lines) in pages.iter().enumerate() {
            let settings = PageSettings::from_wh(width, height).ok_or(Error::Internal)?;
            let mut page = document.start_page_with(settings);
            let mut surface = page.surface();
            let mut y = MARGIN;
            for (index, line) in lines.iter().enumerate() {
                let above = if index == 0 { 0.0 } else { line.above };
                y += above + line.style.size() * LEADING;
                self.draw(&mut surface, line.style, (MARGIN + line.indent, y), line.style.size(), &line.text);
            }
            let number = format!("{} of {}", at + 1, pages.len());
            let from_left = width - MARGIN - self.regular.width(&number, FOOT_SIZE);
            self.draw(&mut surface, Style::Small, (MARGIN, height - FOOT), FOOT_SIZE, &foot);
            self.draw(&mut surface, Style::Small, (from_left, height - FOOT), FOOT_SIZE, &number);
            surface.finish();
            page.finish();
        }
        document.finish().map_err(|error| {
            tracing::error!(?error, "a PDF could not be written");
            Error::Internal
        })
    }

    fn draw(&self, surface: &mut Surface<'_>, style: Style, (x, y): (f32, f32), size: f32, text: &str) {
        let face = if style.is_bold() { &self.bold } else { &self.regular };
        let grey = style.grey();
        surface.set_fill(Some(Fill {
            paint: rgb::Color::new(grey, grey, grey).into(),
            opacity: NormalizedF32::ONE,
            rule: FillRule::NonZero,
        }));
        surface.draw_text(Point::from_xy(x, y), face.font(), size, text, false, TextDirection::Auto);
    }

    /// The lines of each page. One at least.
    fn pages(&self, room: f32) -> Vec<Vec<&Line>> {
        let tall = |line: &Line| line.above + line.style.size() * LEADING;
        let mut pages: Vec<Vec<&Line>> = vec![Vec::new()];
        let mut left = room;
        for (at, line) in self.lines.iter().enumerate() {
            let mut needed = tall(line);
            // What leads is set with what it leads to, up to a whole line of that.
            for next in self.lines[at..].windows(2).take_while(|pair| pair[0].leads) {
                needed += tall(&next[1]);
            }
            let begun = pages.last().is_some_and(|page| !page.is_empty());
            if begun && needed > left && needed < room {
                pages.push(Vec::new());
                left = room;
            }
            if begun && tall(line) > left {
                pages.push(Vec::new());
                left = room;
            }
            left -= tall(line);
            if let Some(page) = pages.last_mut() {
                page.push(line);
            }
        }
        pages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> Vec<String> {
        let document = lopdf::Document::load_mem(file).unwrap();
        document.get_pages().keys().map(|page| document.extract_text(&[*page]).unwrap()).collect()
    }

    #[test]
    fn what_was_written_is_read_back_page_by_page() {
        let write = || {
            let mut paper = Paper::new(Size::A4);
            paper.write(Style::Title, 0.0, "Prüfung Ελληνικά Кириллица שלום");
            for number in 1..=120 {
                paper.write(Style::Strong, 0.0, &format!("{number}. Step"));
                paper.write(Style::Plain, 12.0, "Done");
            }
            paper.finish("Title", "Acme").unwrap()
        };
        let file = write();
        assert_eq!(file, write(), "the same text is the same bytes");
        let pages = read(&file);
        assert!(pages.len() > 3, "{}", pages.len());
        assert!(pages[0].contains("Prüfung Ελληνικά Кириллица שלום"), "{}", pages[0]);
        for (at, page) in pages.iter().enumerate() {
            assert!(page.contains(&format!("{} of {}", at + 1, pages.len())), "{page}");
            let lines: Vec<&str> = page.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            // The foot is two lines; before it stands no heading alone.
            assert_eq!(lines[lines.len() - 3], "Done", "{page}");
        }
        let all = pages.concat();
        assert!((1..=120).all(|number| all.contains(&format!("{number}. Step"))));
    }

    #[test]
    fn paper_has_its_size() {
        for (size, box_) in [(Size::A4, [595, 841]), (Size::Letter, [612, 792])] {
            let mut paper = Paper::new(size);
            paper.write(Style::Plain, 0.0, "x");
            let document = lopdf::Document::load_mem(&paper.finish("", "").unwrap()).unwrap();
            let page = document.get_dictionary(document.get_pages()[&1]).unwrap();
            let media = page.get(b"MediaBox").unwrap().as_array().unwrap();
            #[expect(clippy::cast_possible_truncation, reason = "points of paper")]
            let whole: Vec<i32> = media[2..].iter().map(|side| side.as_float().unwrap() as i32).collect();
            assert_eq!(whole, box_);
        }
        assert_eq!(Size::parse("a5"), None);
    }

    #[test]
    fn an_empty_paper_is_a_page() {
        assert_eq!(read(&Paper::new(Size::A4).finish("", "").unwrap()).len(), 1);
    }
}
