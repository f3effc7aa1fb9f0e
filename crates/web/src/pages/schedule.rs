//! One schedule, new or as it is: when runs start, and what they are called. The next dates are shown before it is saved.

use askama::Template;
use axum::response::Response;
use domain::procedures::ProcedureId;
use domain::schedules::{self, Schedule, Schedules};
use domain::written_schedule::{WEEKDAYS, WrittenSchedule};
use domain::{Access, Error, FieldErrors, Permission};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

use super::page;
use super::procedure::ProcedurePath;
use super::schedule_words::{Coming, day_name, in_words};
use super::schedules::{SHOWN, SchedulePath, done};
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::{At, Fields, Form, Query};
use crate::error::Result;
use crate::flash::Flash;

/// What of the page is open.
#[derive(Deserialize)]
pub(crate) struct Open {
    open: Option<String>,
}

#[derive(Template)]
#[template(path = "schedules/form.html")]
struct SchedulePage {
    shell: Shell,
    base: String,
    /// The list.
    list: String,
    /// Where the form goes.
    here: String,
    /// The procedure's name.
    name: String,
    /// As it is stored, where it is not new.
    words: Option<String>,
    paused: bool,
    time_zone: String,
    form: Writing,
    /// Nothing where the fields are not right yet.
    coming: Vec<Coming>,
    /// Whether the page begins with the question whether to delete it.
    deleting: bool,
}

/// A schedule as it was typed, with what is wrong about it.
#[derive(Default)]
struct Writing {
    repeats: String,
    weekdays: Vec<String>,
    day: String,
    at: String,
    start_before: String,
    run_name: String,
    errors: FieldErrors,
    /// The field to begin in, if any.
    focus: &'static str,
}

