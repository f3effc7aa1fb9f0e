//! One published version of a procedure: what it says, and what it changed.

use askama::Template;
use axum::response::Response;
use domain::procedures::ProcedureId;
use domain::versions::{self, VersionShown};
use http::StatusCode;
use serde::Deserialize;

use super::page;
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::At;
use crate::error::Result;
use crate::markdown::Markdown;

/// The address of a version.
#[derive(Deserialize)]
pub(crate) struct VersionPath {
    pub(crate) procedure: ProcedureId,
    pub(crate) version: i32,
}

#[derive(Template)]
#[template(path = "procedures/version.html")]
struct VersionPage {
    shell: Shell,
    base: String,
    procedure: String,
    version: VersionShown,
}

/// `GET /orgs/{slug}/procedures/{procedure}/versions/{version}`
pub(crate) async fn show(org: InOrg, At(at): At<VersionPath>) -> Result<Response> {
    let (access, version) = org.read(|| versions::show(at.procedure, at.version)).await?;
    let base = org.url("procedures");
    let view = VersionPage {
        procedure: format!("{base}/{}", at.procedure),
        shell: org.shell(&access, Section::Procedures),
        base,
        version,
    };
    page(StatusCode::OK, &view)
}
