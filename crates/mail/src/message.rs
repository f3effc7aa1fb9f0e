//! One mail to one person.

use std::str::FromStr;
use std::time::SystemTime;

use jiff::Timestamp;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, message};

use crate::plain;
use crate::{Error, Letter};

/// A subject is cut there: mail programs show less.
const LONGEST_SUBJECT: usize = 150;

/// One address that a mail goes to, exactly as it is known to us: its spelling is never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient(Address);

impl Recipient {
    /// One plain address. Quotations, comments, lists and letters outside ASCII are none: a domain is given in its
    /// `xn--` form.
    pub fn parse(address: &str) -> Option<Self> {
        let plain = address.bytes().all(|b| b.is_ascii_graphic() && !b"\"(),:;<>[\\]".contains(&b));
        if !plain || address.len() > 254 || address.matches('@').count() != 1 {
            return None;
        }
        Address::from_str(address).ok().map(Self)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }
}

/// A letter with whom it goes to. The same message whenever it is sent: its id and its date are those of the row it
/// comes from.
#[derive(Debug, Clone)]
pub struct Message {
    /// To whom.
    pub to: Recipient,
    /// What it says.
    pub letter: Letter,
    /// Its Message-ID, with the pointed brackets.
    pub id: String,
    /// When it was written.
    pub written_at: Timestamp,
}

impl Message {
    /// As it travels.
    pub(crate) fn on_paper(&self, from: &Mailbox) -> Result<lettre::Message, Error> {
        let id = self.id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
        let id = id.filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric() || b"@-._".contains(&b)));
        let id = id.ok_or_else(|| Error::Refused("its Message-ID is none".to_owned()))?;
        let part = |kind, text: &str| {
            SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(text.to_owned())
        };
        message::Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, self.to.0.clone()))
            .subject(plain::line(&self.letter.subject, LONGEST_SUBJECT))
            .date(SystemTime::from(self.written_at))
            .message_id(Some(format!("<{id}>")))
            // Nobody's "out of office" is an answer to it.
            .header(AutoSubmitted)
            .multipart(
                MultiPart::alternative()
                    .singlepart(part(ContentType::TEXT_PLAIN, &self.letter.text))
                    .singlepart(part(ContentType::TEXT_HTML, &self.letter.html)),
            )
            .map_err(|_| Error::Refused("it is no message".to_owned()))
    }
}

/// RFC 3834: a program wrote it.
#[derive(Debug, Clone)]
struct AutoSubmitted;

const AUTO_GENERATED: &str = "auto-generated";

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), AUTO_GENERATED.to_owned())
    }
}

#[cfg(test)]
mod tests;
