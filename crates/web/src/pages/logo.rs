//! An organisation's logo: uploaded in its settings, shown to its members.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::{Read, logos};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use serde::Deserialize;

use super::profile;
use crate::access::InOrg;
use crate::body::{At, File, Upload};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::picture::{LARGEST_FILE, Picture};

/// The address of a picture: its digest and `.png`.
#[derive(Deserialize)]
pub(crate) struct LogoPath {
    logo: String,
}

/// Where the logo of a digest is shown.
pub(crate) fn href(slug: &str, digest: &str) -> String {
    format!("/orgs/{slug}/logo/{digest}.png")
}

/// `GET /orgs/{slug}/logo/{logo}`: the name never means another picture, and only members may keep it.
pub(crate) async fn show(org: InOrg, At(at): At<LogoPath>) -> Result<Response> {
    let digest = at.logo.strip_suffix(".png").filter(|digest| is_digest(digest)).unwrap_or_default();
    let (_, picture) = org.read(|| logos::show(digest)).await?;
    let mut response = picture.ok_or(Error::NotFound)?.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    Ok(response)
}

/// `POST /orgs/{slug}/settings/profile/logo`
pub(crate) async fn set(org: InOrg, State(state): State<crate::State>, upload: Upload) -> Result<Response> {
    // Before anything is read of what only an admin may send.
    org.read(Read::access_only).await?;
    let picture = match upload.file("logo", LARGEST_FILE).await? {
        File::Missing => Err("Choose a picture first."),
        File::TooLarge => Err("Choose a smaller file: at most 5 MB are read."),
        File::Whole(bytes) => Picture::of(bytes).await.map_err(|unusable| unusable.words()),
    };
    match picture {
        Ok(picture) => {
            let mut tx = org.write().await?;
            logos::set(&mut tx, picture.png, &picture.digest).await?;
            tx.commit().await?;
            Ok(org.see("settings/profile", Some(Flash::LogoSaved)))
        }
        Err(message) => profile::with_bad_logo(&org, &state, message).await,
    }
}

/// `POST /orgs/{slug}/settings/profile/logo/remove`
pub(crate) async fn remove(org: InOrg) -> Result<Response> {
    let mut tx = org.write().await?;
    logos::remove(&mut tx).await?;
    tx.commit().await?;
    Ok(org.see("settings/profile", Some(Flash::LogoRemoved)))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
