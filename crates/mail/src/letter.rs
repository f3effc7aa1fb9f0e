//! A notice in words: the same ones as HTML and as text.

mod words;

use askama::Template;
use domain::mails::{Link, Notice};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

use crate::{Error, plain};

/// A name is cut there: it is to be recognised, not read.
const LONGEST_NAME: usize = 80;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is about, in a line.
    pub subject: String,
    /// A page.
    pub html: String,
    /// The same words without markup.
    pub text: String,
}

/// Who tells, and whom.
#[derive(Debug, Clone)]
pub struct Teller<'a> {
    /// Where this installation is reached: every link begins with it.
    pub public_base_url: &'a Url,
    /// What the recipient is called; none for an address that is nobody's.
    pub recipient: Option<&'a str>,
    /// What the person is called whom the notice names by their id; none for somebody who is gone.
    pub named: Option<&'a str>,
    /// The organisation's time zone; UTC where nobody knows it.
    pub time_zone: &'a str,
}

/// What the two templates are filled with.
struct Words {
    subject: String,
    heading: String,
    paragraphs: Vec<String>,
    actions: Vec<Action>,
    /// Why they get this mail.
    reason: String,
}

#[derive(Clone)]
struct Action {
    label: &'static str,
    url: String,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    subject: &'a str,
    heading: &'a str,
    greeting: &'a str,
    paragraphs: &'a [String],
    actions: &'a [Action],
    reason: &'a str,
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct Text<'a> {
    greeting: &'a str,
    paragraphs: &'a [String],
    actions: &'a [Action],
    reason: &'a str,
}

impl Teller<'_> {
    /// The notice in words.
    ///
    /// # Errors
    /// Where a template cannot be filled.
    pub fn tell(&self, notice: &Notice) -> Result<Letter, Error> {
        let words = words::of(notice, self);
        let greeting = match self.recipient.map(|name| plain::line(name, LONGEST_NAME)) {
            Some(name) if !name.is_empty() => format!("Hello {name},"),
            _ => "Hello,".to_owned(),
        };
        let Words { subject, heading, paragraphs, actions, reason } = &words;
        let html = Html { subject, heading, greeting: &greeting, paragraphs, actions, reason }.render();
        let text = Text { greeting: &greeting, paragraphs, actions, reason }.render();
        let written =
            |page: askama::Result<String>| page.map_err(|_| Error::Refused("it cannot be written".to_owned()));
        Ok(Letter { html: written(html)?, text: written(text)?, subject: words.subject })
    }

    /// A button to a page of ours.
    fn action(&self, label: &'static str, link: &Link) -> Action {
        let base = self.public_base_url.as_str().trim_end_matches('/');
        Action { label, url: format!("{base}{}", link.as_str()) }
    }

    /// A name from outside, in a sentence.
    fn name(&self, text: &str) -> String {
        plain::line(text, LONGEST_NAME)
    }

    fn deleted(&self, organisation: &str) -> String {
        self.done("deleted", organisation)
    }

    fn restored(&self, organisation: &str) -> String {
        self.done("restored", organisation)
    }

    /// A sentence that names who did it, where that is known.
    fn done(&self, what: &str, organisation: &str) -> String {
        match self.named.map(|name| self.name(name)).filter(|name| !name.is_empty()) {
            Some(name) => format!("{name} {what} the organisation {organisation}."),
            None => format!("The organisation {organisation} was {what}."),
        }
    }

    /// A moment where the organisation is: `Monday 28 December 2026, 20:15 (Europe/Berlin)`.
    fn moment(&self, at: Timestamp) -> String {
        let zone = TimeZone::get(self.time_zone).unwrap_or(TimeZone::UTC);
        let name = zone.iana_name().unwrap_or("UTC").to_owned();
        format!("{} ({name})", at.to_zoned(zone).strftime("%A %-d %B %Y, %H:%M"))
    }
}
