//! My work: the page people open each morning.

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use domain::my_work::{self, OpenStep, Whose, Work};
use domain::{Access, Permission};
use http::StatusCode;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;

use super::runs::{Choice, Starting, choices};
use super::shell::{Section, Shell};
use super::{counted, page};
use crate::access::InOrg;
use crate::body::Query;
use crate::error::Result;
use crate::times::Zone;

/// Whose work, and of which procedure.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    whose: String,
    open: String,
}

#[derive(Template)]
#[template(path = "my_work.html", blocks = ["main"])]
struct MyWork {
    shell: Shell,
    /// Whether only the main part is sent, to htmx.
    part: bool,
    base: String,
    runs: String,
    whose: Whose,
    today: String,
    summary: String,
    groups: Vec<Group>,
    work: Work,
    may_work: bool,
    manage: bool,
    startable: Vec<Choice>,
    starting: Starting,
}

/// Steps that are due at about the same time.
struct Group {
    id: &'static str,
    title: &'static str,
    late: bool,
    steps: Vec<OpenStep>,
}

/// `GET /orgs/{slug}/my-work`
pub(crate) async fn show(org: InOrg, Query(asked): Query<Asked>) -> Result<Response> {
    answer(&org, &asked).await
}

/// After a step was ticked there: the page as it is now.
pub(crate) async fn back(org: &InOrg) -> Result<Response> {
    if org.htmx() { answer(org, &Asked::default()).await } else { Ok(org.see("my-work", None)) }
}

async fn answer(org: &InOrg, asked: &Asked) -> Result<Response> {
    let whose = Whose::parse(&asked.whose).unwrap_or_default();
    let person = org.door().user().clone();
    let (access, work) = org.read(|| my_work::show(&person, whose, None)).await?;
    let view = MyWork::new(org, &access, whose, work, asked.open == "start");
    if org.htmx() {
        return Ok((StatusCode::OK, Html(view.as_main().render()?)).into_response());
    }
    page(StatusCode::OK, &view)
}

impl MyWork {
    fn new(org: &InOrg, access: &Access, whose: Whose, mut work: Work, starting: bool) -> Self {
        let zone = Zone::of(access);
        let now = Timestamp::now();
        let groups = groups(std::mem::take(&mut work.steps), now, &zone);
        let starting = if starting { Starting::begun() } else { Starting::default() };
        Self {
            today: zone.day_in_words(now),
            summary: summary(&groups, whose),
            startable: choices(std::mem::take(&mut work.startable), &starting, &zone),
            may_work: access.may(Permission::RunsWork),
            manage: access.may(Permission::ProceduresManage),
            base: org.url("my-work"),
            runs: org.url("runs"),
            part: org.htmx(),
            shell: org.shell(access, Section::Work),
            starting,
            whose,
            groups,
            work,
        }
    }

    fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.work.to_sign.is_empty()
    }

    fn can_start(&self) -> bool {
        self.may_work && !self.startable.is_empty()
    }

    fn href(&self, whose: Whose) -> String {
        if whose == Whose::Mine { self.base.clone() } else { format!("{}?whose={}", self.base, whose.as_str()) }
    }
}

/// What is late, due today, this week, later, and never; those that are empty are absent.
fn groups(steps: Vec<OpenStep>, now: Timestamp, zone: &Zone) -> Vec<Group> {
    let today = zone.date(&now);
    let sunday = today.saturating_add((7 - i64::from(today.weekday().to_monday_one_offset())).days());
    let group = |id, title, late| Group { id, title, late, steps: Vec::new() };
    let mut groups = [
        group("overdue", "Overdue", true),
        group("today", "Today", false),
        group("week", "This week", false),
        group("later", "Later", false),
        group("some-day", "Without a date", false),
    ];
    for step in steps {
        groups[place(step.due_at, now, today, sunday, zone)].steps.push(step);
    }
    groups.into_iter().filter(|group| !group.steps.is_empty()).collect()
}

fn place(due: Option<Timestamp>, now: Timestamp, today: Date, sunday: Date, zone: &Zone) -> usize {
    match due {
        None => 4,
        Some(due) if due < now => 0,
        Some(due) => match zone.date(&due) {
            day if day <= today => 1,
            day if day <= sunday => 2,
            _ => 3,
        },
    }
}

/// `2 steps are overdue, 4 are due today.`
fn summary(groups: &[Group], whose: Whose) -> String {
    let number = |id: &str| groups.iter().find(|group| group.id == id).map_or(0, |group| group.steps.len());
    let are = |number: usize| if number == 1 { "is" } else { "are" };
    match (number("overdue"), number("today")) {
        (0, 0) if groups.is_empty() && whose == Whose::Mine => "Nothing waits for you.".to_owned(),
        (0, 0) => "Nothing is due today.".to_owned(),
        (0, today) => format!("{} {} due today.", counted(today, "step"), are(today)),
        (late, 0) => format!("{} {} overdue.", counted(late, "step"), are(late)),
        (late, today) => {
            format!("{} {} overdue, {today} {} due today.", counted(late, "step"), are(late), are(today))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_sorted_by_the_days_of_the_organisation() {
        let berlin = Zone::named("Europe/Berlin");
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        // A Thursday, half past midnight there, still Wednesday in UTC.
        let now = at("2026-11-25T23:30:00Z");
        let (today, sunday) = (berlin.date(&now), berlin.date(&at("2026-11-29T12:00:00Z")));
        for (due, expected) in [
            (Some("2026-11-25T23:29:00Z"), 0),
            (Some("2026-11-26T17:00:00Z"), 1),
            (Some("2026-11-26T23:30:00Z"), 2),
            (Some("2026-11-29T17:00:00Z"), 2),
            (Some("2026-11-30T17:00:00Z"), 3),
            (None, 4),
        ] {
            assert_eq!(place(due.map(at), now, today, sunday, &berlin), expected, "{due:?}");
        }
    }
}
