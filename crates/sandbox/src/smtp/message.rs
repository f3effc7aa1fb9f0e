//! A mail as it travelled, taken apart for people: headers, text and page.

use base64::prelude::{BASE64_STANDARD, Engine as _};

/// Parts within parts that are looked into.
const DEEPEST: usize = 8;

/// What a mail says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    /// Unfolded and decoded, in their order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Read {
    /// Takes whatever it is given; what cannot be read is empty.
    pub(crate) fn of(content: &str) -> Self {
        let mut read = Self::default();
        let (headers, _) = split(content);
        read.headers = headers;
        look_into(content, &mut read, 0);
        read
    }

    /// The first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn look_into(content: &str, read: &mut Read, depth: usize) {
    let (headers, body) = split(content);
    let kind = find(&headers, "Content-Type").unwrap_or("text/plain");
    let lower = kind.to_ascii_lowercase();
    if lower.starts_with("multipart/") {
        let Some(boundary) = parameter(kind, "boundary").filter(|_| depth < DEEPEST) else { return };
        let mark = format!("--{boundary}");
        for part in format!("\n{}", body.replace("\r\n", "\n")).split(&format!("\n{mark}")).skip(1) {
            if let Some(part) = part.strip_prefix('\n') {
                look_into(part, read, depth + 1);
            }
        }
        return;
    }
    let body = decoded(&body, find(&headers, "Content-Transfer-Encoding").unwrap_or_default());
    match () {
        () if lower.starts_with("text/html") && read.html.is_empty() => read.html = body,
        () if lower.starts_with("text/plain") && read.text.is_empty() => read.text = body,
        () => {}
    }
}

/// Headers, unfolded and decoded, and what comes after the first empty line.
fn split(content: &str) -> (Vec<(String, String)>, String) {
    let content = content.replace("\r\n", "\n");
    let (head, body) = match content.strip_prefix('\n') {
        Some(body) => ("", body),
        None => content.split_once("\n\n").unwrap_or((&content, "")),
    };
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.lines() {
        match (line.starts_with([' ', '\t']), headers.last_mut()) {
            (true, Some((_, value))) => *value = format!("{value} {}", line.trim()),
            _ => {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                headers.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
    }
    for (_, value) in &mut headers {
        *value = words(value);
    }
    (headers, body.to_owned())
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|one| {
        let (key, value) = one.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn decoded(body: &str, encoding: &str) -> String {
    match encoding.to_ascii_lowercase().as_str() {
        "quoted-printable" => quoted(body.as_bytes(), false),
        "base64" => {
            let plain: String = body.split_whitespace().collect();
            String::from_utf8_lossy(&BASE64_STANDARD.decode(plain).unwrap_or_default()).into_owned()
        }
        _ => body.to_owned(),
    }
}

/// `=C3=A4`; in a header `_` stands for a space.
fn quoted(text: &[u8], header: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'=', [b'\n', after @ ..]) => rest = after,
            (b'=', [high, low, after @ ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                match (digit(*high), digit(*low)) {
                    (Some(high), Some(low)) => {
                        bytes.push(16 * high + low);
                        rest = after;
                    }
                    _ => bytes.push(first),
                }
            }
            (b'_', _) if header => bytes.push(b' '),
            _ => bytes.push(first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Encoded words of RFC 2047; white space between two of them is none.
fn words(value: &str) -> String {
    let mut text = String::new();
    let mut before_was_one = false;
    for (at, word) in value.split(' ').enumerate() {
        let found = encoded_word(word);
        if at > 0 && !(before_was_one && found.is_some()) {
            text.push(' ');
        }
        before_was_one = found.is_some();
        text.push_str(found.as_deref().unwrap_or(word));
    }
    text
}

fn encoded_word(word: &str) -> Option<String> {
    let inner = word.strip_prefix("=?")?.strip_suffix("?=")?;
    let mut parts = inner.splitn(3, '?');
    let (charset, encoding, text) = (parts.next()?, parts.next()?, parts.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    match encoding {
        "q" | "Q" => Some(quoted(text.as_bytes(), true)),
        "b" | "B" => BASE64_STANDARD.decode(text).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Read;

    const MAIL: &str = "From: Tenantry <mail@tenantry.example>\r\nSubject: =?utf-8?b?QWNtZSAmIFPDtmhuZQ==?=\r\n =?utf-8?q?_was_deleted?=\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\nS=C3=B6hne are=\r\n gone =3D 1\r\n--b1\r\nContent-Type: text/html\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nPGI+\r\nYjwvYj4=\r\n--b1--\r\n";

    #[test]
    fn both_parts_and_the_subject_are_read() {
        let read = Read::of(MAIL);
        assert_eq!(read.header("subject"), Some("Acme & Söhne was deleted"));
        assert_eq!((read.text.as_str(), read.html.as_str()), ("Söhne are gone = 1", "<b>b</b>"));
    }

    #[test]
    fn whatever_comes_is_borne() {
        for (content, text) in
            [("", ""), ("\n\nhello", "\nhello"), ("a: b\n\nhi =", "hi ="), ("Content-Type: multipart/mixed\n\nx", "")]
        {
            assert_eq!(Read::of(content).text, text, "{content:?}");
        }
        let nested = "Content-Type: multipart/mixed; boundary=a\n\n--a\n".repeat(1000);
        assert_eq!(Read::of(&nested).text, "");
    }
}
