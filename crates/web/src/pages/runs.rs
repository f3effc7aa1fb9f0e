//! The tracker: all runs and how each goes, and the dialog that starts one.

use askama::Template;
use axum::response::Response;
use domain::procedures::ProcedureId;
use domain::run_name::RunPattern;
use domain::runs::{self, RunName, RunState, RunSummary, Startable};
use domain::tracker::{self, Tracked, Tracker, Wanted};
use domain::{Access, FieldErrors, Health, Page, Permission};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

use super::health::{self, Badge};
use super::page;
use super::paging::{Before, Paging};
use super::progress::Progress;
use super::shell::{Face, Section, Shell};
use crate::access::InOrg;
use crate::body::{Form, Query};
use crate::error::Result;
use crate::flash::Flash;
use crate::times::Zone;

#[derive(Template)]
#[template(path = "runs/list.html")]
struct Runs {
    shell: Shell,
    base: String,
    /// Where a run is started.
    runs: String,
    runs_shown: Vec<Row>,
    paging: Paging,
    filter: Filter,
    colleagues: Vec<domain::duties::Colleague>,
    startable: Vec<Choice>,
    starting: Starting,
    manage: bool,
    work: bool,
}

struct Row {
    summary: RunSummary,
    progress: Progress,
    health: Badge,
    faces: Vec<Face>,
}

/// Something to choose from a list.
pub(crate) struct Choice {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

/// What of the page is open.
#[derive(Deserialize)]
pub(crate) struct Open {
    open: Option<String>,
}

/// Which runs are wanted, as it was typed and chosen. What is not known counts as all.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    pub(crate) q: String,
    pub(crate) state: String,
    pub(crate) health: String,
    pub(crate) person: String,
    pub(crate) procedure: String,
}

/// The dialog as it was typed, with what is wrong about it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Starting {
    procedure: String,
    pub(crate) name: String,
    /// Whether the page begins with the dialog open.
    #[serde(skip)]
    pub(crate) open: bool,
    #[serde(skip)]
    errors: FieldErrors,
}

/// `GET /orgs/{slug}/runs`
pub(crate) async fn list(
    org: InOrg,
    Query(before): Query<Before>,
    Query(filter): Query<Filter>,
    Query(open): Query<Open>,
) -> Result<Response> {
    let wanted = before.page();
    let which = wanted.clone().unwrap_or_default();
    let (access, tracker) = org.read(|| tracker::show(which, &filter.wanted())).await?;
    wanted?;
    let mut starting = Starting { open: open.open.as_deref() == Some("start"), ..Starting::default() };
    starting.procedure.clone_from(&filter.procedure);
    page(StatusCode::OK, &Runs::new(&org, &access, which, filter, tracker, starting))
}

/// `POST /orgs/{slug}/runs`: named as the procedure says where no name is typed.
pub(crate) async fn start(org: InOrg, Form(form): Form<Starting>) -> Result<Response> {
    let mut tx = org.write().await?;
    let started = match form.procedure.parse() {
        Err(_) => Err(FieldErrors::one("procedure", "Choose a procedure.").into()),
        Ok(procedure) if form.name.trim().is_empty() => runs::start_named_by_day(&mut tx, procedure).await,
        Ok(procedure) => match RunName::parse(&form.name) {
            Ok(name) => runs::start(&mut tx, procedure, &name).await,
            Err(errors) => Err(errors.into()),
        },
    };
    let errors = match started {
        Ok(run) => {
            tx.commit().await?;
            return Ok(org.see(&format!("runs/{run}"), Some(Flash::RunStarted)));
        }
        Err(domain::Error::Invalid(errors)) => errors,
        Err(domain::Error::Conflict { code: "not_published" | "archived", message }) => {
            FieldErrors::one("procedure", message)
        }
        Err(error) => return Err(error.into()),
    };
    drop(tx);
    let (first, filter) = (Page::default(), Filter::default());
    let (access, tracker) = org.read(|| tracker::show(first, &filter.wanted())).await?;
    let starting = Starting { open: true, errors, ..form };
    page(StatusCode::UNPROCESSABLE_ENTITY, &Runs::new(&org, &access, first, filter, tracker, starting))
}

