//! `/api/v1/orgs/{slug}/procedures/{procedure}/schedules`

use axum::Json;
use axum::response::Response;
use domain::Access;
use domain::schedules::{self, Missed, Schedule, ScheduleId};
use domain::written_schedule::WrittenSchedule;
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};

use super::created;
use crate::access::InOrg;
use crate::body::{At, Json as Body};
use crate::error::{Error, Result};
use crate::pages::procedure::ProcedurePath;
use crate::pages::schedules::{SHOWN, SchedulePath};

/// A schedule, and what it starts next.
#[derive(Serialize)]
pub(crate) struct Shown {
    id: ScheduleId,
    #[serde(flatten)]
    written: WrittenSchedule,
    paused_at: Option<Timestamp>,
    made_at: Timestamp,
    made_by: Option<String>,
    missed: Option<Missed>,
    next: Vec<Next>,
}

/// A run that is to come.
#[derive(Serialize)]
struct Next {
    day: Date,
    starts_at: Timestamp,
}

/// `GET …/schedules`
pub(crate) async fn list(org: InOrg, At(at): At<ProcedurePath>) -> Result<Json<Value>> {
    let (access, all) = org.read(|| schedules::list(at.procedure)).await?;
    let items: Vec<Shown> = all.schedules.into_iter().map(|schedule| Shown::new(&access, schedule)).collect();
    Ok(Json(json!({ "items": items })))
}

/// `POST …/schedules`
pub(crate) async fn create(org: InOrg, At(at): At<ProcedurePath>, body: Body) -> Result<Response> {
    let mut tx = org.write().await?;
    let (calendar, name) = body.parse::<WrittenSchedule>()?.parse()?;
    let id = schedules::create(&mut tx, at.procedure, calendar, &name).await?;
    tx.commit().await?;
    Ok(created(&id, &org.url(&format!("procedures/{}/schedules/{id}", at.procedure))))
}

/// `GET …/schedules/{schedule}`
pub(crate) async fn show(org: InOrg, At(at): At<SchedulePath>) -> Result<Json<Shown>> {
    let (access, all) = org.read(|| schedules::list(at.procedure)).await?;
    let found = all.schedules.into_iter().find(|schedule| schedule.id == at.schedule);
    found.map(|schedule| Json(Shown::new(&access, schedule))).ok_or(Error::NotFound)
}

/// `PATCH …/schedules/{schedule}`
pub(crate) async fn edit(org: InOrg, At(at): At<SchedulePath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let (calendar, name) = body.parse::<WrittenSchedule>()?.parse()?;
    schedules::edit(&mut tx, at.procedure, at.schedule, calendar, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/schedules/{schedule}/pause`
pub(crate) async fn pause(org: InOrg, At(at): At<SchedulePath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    schedules::pause(&mut tx, at.procedure, at.schedule).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/schedules/{schedule}/resume`
pub(crate) async fn resume(org: InOrg, At(at): At<SchedulePath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    schedules::resume(&mut tx, at.procedure, at.schedule).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/schedules/{schedule}`
pub(crate) async fn delete(org: InOrg, At(at): At<SchedulePath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    schedules::delete(&mut tx, at.procedure, at.schedule).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Shown {
    fn new(access: &Access, schedule: Schedule) -> Self {
        let zone = access.organisation.zone();
        let next = schedule.next(&zone).take(SHOWN);
        let next = next.map(|next| Next { day: next.day, starts_at: next.starts_at }).collect();
        Self {
            id: schedule.id,
            written: WrittenSchedule::of(schedule.calendar, &schedule.run_name),
            paused_at: schedule.paused_at,
            made_at: schedule.made_at,
            made_by: schedule.made_by,
            missed: schedule.missed,
            next,
        }
    }
}
