//! Logos: whatever is uploaded, what is kept is a small PNG that we made, and only members see it.

use std::io::Cursor;

use http::Method;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use crate::app::{Answer, As, TestApp, request};

const ADA: As = As::Browser("ada", Some("acme"));

/// A picture with something in it, in this format.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(width, height, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, 90]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

async fn upload(app: &TestApp, who: &As, file: &[u8]) -> Answer {
    let mut body = b"--XX\r\ncontent-disposition: form-data; name=\"logo\"; filename=\"../a<b>.svg\"\r\n\
                     content-type: image/svg+xml\r\n\r\n"
        .to_vec();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--XX--\r\n");
    let ask = request(who, Method::POST, "/orgs/acme/settings/profile/logo");
    let ask = ask.header("content-type", "multipart/form-data; boundary=XX").header("content-length", body.len());
    app.send(ask.body(body.into()).unwrap()).await
}

/// Where the page says that the logo is.
async fn href(app: &TestApp) -> Option<String> {
    let page = app.get(&ADA, "/orgs/acme/settings/profile").await;
    let after = page.body.split("<img src=\"").nth(1)?;
    Some(after.split('"').next().unwrap().to_owned())
}

/// The stored bytes.
async fn stored(app: &TestApp) -> Vec<u8> {
    let admin = app.world.database.client("postgres").await;
    admin.query_one("select picture from tenantry.logos where organisation_id = 'org_acme'", &[]).await.unwrap().get(0)
}

/// The names of a PNG's chunks.
fn chunks(png: &[u8]) -> Vec<String> {
    let (mut names, mut at) = (Vec::new(), 8);
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        names.push(String::from_utf8_lossy(&png[at + 4..at + 8]).into_owned());
        at += length + 12;
    }
    names.dedup();
    names
}

#[tokio::test]
async fn every_format_becomes_a_small_png_that_members_see_and_nobody_else() {
    let app = TestApp::start().await;
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let answer = upload(&app, &ADA, &picture(700, 350, format)).await;
        assert_eq!(answer.status, 303, "{format:?}: {}", answer.body);
        let png = stored(&app).await;
        assert_eq!(image::guess_format(&png).unwrap(), ImageFormat::Png, "{format:?}");
        assert_eq!(chunks(&png), ["IHDR", "IDAT", "IEND"], "{format:?}");
        let read = image::load_from_memory(&png).unwrap();
        assert_eq!((read.width(), read.height()), (256, 128), "{format:?}");
    }
    let href = href(&app).await.unwrap();
    let answer = app.get(&As::Browser("max", Some("acme")), &href).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/png"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(answer.header("cache-control"), "private, max-age=31536000, immutable");
    assert_eq!(answer.header("content-encoding"), "");
    assert_eq!(app.get(&As::Browser("olga", Some("bolt")), &href).await.status, 404);
    assert_eq!(app.get(&As::Browser("olga", Some("bolt")), &href.replace("acme", "bolt")).await.status, 404);
    let page = app.get(&As::Browser("max", Some("acme")), "/orgs/acme/runs").await;
    assert_eq!(page.body.matches(&href).count(), 2, "in the switcher and in its list");

    let removed = app.post(&ADA, "/orgs/acme/settings/profile/logo/remove", "").await;
    assert_eq!(removed.status, 303);
    assert_eq!(app.get(&ADA, &href).await.status, 404);
    assert!(self::href(&app).await.is_none());
}

#[tokio::test]
async fn a_small_picture_keeps_its_size_and_one_full_of_noise_fits() {
    let app = TestApp::start().await;
    assert_eq!(upload(&app, &ADA, &picture(20, 30, ImageFormat::Png)).await.status, 303);
    let small = image::load_from_memory(&stored(&app).await).unwrap();
    assert_eq!((small.width(), small.height()), (20, 30));
    let mut state = 1_u32;
    let noise = RgbImage::from_fn(600, 600, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 24) as u8, (state >> 16) as u8, (state >> 8) as u8])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(noise).write_to(&mut bytes, ImageFormat::Png).unwrap();
    assert_eq!(upload(&app, &ADA, &bytes.into_inner()).await.status, 303);
    assert!(stored(&app).await.len() <= 262_144);
}