/// What a run can be started from, for the dialog.
pub(crate) fn choices(startable: Vec<Startable>, starting: &Starting, zone: &Zone) -> Vec<Choice> {
    let today = zone.date(&Timestamp::now());
    let choice = |one: Startable| {
        let name = RunPattern::stored(one.run_name).name(&one.name, today);
        let id = one.procedure_id.to_string();
        let label = if name.starts_with(&one.name) { one.name } else { format!("{} ({name})", one.name) };
        Choice { chosen: id == starting.procedure, label, id }
    };
    startable.into_iter().map(choice).collect()
}

impl Filter {
    pub(crate) fn wanted(&self) -> Wanted {
        let procedure: Option<ProcedureId> = self.procedure.parse().ok();
        Wanted {
            state: self.state(),
            health: Health::parse(&self.health),
            procedure,
            person: self.person.chars().take(100).filter(|c| !c.is_control()).collect(),
            words: self.q.clone(),
        }
    }

    /// Those in progress, where nothing is said.
    fn state(&self) -> Option<RunState> {
        match self.state.as_str() {
            "" => Some(RunState::InProgress),
            state => RunState::parse(state),
        }
    }

    fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// As it goes into an address.
    fn query(&self) -> String {
        let fields = [
            ("q", &self.q),
            ("state", &self.state),
            ("health", &self.health),
            ("person", &self.person),
            ("procedure", &self.procedure),
        ];
        let given: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        serde_urlencoded::to_string(given).unwrap_or_default()
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.query() == other.query()
    }
}

impl Starting {
    /// Nothing typed yet.
    pub(crate) fn begun() -> Self {
        Self { open: true, ..Self::default() }
    }

    pub(crate) fn error(&self, field: &str) -> Option<&str> {
        self.errors.message(field)
    }
}

impl Runs {
    fn new(org: &InOrg, access: &Access, which: Page, filter: Filter, tracker: Tracker, starting: Starting) -> Self {
        let base = org.url("runs");
        let query = filter.query();
        let list = if query.is_empty() { base.clone() } else { format!("{base}?{query}") };
        Self {
            startable: choices(tracker.startable, &starting, &Zone::of(access)),
            paging: Paging::new(&list, which, tracker.runs.older),
            runs_shown: tracker.runs.items.into_iter().map(|run| Row::new(run, &tracker.people)).collect(),
            manage: access.may(Permission::ProceduresManage),
            work: access.may(Permission::RunsWork),
            shell: org.shell(access, Section::Runs),
            colleagues: tracker.people,
            runs: base.clone(),
            base,
            filter,
            starting,
        }
    }

    fn is_empty(&self) -> bool {
        self.runs_shown.is_empty() && self.paging.newest.is_none() && self.filter.is_plain()
    }

    fn can_start(&self) -> bool {
        self.work && !self.startable.is_empty()
    }

    fn states(&self) -> Vec<Choice> {
        let all = [("", "In progress"), ("completed", "Completed"), ("cancelled", "Cancelled"), ("all", "All")];
        options(&all, &self.filter.state)
    }

    fn healths(&self) -> Vec<Choice> {
        let mut all = vec![("", "Any health")];
        all.extend(Health::ALL.map(|one| (one.as_str(), health::word(one))));
        options(&all, &self.filter.health)
    }

    fn people(&self) -> Vec<Choice> {
        let mut all = vec![("", "Anyone")];
        all.extend(self.colleagues.iter().map(|one| (one.id.as_str(), one.name.as_str())));
        options(&all, &self.filter.person)
    }
}

fn options(all: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    let option =
        |(id, label): &(&str, &str)| Choice { id: (*id).to_owned(), label: (*label).to_owned(), chosen: *id == chosen };
    all.iter().map(option).collect()
}

impl Row {
    fn new(tracked: Tracked, people: &[domain::duties::Colleague]) -> Self {
        let named = people.iter().filter(|one| tracked.assignees.contains(&one.id));
        Self {
            progress: Progress::of(&tracked.run),
            health: Badge::of(&tracked.run),
            faces: named.map(|one| Face::of(&one.name)).take(5).collect(),
            summary: tracked.run,
        }
    }

    /// When the last step is due, as long as that matters.
    fn due(&self) -> Option<Timestamp> {
        self.summary.due_at.filter(|_| self.summary.state == RunState::InProgress)
    }

    fn late(&self) -> bool {
        self.due().is_some_and(|due| due < Timestamp::now())
    }
}
