//! A file that never changes, sent whole or in part (RFC 9110, 13 and 14): a download that breaks off can go on.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE,
    RANGE,
};
use http::{HeaderMap, HeaderValue, StatusCode};

/// The type of an archive.
pub(crate) const ZIP: &str = "application/zip";

/// What there is to send.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    /// Its size.
    pub(crate) bytes: u64,
    /// Its SHA-256, which is its name for caches.
    pub(crate) sha256: String,
    /// Its name for people: visible ASCII.
    pub(crate) name: String,
    pub(crate) content_type: &'static str,
}

/// What is to be sent of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// From the first byte to the last, both included.
    Bytes(u64, u64),
    /// Nothing: the caller has it.
    Known,
    /// Nothing: it has no such bytes.
    Beyond,
}

impl Offered {
    /// What the request asks for.
    pub(crate) fn asked(&self, headers: &HeaderMap) -> Part {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let tag = self.tag();
        if text(IF_NONE_MATCH).is_some_and(|known| {
            known.split(',').any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == tag)
        }) {
            return Part::Known;
        }
        // Bytes of another file, or of a date that we do not give: the whole of this one.
        if text(IF_RANGE).is_some_and(|of| of != tag) {
            return Part::Whole;
        }
        text(RANGE).map_or(Part::Whole, |range| self.range(range))
    }

    /// One range; what is written in any other way is as if it were not there.
    fn range(&self, text: &str) -> Part {
        let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
            return Part::Whole;
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(first) || !digits(last) {
            return Part::Whole;
        }
        // A number too large to be read is beyond any file.
        let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
        let (first, last) = match (first, last) {
            ("", "") => return Part::Whole,
            ("", length) => match number(length) {
                0 => return Part::Beyond,
                length => (self.bytes.saturating_sub(length), u64::MAX),
            },
            (first, "") => (number(first), u64::MAX),
            (first, last) if number(last) < number(first) => return Part::Whole,
            (first, last) => (number(first), number(last)),
        };
        if first >= self.bytes { Part::Beyond } else { Part::Bytes(first, last.min(self.bytes - 1)) }
    }

    /// The answer, with these bytes of it.
    pub(crate) fn answer(&self, part: Part, body: Body) -> Response {
        let (status, length) = match part {
            Part::Whole => (StatusCode::OK, self.bytes),
            Part::Bytes(first, last) => (StatusCode::PARTIAL_CONTENT, last - first + 1),
            Part::Known => return (StatusCode::NOT_MODIFIED, [(ETAG, self.tag())]).into_response(),
            Part::Beyond => {
                let all = format!("bytes */{}", self.bytes);
                return (StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, all)]).into_response();
            }
        };
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        for (name, text) in
            [(ETAG, self.tag()), (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", self.name))]
        {
            headers.insert(name, HeaderValue::try_from(text).expect("digests and names of ours are visible ASCII"));
        }
        if let Part::Bytes(first, last) = part {
            let range = format!("bytes {first}-{last}/{}", self.bytes);
            headers.insert(CONTENT_RANGE, HeaderValue::try_from(range).expect("numbers are visible ASCII"));
        }
        response
    }

    fn tag(&self) -> String {
        format!("\"{}\"", self.sha256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(http::HeaderName, &str)]) -> Part {
        let offered =
            Offered { bytes: 1000, sha256: "ab".to_owned(), name: "a.zip".to_owned(), content_type: "application/zip" };
        let given = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        offered.asked(&given.collect())
    }

    #[test]
    fn one_range_is_understood_and_everything_else_is_the_whole() {
        assert_eq!(asked(&[]), Part::Whole);
        for (range, expected) in [
            ("bytes=0-", Part::Bytes(0, 999)),
            ("bytes=0-0", Part::Bytes(0, 0)),
            ("bytes=500-5000", Part::Bytes(500, 999)),
            ("bytes=-1", Part::Bytes(999, 999)),
            ("bytes=-5000", Part::Bytes(0, 999)),
            ("bytes=1000-", Part::Beyond),
            ("bytes=99999999999999999999999-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=5-4", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("lines=0-1", Part::Whole),
        ] {
            assert_eq!(asked(&[(RANGE, range)]), expected, "{range}");
        }
    }

    #[test]
    fn bytes_of_another_file_are_not_mixed_with_these() {
        let range = (RANGE, "bytes=10-");
        assert_eq!(asked(&[range.clone(), (IF_RANGE, "\"ab\"")]), Part::Bytes(10, 999));
        assert_eq!(asked(&[range.clone(), (IF_RANGE, "\"cd\"")]), Part::Whole);
        assert_eq!(asked(&[range.clone(), (IF_RANGE, "W/\"ab\"")]), Part::Whole);
        assert_eq!(asked(&[range, (IF_NONE_MATCH, "\"cd\", W/\"ab\"")]), Part::Known);
        assert_eq!(asked(&[(IF_NONE_MATCH, "\"cd\"")]), Part::Whole);
    }
}
