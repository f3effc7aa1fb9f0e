//! The list of procedures.

use askama::Template;
use axum::response::Response;
use domain::procedures::{self, ProcedureState, ProcedureSummary, Wanted};
use domain::{Permission, procedures::ProcedureId};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

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
    wanted: Wanted,
    manage: bool,
}

/// Which procedures, as it was typed and chosen.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    archived: String,
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
pub(crate) async fn list(org: InOrg, Query(before): Query<Before>, Query(asked): Query<Asked>) -> Result<Response> {
    let wanted = before.page();
    let which = wanted.clone().unwrap_or_default();
    let searched = Wanted { archived: asked.archived == "yes", words: asked.q };
    let (access, listing) = org.read(|| procedures::find(which, &searched)).await?;
    wanted?;
    let base = org.url("procedures");
    let query = [("q", searched.words.as_str()), ("archived", if searched.archived { "yes" } else { "" })];
    let given: Vec<_> = query.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let query = serde_urlencoded::to_string(given).unwrap_or_default();
    let list = if query.is_empty() { base.clone() } else { format!("{base}?{query}") };
    let view = Procedures {
        paging: Paging::new(&list, which, listing.older),
        wanted: searched,
        rows: listing.items.into_iter().map(Row::from).collect(),
        manage: access.may(Permission::ProceduresManage),
        shell: org.shell(&access, Section::Procedures),
        base,
    };
    page(StatusCode::OK, &view)
}

impl Procedures {
    fn tab(&self) -> &'static str {
        if self.wanted.archived { "archived" } else { "procedures" }
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.paging.newest.is_none() && self.wanted == Wanted::default()
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
