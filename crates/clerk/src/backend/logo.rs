//! An organisation's picture, as a form with a file in it.

use super::Backend;
use super::transport::{Body, Call};
use crate::error::Error;
use crate::types::Organization;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;
use reqwest::Method;

/// Clerk takes no larger pictures.
const LARGEST: usize = 10 << 20;

/// A picture that Clerk takes: up to ten megabytes of JPEG, PNG, GIF or WebP. What it is is read from its first bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    kind: &'static str,
    bytes: Vec<u8>,
}

/// Why bytes are no [`Logo`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    /// More than ten megabytes.
    #[error("a picture may have ten megabytes")]
    TooLarge,
    /// Neither JPEG, PNG, GIF nor WebP.
    #[error("a picture should be a JPEG, PNG, GIF or WebP file")]
    NoPicture,
}

impl Logo {
    /// Checks the bytes of a file.
    ///
    /// # Errors
    /// [`LogoError`] when Clerk would not take it.
    pub fn new(bytes: Vec<u8>) -> Result<Self, LogoError> {
        if bytes.len() > LARGEST {
            return Err(LogoError::TooLarge);
        }
        let kind = match &*bytes {
            [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => "image/png",
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
            _ => return Err(LogoError::NoPicture),
        };
        Ok(Self { kind, bytes })
    }

    /// The form's content type and its bytes.
    fn form(&self, uploader_user_id: Option<&str>) -> (String, Vec<u8>) {
        let mut random = [0; 24];
        rand::rng().fill_bytes(&mut random);
        // Random, so that nobody can write it into a picture beforehand.
        let boundary = format!("tenantry-{}", URL_SAFE_NO_PAD.encode(random));
        let mut body = Vec::with_capacity(self.bytes.len() + 512);
        if let Some(user) = uploader_user_id {
            let head = "Content-Disposition: form-data; name=\"uploader_user_id\"";
            body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n{user}\r\n").as_bytes());
        }
        let head = "Content-Disposition: form-data; name=\"file\"; filename=\"logo\"";
        body.extend_from_slice(format!("--{boundary}\r\n{head}\r\nContent-Type: {}\r\n\r\n", self.kind).as_bytes());
        body.extend_from_slice(&self.bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }
}

impl Backend {
    /// Gives an organisation a picture.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such organisation.
    pub async fn set_organization_logo(
        &self,
        organization_id: &str,
        logo: &Logo,
        uploader_user_id: Option<&str>,
    ) -> Result<Organization, Error> {
        let url = self.url(&["organizations", organization_id, "logo"], &[])?;
        let (kind, bytes) = logo.form(uploader_user_id);
        self.send(Call { method: Method::PUT, url, body: Body::Bytes(kind, bytes) }).await
    }

    /// Takes an organisation's picture away.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is none.
    pub async fn delete_organization_logo(&self, organization_id: &str) -> Result<Organization, Error> {
        self.delete(&["organizations", organization_id, "logo"]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_logos() {
        for (bytes, expected) in [
            (&b"\xFF\xD8\xFF\xE0rest"[..], Ok("image/jpeg")),
            (b"\x89PNG\r\n\x1A\n", Ok("image/png")),
            (b"GIF89a", Ok("image/gif")),
            (b"GIF88a", Err(LogoError::NoPicture)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Ok("image/webp")),
            (b"RIFF\0\0\0\0WAVE", Err(LogoError::NoPicture)),
            (b"<svg onload=alert(1)>", Err(LogoError::NoPicture)),
            (b"", Err(LogoError::NoPicture)),
        ] {
            assert_eq!(Logo::new(bytes.to_vec()).map(|logo| logo.kind), expected);
        }
        let mut large = b"GIF89a".to_vec();
        large.resize(LARGEST, 0);
        assert!(Logo::new(large.clone()).is_ok());
        large.push(0);
        assert_eq!(Logo::new(large), Err(LogoError::TooLarge));
    }
}
