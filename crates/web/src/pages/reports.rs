//! Reports: how much was done in time, and how long it takes.

mod bars;
mod plot;
mod sheets;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::response::Response;
use domain::procedures::ProcedureId;
use domain::reports::figures::DueSteps;
use domain::reports::period::Period;
use domain::reports::settled::{self, Place};
use domain::reports::{self, Report, Slice, Wanted};
use domain::{Access, FieldErrors, Permission, Read};
use futures_util::stream;
use http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;

use self::bars::{Bar, Bars};
use self::plot::{Line, Plot, Point};
use self::words::Figure;
use super::page;
use super::runs::Choice;
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::Query;
use crate::error::{Error, Result};
use crate::sheet;
use crate::times::Zone;

/// What the report is wanted of, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    period: String,
    procedure: String,
}

#[derive(Template)]
#[template(path = "reports/show.html")]
struct Reports {
    shell: Shell,
    base: String,
    filter: Filter,
    /// `7 Sep to 24 Nov 2026`.
    time: String,
    /// What it is compared with, or why with nothing.
    compared: String,
    /// `week` or `month`.
    unit: &'static str,
    report: Report,
    figures: Vec<Figure>,
    on_time: Option<Plot>,
    took: Option<Plot>,
    ended: Bars,
    late: Bars,
    people: Bars,
    /// Whether the person may open procedures.
    opens: bool,
}

/// Why the time that is asked for cannot be shown.
#[derive(Template)]
#[template(path = "reports/limit.html")]
struct Limit {
    shell: Shell,
    base: String,
    filter: Filter,
    title: String,
    message: String,
    /// Where plans are, for whoever may see them.
    plans: Option<String>,
    longest: Period,
}

/// What can be chosen.
struct Filter {
    periods: Vec<PeriodChoice>,
    procedures: Vec<Choice>,
    /// The files, with what is chosen.
    sheets: Vec<(&'static str, String)>,
}

struct PeriodChoice {
    period: Period,
    label: String,
    chosen: bool,
    /// The plan reaches back that far.
    allowed: bool,
}

/// `GET /orgs/{slug}/reports`
pub(crate) async fn show(org: InOrg, Query(asked): Query<Asked>) -> Result<Response> {
    match asked.find(&org).await {
        Ok((access, report)) => page(StatusCode::OK, &Reports::new(&org, &access, report)),
        Err(Error::LimitReached { code: "history_limit", message }) => {
            let (access, ()) = org.read(Read::access_only).await?;
            page(StatusCode::FORBIDDEN, &Limit::new(&org, &access, asked.wanted(), message))
        }
        Err(error) => Err(error),
    }
}

/// `GET /orgs/{slug}/reports/over-time.csv`: week by week or month by month.
pub(crate) async fn over_time(org: InOrg, Query(asked): Query<Asked>) -> Result<Response> {
    let (access, report) = asked.find(&org).await?;
    Ok(sheet::file(&sheets::name(&access, &report.frame, "over-time"), sheets::over_time(&report)))
}

/// `GET /orgs/{slug}/reports/procedures.csv`
pub(crate) async fn procedures(org: InOrg, Query(asked): Query<Asked>) -> Result<Response> {
    let (access, report) = asked.find(&org).await?;
    Ok(sheet::file(&sheets::name(&access, &report.frame, "procedures"), sheets::procedures(&report)))
}

/// `GET /orgs/{slug}/reports/people.csv`
pub(crate) async fn people(org: InOrg, Query(asked): Query<Asked>) -> Result<Response> {
    let (access, report) = asked.find(&org).await?;
    Ok(sheet::file(&sheets::name(&access, &report.frame, "people"), sheets::people(&report)))
}

/// `GET /orgs/{slug}/reports/steps.csv`: every step, a thousand at a time.
pub(crate) async fn steps(org: InOrg, Query(asked): Query<Asked>) -> Result<Response> {
    // First as any read, for whoever comes a moment before the directory knows them; it also says how long the time is.
    let (access, report) = asked.find(&org).await?;
    let wanted = Wanted { period: report.period, procedure: report.procedure_id };
    let name = sheets::name(&access, &report.frame, "steps");
    let zone = Arc::new(access.organisation.zone());
    let begun = Some((Place::BEGIN, sheets::steps_head()));
    let pieces = stream::try_unfold(begun, move |state| {
        let (door, zone) = (org.door().clone(), zone.clone());
        async move {
            let Some((place, mut piece)) = state else { return Ok::<_, domain::Error>(None) };
            let (_, (steps, next)) = door.read(settled::some(wanted, place)).await?;
            steps.iter().for_each(|step| sheets::step(&mut piece, step, &zone));
            Ok(Some((piece, next.map(|place| (place, String::new())))))
        }
    });
    Ok(sheet::file(&name, Body::from_stream(pieces)))
}

impl Asked {
    /// The report that is asked for: of twelve weeks where nothing is said, or as long as the plan has it.
    pub(crate) async fn find(&self, org: &InOrg) -> Result<(Access, Report)> {
        let wanted = self.wanted();
        let found = org.read(|| reports::show(wanted)).await;
        if self.period.is_empty() && matches!(found, Err(Error::LimitReached { code: "history_limit", .. })) {
            return org.read(|| reports::show(Wanted { period: Period::Weeks4, ..wanted })).await;
        }
        found
    }