#[tokio::test]
async fn what_else_is_in_a_file_is_gone_and_it_stands_as_the_camera_held_it() {
    let app = TestApp::start().await;
    let jpeg = picture(200, 100, ImageFormat::Jpeg);
    // Turned by a quarter (orientation 6), and a place that nobody shall know.
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"GPS 52.5200 N 13.4050 E SECRET");
    let mut with_exif = jpeg[..2].to_vec();
    with_exif.extend_from_slice(&[0xff, 0xe1]);
    with_exif.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    with_exif.extend_from_slice(&exif);
    with_exif.extend_from_slice(&jpeg[2..]);
    assert_eq!(upload(&app, &ADA, &with_exif).await.status, 303);
    let png = stored(&app).await;
    let read = image::load_from_memory(&png).unwrap();
    assert_eq!((read.width(), read.height()), (100, 200));
    assert_eq!(chunks(&png), ["IHDR", "IDAT", "IEND"]);

    // Files that are a picture and something else.
    let script = b"<script>alert('polyglot')</script>PK\x03\x04";
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let mut both = picture(64, 64, format);
        both.extend_from_slice(script);
        let answer = upload(&app, &ADA, &both).await;
        if answer.status == 303 {
            let kept = stored(&app).await;
            assert!(!kept.windows(8).any(|part| part == b"polyglot" || part == b"<script>"), "{format:?}");
            assert_eq!(chunks(&kept), ["IHDR", "IDAT", "IEND"], "{format:?}");
        } else {
            assert_eq!(answer.status, 422, "{format:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_in_words_and_nothing_changes() {
    let app = TestApp::start().await;
    assert_eq!(upload(&app, &ADA, &picture(50, 50, ImageFormat::Png)).await.status, 303);
    let before = stored(&app).await;
    let whole = picture(300, 300, ImageFormat::Png);
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xc3\x50\0\0\xc3\x50\x08\x06\0\0\0".to_vec();
    bomb.extend_from_slice(&crc(&bomb[12..29]).to_be_bytes());
    bomb.extend_from_slice(&whole[33..]);
    let kind = "Choose a PNG, JPEG, GIF or WebP";
    for (what, file, words) in [
        ("an SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec(), kind),
        ("an SVG in other clothes", b"<?xml version=\"1.0\"?><!DOCTYPE svg><svg onload=\"alert(1)\"/>".to_vec(), kind),
        ("HTML", b"<!doctype html><script>alert(1)</script>".to_vec(), kind),
        ("a PDF", b"%PDF-1.7 \x89PNG".to_vec(), kind),
        ("a BMP", b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0".to_vec(), kind),
        ("a script that begins like a GIF", b"GIF89a=1;alert(1)//".to_vec(), "Choose a picture"),
        ("one cut short", whole[..whole.len() / 2].to_vec(), "cannot be read to its end"),
        ("a head alone", whole[..40].to_vec(), "cannot be read to its end"),
        ("a bomb", bomb, "at most 4096 by 4096 pixels"),
        ("five megabytes and one", vec![0x89; (5 << 20) + 1], "at most 5 MB"),
        ("nothing", Vec::new(), "Choose a picture first"),
    ] {
        let answer = upload(&app, &ADA, &file).await;
        assert_eq!(answer.status, 422, "{what}: {}", answer.body);
        let said = answer.body.contains(words) || answer.body.contains("cannot be read to its end");
        assert!(said, "{what}: {}", answer.body);
        assert!(answer.body.contains("aria-invalid"), "{what}");
    }
    let too_large = request(&ADA, Method::POST, "/orgs/acme/settings/profile/logo").header("content-length", 40 << 20);
    let too_large = too_large.header("content-type", "multipart/form-data; boundary=XX");
    assert_eq!(app.send(too_large.body("--XX".into()).unwrap()).await.status, 413);
    assert_eq!(stored(&app).await, before);
    // Elsewhere the limit is the one it was.
    let elsewhere = request(&ADA, Method::POST, "/orgs/acme/settings/profile").header("content-length", 300_000);
    assert_eq!(app.send(elsewhere.body("".into()).unwrap()).await.status, 413);
}

#[tokio::test]
async fn only_who_manages_the_organisation_changes_its_logo() {
    let app = TestApp::start().await;
    for (who, expected) in [
        (As::Nobody, 401),
        (As::Browser("olga", Some("bolt")), 404),
        (As::Browser("max", Some("acme")), 403),
        (As::Browser("rita", Some("acme")), 403),
        (As::Browser("ben", Some("acme")), 403),
    ] {
        let answer = upload(&app, &who, &picture(10, 10, ImageFormat::Png)).await;
        assert_eq!(answer.status.as_u16(), expected, "{who:?}");
    }
}

/// As PNG counts it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    })
}
