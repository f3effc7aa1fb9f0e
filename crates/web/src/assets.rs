//! Style sheets, scripts, icons and the font: inside the program, under names that change with their content.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::error::{Error, Result};

/// An embedded file.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The name never means anything else again.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// `GET /assets/{file}`.
pub(crate) async fn show(Path(file): Path<String>, headers: HeaderMap) -> Result<Response> {
    let asset = FILES.iter().find(|asset| asset.name == file).ok_or(Error::NotFound)?;
    // Weak, because the same file also travels compressed.
    let etag = format!("W/\"{}\"", asset.name);
    let known = headers.get_all(IF_NONE_MATCH).iter().any(|value| knows(value, &etag));
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { asset.bytes.into_response() };
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    answer.insert(CACHE_CONTROL, FOR_EVER);
    answer.insert(ETAG, HeaderValue::try_from(etag).expect("names of assets are visible ASCII"));
    Ok(response)
}

fn knows(value: &HeaderValue, etag: &str) -> bool {
    value.to_str().is_ok_and(|text| text.split(',').any(|one| matches!(one.trim(), "*") || one.trim() == etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_sheets_name_the_font_by_its_hashed_name() {
        let tokens = FILES.iter().find(|asset| asset.name.starts_with("tokens.")).unwrap();
        let font = FONT.strip_prefix("/assets/").unwrap();
        assert!(std::str::from_utf8(tokens.bytes).unwrap().contains(&format!("url(\"{font}\")")));
    }

    #[tokio::test]
    async fn a_known_file_is_not_sent_again() {
        let name = TOKENS_CSS.strip_prefix("/assets/").unwrap().to_owned();
        let first = show(Path(name.clone()), HeaderMap::new()).await.unwrap();
        assert_eq!(first.status(), StatusCode::OK);
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        let second = show(Path(name), headers).await.unwrap();
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        assert!(matches!(show(Path("app.css".to_owned()), HeaderMap::new()).await, Err(Error::NotFound)));
    }
}
