//! One of everything an address can name, made by the product itself.

use domain::procedures::{self, ProcedureId, ProcedureName};
use domain::runs::{self, RunId, RunName, StepId};
use domain::step_templates::{self, StepTemplateId, StepTitle};
use domain::{Details, FieldErrors};
use tenancy::Database;
use web::Noun;

use crate::error::{Error, Result};
use crate::people::Party;

/// Things of one organisation that addresses and bodies can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Things {
    procedure: ProcedureId,
    template: StepTemplateId,
    run: RunId,
    step: StepId,
}

impl Things {
    /// Made by the organisation's admin, with this text in every field: a procedure with two steps, published, changed
    /// since, and a run of it with nothing done.
    pub(crate) async fn create(app: &Database, party: Party, text: &str) -> Result<Self> {
        let door = party.door(app, party.admin());
        let mut tx = door.write().await?;
        let details = Details::parse(text).map_err(unfit)?;
        let named = |text: &str| ProcedureName::parse(text).map_err(unfit);
        let procedure = procedures::create(&mut tx, &named(text)?, &details).await?;
        for number in ["first", "second"] {
            let title = StepTitle::parse(&format!("{number} {text}")).map_err(unfit)?;
            step_templates::add(&mut tx, procedure, &title, &details).await?;
        }
        procedures::publish(&mut tx, procedure, text).await?;
        procedures::edit(&mut tx, procedure, &named(&format!("{text} again"))?, &details).await?;
        let run = runs::start(&mut tx, procedure, &RunName::parse(text).map_err(unfit)?).await?;
        tx.commit().await?;
        let (_, shown) = door.read(procedures::show(procedure)).await?;
        let (_, running) = door.read(runs::show(run)).await?;
        match (shown.steps.first(), running.steps.first()) {
            (Some(template), Some(step)) => Ok(Self { procedure, template: template.id, run, step: step.id }),
            _ => Err(Error::CannotRun("the product made a run without steps".to_owned())),
        }
    }

    /// Does the run's first step.
    pub(crate) async fn tick(&self, app: &Database, party: Party) -> Result<()> {
        let mut tx = party.door(app, party.admin()).write().await?;
        runs::tick(&mut tx, self.run, self.step).await?;
        Ok(tx.commit().await?)
    }

    /// Their ids by kind, as an address writes them.
    pub(crate) fn ids(&self) -> Ids {
        Ids {
            procedure: self.procedure.to_string(),
            template: self.template.to_string(),
            run: self.run.to_string(),
            step: self.step.to_string(),
        }
    }
}

/// Ids to put into addresses and bodies, whoever's they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) procedure: String,
    pub(crate) template: String,
    pub(crate) run: String,
    pub(crate) step: String,
}

impl Ids {
    /// Ids that nobody has.
    pub(crate) fn unknown() -> Self {
        let id = |last: u8| format!("0190b5d4-0000-7000-8000-0000000000{last:02x}");
        Self { procedure: id(1), template: id(2), run: id(3), step: id(4) }
    }

    /// The one of this kind.
    pub(crate) fn of(&self, noun: Noun) -> &str {
        match noun {
            Noun::Procedure => &self.procedure,
            Noun::StepTemplate => &self.template,
            Noun::Run => &self.run,
            Noun::Step => &self.step,
        }
    }

    /// The same with the one of this kind taken from others.
    pub(crate) fn with(&self, noun: Noun, other: &Self) -> Self {
        let mut ids = self.clone();
        let (ours, theirs) = match noun {
            Noun::Procedure => (&mut ids.procedure, &other.procedure),
            Noun::StepTemplate => (&mut ids.template, &other.template),
            Noun::Run => (&mut ids.run, &other.run),
            Noun::Step => (&mut ids.step, &other.step),
        };
        ours.clone_from(theirs);
        ids
    }
}

fn unfit(_: FieldErrors) -> Error {
    Error::CannotRun("the product refuses the text that the proof writes everywhere".to_owned())
}
