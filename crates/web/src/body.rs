//! What a request brings: forms, JSON, queries and the ids in its address, each refused in our own words.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Multipart, Path, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// The largest body that is read, in bytes.
pub(crate) const LARGEST: usize = 256 * 1024;
/// The same where files are uploaded: more than is kept of any, so that whoever sends too much is told so in the page.
const LARGEST_WITH_FILE: usize = 32 << 20;
/// Where files are uploaded.
pub(crate) const UPLOADS: &[&str] = &["/orgs/{slug}/settings/profile/logo"];

/// Refuses what is larger than its route reads, announced or not.
pub(crate) async fn limit(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let most = if route.is_some_and(|route| UPLOADS.contains(&route)) { LARGEST_WITH_FILE } else { LARGEST };
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|announced| announced > most) {
        return Error::TooLarge.into_response();
    }
    next.run(request.map(|body| Body::new(http_body_util::Limited::new(body, most)))).await
}

/// The ids in the address. Text that is no id is an address where nothing is.
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(ids)| Self(ids)).map_err(|_| Error::NotFound)
    }
}

/// The address's query.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        serde_urlencoded::from_str(query).map(Self).map_err(|error| Error::BadRequest {
            code: "bad_query",
            message: format!("Something after the question mark cannot be read: {error}."),
        })
    }
}

/// A form that a page sent. Fields that are missing are empty: what is wrong with that, the handler says.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        const EXPECTED: &str = "application/x-www-form-urlencoded";
        let typed = is_type(request.headers(), EXPECTED);
        let bytes = read(request, state).await?;
        // An empty form needs no type: a button alone sends nothing.
        if !typed && !bytes.is_empty() {
            return Err(Error::WrongType { expected: EXPECTED });
        }
        if percent_encoding::percent_decode(&bytes).decode_utf8().is_err() {
            return Err(Error::BadRequest { code: "bad_form", message: "The form is not UTF-8 text.".to_owned() });
        }
        serde_urlencoded::from_bytes(&bytes).map(Self).map_err(|error| Error::BadRequest {
            code: "bad_form",
            message: format!("The form cannot be read: {error}."),
        })
    }
}

/// A form's fields in their order, for a form that sends one name several times: [`Form`] of this.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first value of this name; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.given(name).unwrap_or_default()
    }

    /// The first value of this name, if the form has the field.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Fields whose names begin so, by what follows.
    pub(crate) fn beginning_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (String, String)> + 'a {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?.to_owned(), value.clone())))
    }

    /// Every value of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

/// A form with a file in it, not read yet: a handler asks who may do this first.
pub(crate) struct Upload(Option<Multipart>);

/// A file as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum File {
    /// None was chosen.
    Missing,
    /// Larger than what is read.
    TooLarge,
    /// Its bytes, whatever they are.
    Whole(Vec<u8>),
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        Ok(Self(Multipart::from_request(request, state).await.ok()))
    }
}

impl Upload {
    /// The file of this field. What is larger is read to its end and dropped, so that the answer is seen.
    pub(crate) async fn file(self, name: &str, largest: usize) -> Result<File> {
        let unreadable =
            |_| Error::BadRequest { code: "bad_body", message: "The body ended before its time.".to_owned() };
        let Some(mut form) = self.0 else { return Ok(File::Missing) };
        while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
            if field.name() != Some(name) {
                continue;
            }
            let (mut bytes, mut fits) = (Vec::new(), true);
            while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
                fits &= bytes.len() + chunk.len() <= largest;
                if fits {
                    bytes.extend_from_slice(&chunk);
                } else {
                    bytes = Vec::new();
                }
            }
            return Ok(match (fits, bytes.is_empty()) {
                (false, _) => File::TooLarge,
                (true, true) => File::Missing,
                (true, false) => File::Whole(bytes),
            });
        }
        Ok(File::Missing)
    }
}

/// A JSON body, not read yet: a handler asks who may do this first, and what exactly second.
pub(crate) struct Json {
    typed: bool,
    bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Json {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let typed = is_type(request.headers(), "application/json");
        Ok(Self { typed, bytes: read(request, state).await? })
    }
}

impl Json {
    /// Reads it: 415 for another type, 400 where it is no JSON, 422 naming the field where it is not what is expected.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        if !self.typed {
            return Err(Error::WrongType { expected: "application/json" });
        }
        // A list would fill the fields by their order, which nobody means.
        if self.bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(Error::Invalid(vec![("body".to_owned(), "An object is expected, not a list.".to_owned())]));
        }
        serde_json::from_slice(&self.bytes).map_err(|error| refusal(&error))
    }
}

/// The body whole, if it is not too large.
pub(crate) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::BadRequest { code: "bad_body", message: "The body ended before its time.".to_owned() },
    })
}

fn is_type(headers: &HeaderMap, expected: &str) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected)
}

fn refusal(error: &serde_json::Error) -> Error {
    if !error.is_data() {
        return Error::BadRequest { code: "bad_json", message: format!("This is not JSON: {error}.") };
    }
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(before, _)| before);
    // Fields that are unknown, missing or doubled are named in the message; others only by their place in the text.
    let named = text.split('`').nth(1).filter(|_| text.contains(" field `"));
    let message = match named {
        Some(_) if text.starts_with("missing") => "This is needed.".to_owned(),
        Some(_) if text.starts_with("unknown") => "There is no such field here.".to_owned(),
        _ => format!("{text}."),
    };
    Error::Invalid(vec![(named.unwrap_or("body").to_owned(), message)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Body {
        name: String,
    }

    fn parse(text: &str) -> Error {
        Json { typed: true, bytes: Bytes::from(text.to_owned()) }.parse::<Body>().unwrap_err()
    }

    #[tokio::test]
    async fn fields_of_one_name_are_kept_in_their_order() {
        let read = async |text: &'static str| {
            let request = Request::post("/").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            Form::<Fields>::from_request(request.body(text.into()).unwrap(), &()).await.map(|Form(fields)| fields)
        };
        let fields = read("role=b&name=Ada+B.&role=a%26&role=").await.unwrap();
        assert_eq!(fields.all("role").collect::<Vec<_>>(), ["b", "a&", ""]);
        assert_eq!((fields.get("role"), fields.get("name"), fields.get("other")), ("b", "Ada B.", ""));
        assert!(matches!(read("role=%ff").await, Err(Error::BadRequest { code: "bad_form", .. })));
    }

    #[test]
    fn a_refused_body_names_the_field() {
        let named = |text: &str| match parse(text) {
            Error::Invalid(fields) => fields.into_iter().next().unwrap(),
            other => panic!("{other:?}"),
        };
        assert_eq!(named("{}"), ("name".to_owned(), "This is needed.".to_owned()));
        assert_eq!(named(r#"{"name":"a","role":"admin"}"#).0, "role");
        assert_eq!(named(r#"{"name":"a","name":"b"}"#).0, "name");
        assert!(named(r#"{"name":1}"#).1.starts_with("invalid type: integer `1`"));
        assert!(matches!(parse("{"), Error::BadRequest { code: "bad_json", .. }));
        assert_eq!(named(r#"["a"]"#).0, "body");
        let untyped = Json { typed: false, bytes: Bytes::from_static(b"{\"name\":\"a\"}") };
        assert!(matches!(untyped.parse::<Body>(), Err(Error::WrongType { .. })));
    }
}
