//! A picture that somebody uploads, made anew: what is kept is never the file that came.

use std::fmt::Write as _;
use std::io::Cursor;

use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder as _, ImageEncoder as _, ImageFormat, ImageReader, Limits};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

/// The largest file that is looked at, in bytes.
pub(crate) const LARGEST_FILE: usize = 5 << 20;
/// The longest side of a picture that is read, in pixels.
const LONGEST_SIDE: u32 = 4096;
/// What a decoded picture may take: one of the longest sides, with four bytes a pixel.
const MEMORY: u64 = 64 << 20;
/// The longest side of what is kept, and of what is kept where that would not fit.
const KEPT_SIDES: [u32; 2] = [256, 192];
/// Pictures that a process reads at a time: each takes a processor and the memory above.
static AT_A_TIME: Semaphore = Semaphore::const_new(1);

/// A small PNG, and nothing in it but its pixels.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) png: Vec<u8>,
    /// SHA-256 of it, 64 hexadecimal digits.
    pub(crate) digest: String,
}

/// Why a file is not taken, in words for whoever chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    OfAnotherKind,
    TooManyPixels,
    Broken,
}

impl Unusable {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::OfAnotherKind => "Choose a PNG, JPEG, GIF or WebP. Other files, SVG among them, are not taken.",
            Self::TooManyPixels => "Choose a picture of at most 4096 by 4096 pixels.",
            Self::Broken => "This file cannot be read to its end. Save the picture again and choose that one.",
        }
    }
}

impl Picture {
    /// Reads a file and makes the picture, away from the thread that answers requests.
    pub(crate) async fn of(file: Vec<u8>) -> Result<Self, Unusable> {
        let _turn = AT_A_TIME.acquire().await.map_err(|_| Unusable::Broken)?;
        tokio::task::spawn_blocking(move || Self::make(&file)).await.unwrap_or(Err(Unusable::Broken))
    }

    fn make(file: &[u8]) -> Result<Self, Unusable> {
        let picture = decode(file)?;
        for side in KEPT_SIDES {
            let png = encode(&picture, side)?;
            if png.len() <= domain::logos::LARGEST {
                return Ok(Self { digest: digest(&png), png });
            }
        }
        Err(Unusable::Broken)
    }
}

/// The pixels, by what the file is and not by what it is called. Its size is known, and refused, before any is read.
fn decode(file: &[u8]) -> Result<DynamicImage, Unusable> {
    let kind = image::guess_format(file).map_err(|_| Unusable::OfAnotherKind)?;
    if !matches!(kind, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP) {
        return Err(Unusable::OfAnotherKind);
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), kind);
    let mut limits = Limits::no_limits();
    (limits.max_image_width, limits.max_image_height) = (Some(LONGEST_SIDE), Some(LONGEST_SIDE));
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| unusable(&error))?;
    let (width, height) = decoder.dimensions();
    if width > LONGEST_SIDE || height > LONGEST_SIDE || decoder.total_bytes() > MEMORY {
        return Err(Unusable::TooManyPixels);
    }
    // Which way up is said beside the pixels, where nothing of it is kept.
    let orientation = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| unusable(&error))?;
    // Small first: what follows then costs little.
    let longest = KEPT_SIDES[0];
    if width > longest || height > longest {
        picture = picture.thumbnail(longest, longest);
    }
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

fn unusable(error: &image::ImageError) -> Unusable {
    if matches!(error, image::ImageError::Limits(_)) { Unusable::TooManyPixels } else { Unusable::Broken }
}

fn encode(picture: &DynamicImage, side: u32) -> Result<Vec<u8>, Unusable> {
    let small =
        if picture.width() > side || picture.height() > side { &picture.thumbnail(side, side) } else { picture };
    let pixels = small.to_rgba8();
    let mut png = Vec::new();
    let written = PngEncoder::new(&mut png).write_image(
        pixels.as_raw(),
        pixels.width(),
        pixels.height(),
        ExtendedColorType::Rgba8,
    );
    written.map_err(|error| unusable(&error))?;
    Ok(png)
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
