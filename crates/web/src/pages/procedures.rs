//! The list of procedures.

use askama::Template;
use axum::response::Response;
use domain::procedures::{self, ProcedureState, ProcedureSummary};
use domain::{Permission, procedures::ProcedureId};
use http::StatusCode;
use jiff::Timestamp;

use super::paging::{Before, Paging};
use super::shell::{Section, Shell};
use super::{counted, page};
use crate::access::InOrg;
use crate::body::Query;
use crate::error::Result;

#[derive(Template)]
#[template(path = "procedures/list.html")]
struct Procedures {
    shell: Shell,
    base: String,
    rows: Vec<Row>,
    paging: Paging,
    manage: bool,
}

struct Row {
    id: ProcedureId,
    name: String,
    under: String,
    published: bool,
    changed: bool,
    last_run_at: Option<Timestamp>,
    created_at: Timestamp,
}

/// `GET /orgs/{slug}/procedures`
pub(crate) async fn list(org: InOrg, Query(before): Query<Before>) -> Result<Response> {
    let wanted = before.page();
    let which = wanted.clone().unwrap_or_default();
    let (access, listing) = org.read(|| procedures::list(which)).await?;
    wanted?;
    let base = org.url("procedures");
    let view = Procedures {
        paging: Paging::new(&base, which, listing.older),
        rows: listing.items.into_iter().map(Row::from).collect(),
        manage: access.may(Permission::ProceduresManage),
        shell: org.shell(&access, Section::Procedures),
        base,
    };
    page(StatusCode::OK, &view)
}

impl Procedures {
    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.paging.newest.is_none()
    }
}

impl From<ProcedureSummary> for Row {
    fn from(summary: ProcedureSummary) -> Self {
        let steps = counted(summary.steps, "step");
        Self {
            under: match summary.version {
                Some(version) => format!("{steps}, version {version}"),
                None => steps,
            },
            published: summary.state == ProcedureState::Published,
            changed: summary.changed,
            id: summary.id,
            name: summary.name,
            last_run_at: summary.last_run_at,
            created_at: summary.created_at,
        }
    }
}
