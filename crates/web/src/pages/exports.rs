//! Settings, data export: everything the organisation has, as one file.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::exports::{self, Export, ExportId, ExportState};
use domain::{Access, OrgTx};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;

use super::page;
use super::settings::{Tab, TabLink};
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::At;
use crate::download::{Offered, Part, ZIP};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::times::{Moment, Zone};

/// The address of an export.
#[derive(Deserialize)]
pub(crate) struct ExportPath {
    pub(crate) export: ExportId,
}

#[derive(Template)]
#[template(path = "settings/export.html")]
struct ExportsPage {
    shell: Shell,
    tabs: Vec<TabLink>,
    exports: Exports,
}

/// Exports, and the way to another: in the settings, and of what is left of a deleted organisation.
pub(super) struct Exports {
    pub(super) base: String,
    pub(super) lines: Vec<Line>,
    /// Of the headings that it stands under, and one more.
    pub(super) level: u8,
}

/// An export as people read it.
pub(super) struct Line {
    pub(super) export: Export,
    pub(super) asked_at: Moment,
    pub(super) until: Option<Moment>,
    pub(super) href: String,
}

/// `GET /orgs/{slug}/settings/export`
pub(crate) async fn show(org: InOrg) -> Result<Response> {
    let (access, exports) = org.read(exports::list).await?;
    page(StatusCode::OK, &ExportsPage::new(&org, &access, exports))
}

/// `POST /orgs/{slug}/settings/export`
pub(crate) async fn ask(org: InOrg) -> Result<Response> {
    let mut tx = org.write().await?;
    exports::ask(&mut tx).await?;
    tx.commit().await?;
    Ok(org.see("settings/export", Some(Flash::ExportAsked)))
}

/// `GET /orgs/{slug}/settings/export/{export}/file`, and the same for programs: who may, is asked each time.
pub(crate) async fn download(
    org: InOrg,
    State(state): State<crate::State>,
    At(at): At<ExportPath>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response> {
    let (access, export) = org.read(|| exports::show(at.export)).await?;
    send(&state, (access, export), (&method, &headers), org.write()).await
}

/// Sends the file of an export, or the part of it that is asked for. What takes something out is written down by `write`.
pub(super) async fn send(
    state: &crate::State,
    (access, export): (Access, Export),
    (method, headers): (&Method, &HeaderMap),
    write: impl Future<Output = Result<OrgTx>>,
) -> Result<Response> {
    let offered = offered(&access, &export).ok_or(Error::NotFound)?;
    let part = offered.asked(headers);
    let range = match part {
        Part::Known | Part::Beyond => return Ok(offered.answer(part, Body::empty())),
        Part::Whole => None,
        Part::Bytes(first, last) => Some((first, last)),
    };
    if *method == Method::HEAD {
        return Ok(offered.answer(part, Body::empty()));
    }
    let mut tx = write.await?;
    let taken = exports::take(&mut tx, export.id, range).await?;
    let folder = state.config.files.of(&access.organisation.id);
    let opened = folder.open(&taken.file, range.map(|(first, last)| first..last + 1)).await;
    let file = opened.map_err(|error| match error {
        files::Error::Missing => {
            tracing::error!(export = %export.id, "the file of an export is not where it should be");
            Error::NotFound
        }
        error => Error::internal(&error),
    })?;
    tx.commit().await?;
    Ok(offered.answer(part, Body::from_stream(file.content)))
}

/// The file of an export that is ready.
fn offered(access: &Access, export: &Export) -> Option<Offered> {
    let (bytes, sha256) = (export.bytes?.unsigned_abs(), export.sha256.clone()?);
    let day = export.asked_at.strftime("%Y-%m-%d");
    let name = format!("{}-export-{day}.zip", access.organisation.slug);
    let ready = export.state == ExportState::Ready;
    ready.then_some(Offered { bytes, sha256, name, content_type: ZIP })
}

impl ExportsPage {
    fn new(org: &InOrg, access: &Access, exports: Vec<Export>) -> Self {
        Self {
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Export),
            exports: Exports::new(org.url("settings/export"), &Zone::of(access), exports, 3),
        }
    }
}

impl Exports {
    pub(super) fn new(base: String, zone: &Zone, exports: Vec<Export>, level: u8) -> Self {
        let line = |export: Export| Line {
            asked_at: zone.moment(&export.asked_at),
            until: export.expires_at.map(|at| zone.moment(&at)),
            href: format!("{base}/{}/file", export.id),
            export,
        };
        Self { lines: exports.into_iter().map(line).collect(), base, level }
    }

    /// The one that is being made, where one is.
    pub(super) fn under_way(&self) -> Option<&Line> {
        self.lines.iter().find(|line| line.export.is_under_way())
    }
}

impl Line {
    pub(super) fn is_ready(&self) -> bool {
        self.export.state == ExportState::Ready
    }

    pub(super) fn is_failed(&self) -> bool {
        self.export.state == ExportState::Failed
    }

    pub(super) fn is_running(&self) -> bool {
        self.export.state == ExportState::Running
    }

    /// Whole percents, rounded down; the file is not there before it has a name, so never all of them.
    pub(super) fn percent(&self) -> i64 {
        match self.export.rows_expected {
            0 => 0,
            expected => (self.export.rows_done * 100 / expected).min(99),
        }
    }

    /// `12,400 of 1,000,000 rows`
    pub(super) fn rows(&self) -> String {
        format!("{} of {} rows", grouped(self.export.rows_done), grouped(self.export.rows_expected))
    }

    pub(super) fn all_rows(&self) -> String {
        let rows = self.export.rows_done;
        format!("{} {}", grouped(rows), if rows == 1 { "row" } else { "rows" })
    }

    pub(super) fn size(&self) -> String {
        size_in_words(self.export.bytes.unwrap_or_default())
    }
}

/// `1,234,567`
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12 KB`, `3.4 MB`: thousands, as people count them.
fn size_in_words(bytes: i64) -> String {
    match bytes {
        ..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let read: Vec<String> = [0, 999, 1_000, 1_234_567].map(grouped).into();
        assert_eq!(read, ["0", "999", "1,000", "1,234,567"]);
        let sizes: Vec<String> = [999, 12_345, 3_456_789, 1_234_567_890].map(size_in_words).into();
        assert_eq!(sizes, ["999 bytes", "12 KB", "3.4 MB", "1.2 GB"]);
    }
}