    /// What is not known counts as nothing said.
    fn wanted(&self) -> Wanted {
        Wanted { period: Period::parse(&self.period).unwrap_or_default(), procedure: self.procedure.parse().ok() }
    }

    /// The same, where what is not known is refused.
    pub(crate) fn checked(self) -> Result<Self, FieldErrors> {
        if !self.period.is_empty() {
            Period::parse(&self.period)?;
        }
        let id = self.procedure.parse::<ProcedureId>();
        if id.is_err() && !self.procedure.is_empty() {
            return Err(FieldErrors::one("procedure", "This is not the id of a procedure."));
        }
        Ok(self)
    }
}

impl Filter {
    fn new(org: &InOrg, access: &Access, wanted: Wanted, procedures: &[(ProcedureId, String)]) -> Self {
        let terms = access.organisation.terms;
        let period = |period: Period| {
            let allowed = period.allowed(terms).is_ok();
            let plan = terms.plan.larger(|plan| period.allowed(domain::entitlements::Terms { plan, ..terms }).is_ok());
            let label = match plan.filter(|_| !allowed) {
                Some(plan) => format!("Last {} ({} plan)", period.name(), plan.name()),
                None => format!("Last {}", period.name()),
            };
            PeriodChoice { period, label, chosen: period == wanted.period, allowed }
        };
        let mut choices =
            vec![Choice { id: String::new(), label: "All procedures".to_owned(), chosen: wanted.procedure.is_none() }];
        choices.extend(procedures.iter().map(|(id, name)| Choice {
            id: id.to_string(),
            label: name.clone(),
            chosen: wanted.procedure == Some(*id),
        }));
        let of = wanted.procedure.map(|id| format!("&procedure={id}")).unwrap_or_default();
        let sheet =
            |label, file| (label, org.url(&format!("reports/{file}.csv?period={}{of}", wanted.period.as_str())));
        let over_time = if wanted.period.unit() == "week" { "Week by week" } else { "Month by month" };
        Self {
            periods: Period::ALL.map(period).into(),
            procedures: choices,
            sheets: vec![
                sheet(over_time, "over-time"),
                sheet("By procedure", "procedures"),
                sheet("By person", "people"),
                sheet("Every step", "steps"),
            ],
        }
    }
}

impl Limit {
    fn new(org: &InOrg, access: &Access, wanted: Wanted, message: String) -> Self {
        let terms = access.organisation.terms;
        let days = terms.plan.history_days().unwrap_or_default();
        let may = access.may(Permission::BillingRead);
        Self {
            base: org.url("reports"),
            filter: Filter::new(org, access, wanted, &[]),
            title: format!("The {} plan shows {days} days", terms.plan.name()),
            message,
            plans: may.then(|| org.url("settings/billing")),
            longest: Period::longest(terms),
            shell: org.shell(access, Section::Reports),
        }
    }
}

impl Reports {
    fn new(org: &InOrg, access: &Access, report: Report) -> Self {
        let wanted = Wanted { period: report.period, procedure: report.procedure_id };
        let unit = report.period.unit();
        let zone = Zone::of(access);
        let compared = match report.before {
            Some(_) => format!("Compared with the {} before.", report.period.name()),
            None => format!("The {} plan has no time before to compare with.", access.organisation.terms.plan.name()),
        };
        Self {
            base: org.url("reports"),
            filter: Filter::new(org, access, wanted, &report.choices),
            time: words::time(zone.date(&report.frame.from), zone.date(&report.frame.until)),
            compared,
            unit,
            figures: words::figures(&report),
            on_time: on_time(&report),
            took: took(&report),
            ended: ended(&report),
            late: late(&report),
            people: of_people(&report),
            opens: access.may(Permission::ProceduresRead),
            shell: org.shell(access, Section::Reports),
            report,
        }
    }

