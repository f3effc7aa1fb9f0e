//! Pictures of organisations: files beside the state, each under a name nobody can guess.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::body::Bytes;

use crate::errors::ApiError;
use crate::ids;

/// Directory within the data directory.
const DIRECTORY: &str = "logos";
/// Largest picture, in bytes.
pub(crate) const LARGEST: usize = 10 * 1024 * 1024;

/// Where the pictures are.
pub(crate) struct Logos(PathBuf);

impl Logos {
    /// Makes the directory when it is missing.
    pub(crate) fn open(data: &Path) -> anyhow::Result<Self> {
        let directory = data.join(DIRECTORY);
        fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
        Ok(Self(directory))
    }

    /// Keeps a picture and says under which name; what its first bytes do not show to be a picture is refused.
    pub(crate) fn keep(&self, bytes: &Bytes) -> Result<String, ApiError> {
        if bytes.len() > LARGEST {
            return Err(ApiError {
                param: Some("file".to_owned()),
                ..ApiError::new(
                    http::StatusCode::PAYLOAD_TOO_LARGE,
                    "image_too_large",
                    "The image being uploaded is more than 10MB. Please choose a smaller one.",
                )
            });
        }
        if media_type(bytes).is_none() {
            return Err(ApiError {
                param: Some("file".to_owned()),
                ..ApiError::bad_request(
                    "request_invalid_for_environment",
                    "The file must be a jpeg, png, gif or webp image.",
                )
            });
        }
        let name = ids::letters(27);
        fs::write(self.0.join(&name), bytes).map_err(|error| {
            tracing::error!("a logo could not be written: {error}");
            ApiError::new(
                http::StatusCode::INTERNAL_SERVER_ERROR,
                "internal_clerk_error",
                "There was an internal error.",
            )
        })?;
        Ok(name)
    }

    /// A picture with its media type.
    pub(crate) fn read(&self, name: &str) -> Option<(&'static str, Vec<u8>)> {
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let bytes = plain.then(|| fs::read(self.0.join(name)).ok()).flatten()?;
        Some((media_type(&bytes)?, bytes))
    }

    /// Forgets a picture.
    pub(crate) fn remove(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.0.join(name)) {
            tracing::debug!("a logo was gone already: {error}");
        }
    }
}

/// What the first bytes say the file is.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}