/// A day of the week to choose.
struct WeekdayBox {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

/// `GET …/schedules/new`
pub(crate) async fn new(org: InOrg, At(at): At<ProcedurePath>) -> Result<Response> {
    let form = Writing {
        repeats: "weekly".to_owned(),
        weekdays: vec!["monday".to_owned()],
        day: "1".to_owned(),
        at: "08:00".to_owned(),
        start_before: "0".to_owned(),
        ..Writing::default()
    };
    answer(&org, at.procedure, None, StatusCode::OK, Some(form), false).await
}

/// `POST …/schedules`: saved, or shown with its next dates.
pub(crate) async fn create(org: InOrg, At(at): At<ProcedurePath>, Form(fields): Form<Fields>) -> Result<Response> {
    save(&org, at.procedure, None, &fields).await
}

/// `GET …/schedules/{schedule}`
pub(crate) async fn show(org: InOrg, At(at): At<SchedulePath>, Query(open): Query<Open>) -> Result<Response> {
    let deleting = open.open.as_deref() == Some("delete");
    answer(&org, at.procedure, Some(&at), StatusCode::OK, None, deleting).await
}

/// `POST …/schedules/{schedule}`: saved, or shown with its next dates.
pub(crate) async fn edit(org: InOrg, At(at): At<SchedulePath>, Form(fields): Form<Fields>) -> Result<Response> {
    save(&org, at.procedure, Some(&at), &fields).await
}

/// A new one, or the one at this address.
async fn save(org: &InOrg, procedure: ProcedureId, at: Option<&SchedulePath>, fields: &Fields) -> Result<Response> {
    let form = Writing::sent(fields);
    let mut tx = org.write().await?;
    let saved = match (form.written().parse(), at) {
        (Ok(_), _) if asks_for_dates(fields) => {
            tx.require(Permission::ProceduresManage)?;
            drop(tx);
            return answer(org, procedure, at, StatusCode::OK, Some(form), false).await;
        }
        (Ok((calendar, name)), Some(at)) => schedules::edit(&mut tx, procedure, at.schedule, calendar, &name).await,
        (Ok((calendar, name)), None) => schedules::create(&mut tx, procedure, calendar, &name).await.map(drop),
        (Err(errors), _) => Err(errors.into()),
    };
    match saved {
        Ok(()) => {
            tx.commit().await?;
            Ok(done(org, procedure, Flash::ScheduleSaved))
        }
        Err(Error::Invalid(errors)) => {
            drop(tx);
            let form = form.with(errors);
            answer(org, procedure, at, StatusCode::UNPROCESSABLE_ENTITY, Some(form), false).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Only the dates are wanted; nothing is saved.
fn asks_for_dates(fields: &Fields) -> bool {
    fields.get("then") == "dates"
}

async fn answer(
    org: &InOrg,
    procedure: ProcedureId,
    at: Option<&SchedulePath>,
    status: StatusCode,
    form: Option<Writing>,
    deleting: bool,
) -> Result<Response> {
    let (access, all) = org.read(|| schedules::list(procedure)).await?;
    access.require(Permission::ProceduresManage)?;
    let schedule = match at {
        Some(at) => Some(all.schedules.iter().find(|one| one.id == at.schedule).ok_or(Error::NotFound)?),
        None => None,
    };
    page(status, &SchedulePage::new(org, &access, procedure, &all, schedule, form, deleting))
}

impl SchedulePage {
    fn new(
        org: &InOrg,
        access: &Access,
        procedure: ProcedureId,
        all: &Schedules,
        schedule: Option<&Schedule>,
        form: Option<Writing>,
        deleting: bool,
    ) -> Self {
        let base = org.url("procedures");
        let list = format!("{base}/{procedure}/schedules");
        let shell = org.shell(access, Section::Procedures);
        let form = form.or_else(|| schedule.map(Writing::of)).unwrap_or_default();
        Self {
            here: schedule.map_or_else(|| list.clone(), |schedule| format!("{list}/{}", schedule.id)),
            base,
            list,
            name: all.procedure.clone(),
            words: schedule.map(|schedule| in_words(&schedule.calendar)),
            paused: schedule.is_some_and(|schedule| schedule.paused_at.is_some()),
            time_zone: access.organisation.time_zone.replace('_', " "),
            coming: form.coming(schedule, access, &shell),
            form,
            deleting,
            shell,
        }
    }
}

impl Writing {
    fn sent(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            repeats: text("repeats"),
            weekdays: fields.all("weekdays").map(str::to_owned).collect(),
            day: text("day"),
            at: text("at"),
            start_before: text("start_before"),
            run_name: text("run_name"),
            ..Self::default()
        }
    }

    fn of(schedule: &Schedule) -> Self {
        let written = WrittenSchedule::of(schedule.calendar, &schedule.run_name);
        Self {
            repeats: written.repeats,
            weekdays: written.weekdays,
            day: written.day.unwrap_or(1).to_string(),
            at: written.at,
            start_before: written.start_before.to_string(),
            run_name: written.run_name,
            ..Self::default()
        }
    }

    /// What is no number is one that is refused.
    fn written(&self) -> WrittenSchedule {
        let ahead = self.start_before.trim();
        WrittenSchedule {
            repeats: self.repeats.clone(),
            weekdays: self.weekdays.clone(),
            day: self.day.trim().parse().ok(),
            at: self.at.clone(),
            start_before: if ahead.is_empty() { 0 } else { ahead.parse().unwrap_or(-1) },
            run_name: self.run_name.clone(),
        }
    }

    /// What would be started, if it were saved now.
    fn coming(&self, schedule: Option<&Schedule>, access: &Access, shell: &Shell) -> Vec<Coming> {
        let Ok((calendar, _)) = self.written().parse() else { return Vec::new() };
        let (now, zone) = (Timestamp::now(), access.organisation.zone());
        let show = |occurrence| Coming::of(&shell.zone, &calendar, occurrence);
        match schedule {
            Some(schedule) => schedule.next_by(calendar, now, &zone).take(SHOWN).map(show).collect(),
            None => calendar.starting_after(now, &zone).take(SHOWN).map(show).collect(),
        }
    }

    fn weekday_boxes(&self) -> Vec<WeekdayBox> {
        let boxes = WEEKDAYS.iter().map(|(value, day)| WeekdayBox {
            value,
            label: day_name(*day),
            chosen: self.weekdays.iter().any(|chosen| chosen == value),
        });
        boxes.collect()
    }

    /// Begins in the first field that is wrong.
    fn with(mut self, errors: FieldErrors) -> Self {
        self.focus = errors.0.first().map_or("", |(field, _)| field);
        self.errors = errors;
        self
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.errors.message(field)
    }
}
