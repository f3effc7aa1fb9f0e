//! The schedules of a procedure: when its runs start by themselves.

use askama::Template;
use axum::response::Response;
use domain::procedures::ProcedureId;
use domain::schedules::{self, ScheduleId, Schedules};
use domain::{Access, Permission};
use http::StatusCode;
use serde::Deserialize;

use super::page;
use super::procedure::ProcedurePath;
use super::schedule_words::{Coming, MissedDays, in_words};
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::At;
use crate::error::Result;
use crate::flash::Flash;

/// Runs to come that a page shows.
pub(crate) const SHOWN: usize = 3;

/// The address of a schedule.
#[derive(Deserialize)]
pub(crate) struct SchedulePath {
    pub(crate) procedure: ProcedureId,
    pub(crate) schedule: ScheduleId,
}

#[derive(Template)]
#[template(path = "schedules/list.html")]
struct SchedulesPage {
    shell: Shell,
    base: String,
    /// The procedure's address.
    home: String,
    here: String,
    /// The procedure's name.
    name: String,
    published: bool,
    archived: bool,
    time_zone: String,
    rows: Vec<Row>,
    manage: bool,
}

/// A schedule of the list.
struct Row {
    id: ScheduleId,
    words: String,
    run_name: String,
    paused: bool,
    coming: Vec<Coming>,
    missed: Option<MissedDays>,
    made_by: Option<String>,
}

/// `GET /orgs/{slug}/procedures/{procedure}/schedules`
pub(crate) async fn list(org: InOrg, At(at): At<ProcedurePath>) -> Result<Response> {
    let (access, schedules) = org.read(|| schedules::list(at.procedure)).await?;
    page(StatusCode::OK, &SchedulesPage::new(&org, &access, at.procedure, schedules))
}

/// `POST …/schedules/{schedule}/pause`
pub(crate) async fn pause(org: InOrg, At(at): At<SchedulePath>) -> Result<Response> {
    let mut tx = org.write().await?;
    schedules::pause(&mut tx, at.procedure, at.schedule).await?;
    tx.commit().await?;
    Ok(done(&org, at.procedure, Flash::SchedulePaused))
}

/// `POST …/schedules/{schedule}/resume`
pub(crate) async fn resume(org: InOrg, At(at): At<SchedulePath>) -> Result<Response> {
    let mut tx = org.write().await?;
    schedules::resume(&mut tx, at.procedure, at.schedule).await?;
    tx.commit().await?;
    Ok(done(&org, at.procedure, Flash::ScheduleResumed))
}

/// `POST …/schedules/{schedule}/delete`
pub(crate) async fn delete(org: InOrg, At(at): At<SchedulePath>) -> Result<Response> {
    let mut tx = org.write().await?;
    schedules::delete(&mut tx, at.procedure, at.schedule).await?;
    tx.commit().await?;
    Ok(done(&org, at.procedure, Flash::ScheduleDeleted))
}

/// To the list, after a change.
pub(crate) fn done(org: &InOrg, procedure: ProcedureId, flash: Flash) -> Response {
    org.see(&format!("procedures/{procedure}/schedules"), Some(flash))
}

impl SchedulesPage {
    fn new(org: &InOrg, access: &Access, procedure: ProcedureId, all: Schedules) -> Self {
        let base = org.url("procedures");
        let shell = org.shell(access, Section::Procedures);
        let zone = access.organisation.zone();
        let rows = all.schedules.into_iter().map(|schedule| Row {
            coming: schedule
                .next(&zone)
                .take(SHOWN)
                .map(|next| Coming::of(&shell.zone, &schedule.calendar, next))
                .collect(),
            missed: schedule.missed.as_ref().map(|missed| MissedDays::of(&shell.zone, missed)),
            words: in_words(&schedule.calendar),
            paused: schedule.paused_at.is_some(),
            run_name: schedule.run_name.as_str().to_owned(),
            id: schedule.id,
            made_by: schedule.made_by,
        });
        Self {
            rows: rows.collect(),
            home: format!("{base}/{procedure}"),
            here: format!("{base}/{procedure}/schedules"),
            base,
            name: all.procedure,
            published: all.published,
            archived: all.archived,
            time_zone: access.organisation.time_zone.replace('_', " "),
            manage: access.require(Permission::ProceduresManage).is_ok(),
            shell,
        }
    }
}