    /// Nothing was due in this time, and no run began or ended.
    fn is_empty(&self) -> bool {
        let (steps, runs) = (self.report.steps, self.report.runs);
        steps.due + steps.skipped + runs.started + runs.completed + runs.cancelled == 0
    }

    /// Nothing at all could be reported of: no procedure was ever published.
    fn is_new(&self) -> bool {
        self.report.choices.is_empty()
    }

    /// `Week of`, or `Month`.
    fn slice_head(&self) -> &'static str {
        if self.unit == "week" { "Week of" } else { "Month" }
    }

    fn slice(&self, slice: &Slice) -> String {
        words::slice(slice.first_day, self.unit)
    }

    fn on_time_says(&self) -> String {
        words::on_time(&self.report)
    }

    fn ended_says(&self) -> String {
        words::ended(&self.report)
    }

    fn late_says(&self) -> String {
        words::late(&self.report)
    }

    fn people_say(&self) -> String {
        words::people(&self.report)
    }

    fn took_says(&self) -> String {
        words::took(&self.report)
    }
}

fn points(report: &Report, value: impl Fn(&Slice) -> Option<f64>) -> Vec<Point> {
    let label = |day: Date| words::slice(day, report.period.unit());
    report.slices.iter().map(|slice| Point { label: label(slice.first_day), value: value(slice) }).collect()
}

fn on_time(report: &Report) -> Option<Plot> {
    let rates = points(report, |slice| slice.steps.on_time_rate());
    Plot::percents(Line { series: 1, name: String::new(), points: rates })
}

fn took(report: &Report) -> Option<Plot> {
    #[expect(clippy::cast_precision_loss, reason = "no run takes so many seconds")]
    let line = |series, name: &str, of: fn(&Slice) -> Option<i64>| Line {
        series,
        name: name.to_owned(),
        points: points(report, |slice| of(slice).map(|seconds| seconds as f64)),
    };
    Plot::durations(&[
        line(1, "Half:", |slice| slice.runs.median_seconds),
        line(2, "90 %:", |slice| slice.runs.ninetieth_seconds),
    ])
}

fn ended(report: &Report) -> Bars {
    let bar = |slice: &Slice| {
        let aside =
            if slice.runs.cancelled > 0 { format!(", {} cancelled", slice.runs.cancelled) } else { String::new() };
        Bar {
            label: words::slice(slice.first_day, report.period.unit()),
            href: None,
            parts: vec![(1, slice.runs.completed), (5, slice.runs.cancelled)],
            value: slice.runs.completed.to_string(),
            aside,
        }
    };
    Bars::new(report.slices.iter().map(bar).collect(), usize::MAX)
}

fn late(report: &Report) -> Bars {
    let bar = |one: &reports::OfProcedure| Bar {
        label: one.name.clone(),
        href: Some(one.id.to_string()),
        parts: vec![(4, one.steps.late)],
        value: one.steps.late.to_string(),
        aside: String::new(),
    };
    Bars::new(report.procedures.iter().filter(|one| one.steps.late > 0).map(bar).collect(), bars::SHOWN)
}

fn of_people(report: &Report) -> Bars {
    let bar = |one: &reports::OfPerson| {
        let DueSteps { due, on_time, late, .. } = one.steps;
        Bar {
            label: words::person(one),
            href: None,
            parts: vec![(1, on_time), (2, late)],
            value: due.to_string(),
            aside: if late > 0 { format!(", {late} late") } else { String::new() },
        }
    };
    Bars::new(report.people.iter().filter(|one| one.steps.due > 0).map(bar).collect(), bars::SHOWN)
}
