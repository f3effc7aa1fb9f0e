//! Embeds the assets under names that carry a hash of their content, and writes those names for the templates.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

/// Constant, file (of ours below `assets/`, of npm's below `node_modules/`), content type. A style sheet may name an
/// asset that stands above it.
const ASSETS: &[(&str, &str, &str)] = &[
    ("FONT", "node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", "font/woff2"),
    ("TOKENS_CSS", "assets/tokens.css", "text/css; charset=utf-8"),
    ("APP_CSS", "assets/app.css", "text/css; charset=utf-8"),
    ("ICONS", "assets/icons.svg", "image/svg+xml"),
    ("LOGO", "assets/logo.svg", "image/svg+xml"),
    ("HTMX_JS", "node_modules/htmx.org/dist/htmx.min.js", "text/javascript; charset=utf-8"),
    ("APP_JS", "assets/app.js", "text/javascript; charset=utf-8"),
    ("LIVE_JS", "assets/live.js", "text/javascript; charset=utf-8"),
    ("SESSION_JS", "assets/session.js", "text/javascript; charset=utf-8"),
];

fn main() {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(variable("OUT_DIR"));
    let mut names: Vec<(String, String)> = Vec::new();
    let (mut constants, mut files) = (String::new(), String::new());
    for (constant, file, content_type) in ASSETS {
        let path = if file.starts_with("node_modules/") { here.join("../..").join(file) } else { here.join(file) };
        let mut bytes = read(&path, file);
        if content_type.starts_with("text/css") {
            bytes = with_hashed_names(&bytes, &names);
        }
        let plain = path.file_name().expect("every asset is a file").to_string_lossy().into_owned();
        let hashed = hashed_name(&plain, &bytes);
        fs::write(out.join(&hashed), &bytes).expect("cargo's own output folder can be written");
        writeln!(constants, "pub(crate) const {constant}: &str = \"/assets/{hashed}\";").expect("a string takes text");
        writeln!(
            files,
            "    Asset {{ name: {hashed:?}, content_type: {content_type:?}, \
             bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{hashed}\")) }},"
        )
        .expect("a string takes text");
        names.push((plain, hashed));
    }
    let code = format!("{constants}\nstatic FILES: &[Asset] = &[\n{files}];\n");
    fs::write(out.join("assets.rs"), code).expect("cargo's own output folder can be written");
    println!("cargo::rerun-if-changed=build.rs");
}

fn variable(name: &str) -> String {
    std::env::var(name).expect("cargo sets it for build scripts")
}

fn read(path: &Path, file: &str) -> Vec<u8> {
    println!("cargo::rerun-if-changed={}", path.display());
    match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if file.starts_with("node_modules/") => {
            panic!("{file} cannot be read ({error}). Run `npm ci` in the repository's root, then build again.")
        }
        Err(error) => panic!("{file} cannot be read: {error}"),
    }
}

/// `url("inter.woff2")` becomes `url("inter.0123….woff2")`: relative to the style sheet, which lies beside it.
fn with_hashed_names(css: &[u8], names: &[(String, String)]) -> Vec<u8> {
    let mut css = String::from_utf8(css.to_vec()).expect("style sheets are UTF-8");
    for (plain, hashed) in names {
        css = css.replace(&format!("url(\"{plain}\")"), &format!("url(\"{hashed}\")"));
    }
    css.into_bytes()
}

/// `app.css` becomes `app.0123456789abcdef.css`. The hash tells contents apart; it guards nothing.
fn hashed_name(plain: &str, bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let (stem, end) = plain.rsplit_once('.').expect("every asset has an ending");
    format!("{stem}.{:016x}.{end}", hasher.finish())
}
