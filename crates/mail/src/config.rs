//! Which mail server, and from whom.

use std::fmt;

use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;
use url::Url;

/// A mail server and the sender.
#[derive(Clone)]
pub struct Config {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encryption: Encryption,
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) from: Mailbox,
}

/// How the way to the server is closed to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// From the first byte on.
    Tls,
    /// With STARTTLS, and not at all where the server has none.
    StartTls,
    /// Not at all: the server is this machine.
    Loopback,
}

/// What is wrong with which variable, in full sentences and without a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {what}")]
pub struct BadConfig {
    /// The variable.
    pub variable: &'static str,
    what: &'static str,
}

const SMTP_FORM: &str = "is set, to something else than it should be. It should look like smtps://user:password@smtp.example.com, \
                         or smtp://… for a server that has STARTTLS";
const FROM_FORM: &str =
    "is set, to something else than it should be. It should look like Tenantry <mail@example.com>, or mail@example.com";

impl Config {
    /// Reads `SMTP_URL` and `MAIL_FROM`. With `smtps` all is encrypted from the first byte; with `smtp` it is after
    /// STARTTLS, which the server must have unless it is this machine.
    pub fn from_parts(smtp_url: &str, mail_from: &str) -> Result<Self, BadConfig> {
        let bad = |variable, what| BadConfig { variable, what };
        let url = Url::parse(smtp_url.trim()).map_err(|_| bad("SMTP_URL", SMTP_FORM))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(bad("SMTP_URL", SMTP_FORM))?;
        let nothing_more = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let (encryption, port) = match url.scheme() {
            "smtps" => (Encryption::Tls, 465),
            "smtp" if is_loopback(host) => (Encryption::Loopback, 25),
            "smtp" => (Encryption::StartTls, 587),
            _ => return Err(bad("SMTP_URL", SMTP_FORM)),
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => Some((decoded(user), decoded(password))),
            _ => return Err(bad("SMTP_URL", SMTP_FORM)),
        };
        let from: Mailbox = mail_from.trim().parse().map_err(|_| bad("MAIL_FROM", FROM_FORM))?;
        if !nothing_more {
            return Err(bad("SMTP_URL", SMTP_FORM));
        }
        let address: &str = from.email.as_ref();
        if mail_from.chars().any(char::is_control) || !address.is_ascii() {
            return Err(bad("MAIL_FROM", FROM_FORM));
        }
        // An address of the sixth version stands in brackets in a URL, and nowhere else.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port: url.port().unwrap_or(port), encryption, credentials, from })
    }
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, encryption, .. } = self;
        write!(f, "Config({host}:{port}, {encryption:?})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "Tenantry <mail@tenantry.example>";

    #[test]
    fn the_way_to_a_server_is_closed_unless_it_is_this_machine() {
        for (url, port, encryption) in [
            ("smtps://u:p@smtp.example.com", 465, Encryption::Tls),
            ("smtps://smtp.example.com:2465/", 2465, Encryption::Tls),
            ("smtp://u:p@smtp.example.com", 587, Encryption::StartTls),
            ("smtp://127.0.0.1:3004", 3004, Encryption::Loopback),
            ("smtp://[::1]:3004", 3004, Encryption::Loopback),
            ("smtp://localhost", 25, Encryption::Loopback),
            ("smtp://localhost.evil.example", 587, Encryption::StartTls),
        ] {
            let config = Config::from_parts(url, FROM).unwrap();
            assert_eq!((config.port, config.encryption), (port, encryption), "{url}");
        }
    }

    #[test]
    fn a_password_is_read_as_it_was_meant_and_never_shown() {
        let config = Config::from_parts("smtps://ada%40acme:p%3Aw%2Frd@smtp.example.com", FROM).unwrap();
        assert_eq!(config.credentials, Some(("ada@acme".to_owned(), "p:w/rd".to_owned())));
        assert_eq!(format!("{config:?}"), "Config(smtp.example.com:465, Tls)");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for url in
            ["", "smtp.example.com", "http://a.example", "smtp://", "smtps://user@a.example", "smtps://a.example/x"]
        {
            assert_eq!(Config::from_parts(url, FROM).unwrap_err().variable, "SMTP_URL", "{url}");
        }
        for from in
            ["", "nobody", "a@b@c", "A <a@b.example>\r\nBcc: <c@d.example>", "ä@b.example", "a@b.example, c@d.example"]
        {
            let bad = Config::from_parts("smtps://a.example", from).unwrap_err();
            assert_eq!(bad.variable, "MAIL_FROM", "{from:?}");
        }
    }
}
