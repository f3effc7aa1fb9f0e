//! One of everything an address can name, made by the product itself.

use domain::duties::{self, DutyId, DutyName};
use domain::email_address::EmailAddress;
use domain::exports::{self, ExportId};
use domain::invitations::{self, InvitationId};
use domain::procedures::{self, ProcedureId, ProcedureName};
use domain::runs::{self, RunId, RunName};
use domain::schedules::{self, ScheduleId};
use domain::step_templates::{self, StepTemplateId, StepTitle};
use domain::steps::{self, StepId};
use domain::written_schedule::WrittenSchedule;
use domain::{BaseRole, CustomRole, Details, FieldErrors, OrgTx, Permission, logos, roles};
use tenancy::Database;
use uuid::Uuid;
use web::Noun;

use crate::error::{Error, Result};
use crate::people::{Party, user_id};
use crate::stage;

/// Things of one organisation that addresses and bodies can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Things {
    procedure: ProcedureId,
    template: StepTemplateId,
    run: RunId,
    step: StepId,
    member: &'static str,
    invitation: InvitationId,
    role: Uuid,
    logo: &'static str,
    export: ExportId,
    duty: DutyId,
    schedule: ScheduleId,
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
        let (invitation, role) = people(&mut tx, party, text).await?;
        let duty = duties::create(
            &mut tx,
            &DutyName::parse(&format!("duty of {text} {}", &Uuid::new_v4().simple().to_string()[..8]))
                .map_err(unfit)?,
        )
        .await?;
        let schedule = schedule(&mut tx, procedure, text).await?;
        let logo = party.logo();
        logos::set(&mut tx, format!("a picture of {text}").into_bytes(), logo).await?;
        let export = exports::ask(&mut tx).await?;
        tx.commit().await?;
        exports::make(app, &stage::files(), door.organisation(), export, 1).await?;
        let (_, shown) = door.read(procedures::show(procedure)).await?;
        let (_, running) = door.read(runs::show(run)).await?;
        match (shown.steps.first(), running.steps.first()) {
            (Some(template), Some(step)) => Ok(Self {
                procedure,
                template: template.id,
                run,
                step: step.id,
                // Removed by nobody who attacks, or it would be noticed.
                member: party.people().last().copied().unwrap_or_default(),
                invitation,
                role,
                logo,
                export,
                duty,
                schedule,
            }),
            _ => Err(Error::CannotRun("the product made a run without steps".to_owned())),
        }
    }

    /// Does the run's first step.
    pub(crate) async fn tick(&self, app: &Database, party: Party) -> Result<()> {
        let mut tx = party.door(app, party.admin()).write().await?;
        steps::tick(&mut tx, self.run, self.step).await?;
        Ok(tx.commit().await?)
    }

    /// Gives the organisation's own role to its admin: a row that refers to it.
    pub(crate) async fn hold(&self, app: &Database, party: Party) -> Result<()> {
        let mut tx = party.door(app, party.admin()).write().await?;
        let admin = tx.access().person.id.clone();
        roles::assign(&mut tx, &admin, &[CustomRole::Own(self.role)]).await?;
        Ok(tx.commit().await?)
    }

    /// Their ids by kind, as an address writes them.
    pub(crate) fn ids(&self) -> Ids {
        Ids {
            procedure: self.procedure.to_string(),
            template: self.template.to_string(),
            run: self.run.to_string(),
            step: self.step.to_string(),
            member: user_id(self.member),
            invitation: self.invitation.to_string(),
            role: self.role.to_string(),
            logo: format!("{}.png", self.logo),
            export: self.export.to_string(),
            duty: self.duty.to_string(),
            schedule: self.schedule.to_string(),
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
    pub(crate) member: String,
    pub(crate) invitation: String,
    pub(crate) role: String,
    /// As its address names it.
    pub(crate) logo: String,
    pub(crate) export: String,
    pub(crate) duty: String,
    pub(crate) schedule: String,
}

impl From<[String; 11]> for Ids {
    fn from(
        [procedure, template, run, step, member, invitation, role, logo, export, duty, schedule]: [String; 11],
    ) -> Self {
        Self { procedure, template, run, step, member, invitation, role, logo, export, duty, schedule }
    }
}

impl Ids {
    /// Ids that nobody has.
    pub(crate) fn unknown() -> Self {
        let id = |last: u8| format!("0190b5d4-0000-7000-8000-0000000000{last:02x}");
        Self::from([
            id(1),
            id(2),
            id(3),
            id(4),
            // As long as the victim's: a page that repeats what was asked for is as long, too.
            user_id("nil"),
            id(5),
            id(6),
            format!("{}.png", "0".repeat(64)),
            id(7),
            id(8),
            id(9),
        ])
    }

    /// All of them, in the order of [`Ids::from`].
    pub(crate) fn all(&self) -> [&String; 11] {
        let Self { procedure, template, run, step, member, invitation, role, logo, export, duty, schedule } = self;
        [procedure, template, run, step, member, invitation, role, logo, export, duty, schedule]
    }

    /// The one of this kind.
    pub(crate) fn of(&self, noun: Noun) -> &str {
        match noun {
            Noun::Procedure => &self.procedure,
            Noun::StepTemplate => &self.template,
            Noun::Run => &self.run,
            Noun::Step => &self.step,
            Noun::Member => &self.member,
            Noun::Invitation => &self.invitation,
            Noun::Role => &self.role,
            Noun::Logo => &self.logo,
            Noun::Export => &self.export,
            Noun::Duty => &self.duty,
            Noun::Schedule => &self.schedule,
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
            Noun::Member => (&mut ids.member, &other.member),
            Noun::Invitation => (&mut ids.invitation, &other.invitation),
            Noun::Role => (&mut ids.role, &other.role),
            Noun::Logo => (&mut ids.logo, &other.logo),
            Noun::Export => (&mut ids.export, &other.export),
            Noun::Duty => (&mut ids.duty, &other.duty),
            Noun::Schedule => (&mut ids.schedule, &other.schedule),
        };
        ours.clone_from(theirs);
        ids
    }
}

/// A schedule of this procedure, every day at seven.
async fn schedule(tx: &mut OrgTx, procedure: ProcedureId, text: &str) -> Result<ScheduleId> {
    let (repeats, at, run_name) = ("daily".to_owned(), "07:00".to_owned(), text.to_owned());
    let written = WrittenSchedule { repeats, at, run_name, ..WrittenSchedule::default() };
    let (calendar, name) = written.parse().map_err(unfit)?;
    Ok(schedules::create(tx, procedure, calendar, &name).await?)
}

/// An invitation and a custom role, with the text in them.
async fn people(tx: &mut OrgTx, party: Party, text: &str) -> Result<(InvitationId, Uuid)> {
    let unique = Uuid::new_v4().simple().to_string();
    let address = format!("{unique}.{}@{}.example", text.to_lowercase(), party.slug());
    let address = EmailAddress::parse(&address).map_err(|_| unfit(FieldErrors::default()))?;
    let outcomes = invitations::invite(tx, &[address], BaseRole::Member, &[]).await?;
    let Some(invitations::Outcome::Sent { id }) = outcomes.first() else {
        return Err(Error::CannotRun("the product invites nobody".to_owned()));
    };
    let role = format!("{text} {}", &unique[..8]);
    let fields = roles::RoleFields::parse(&role, [Permission::ReportsRead.as_str()]).map_err(unfit)?;
    Ok((*id, roles::create(tx, &fields).await?))
}

fn unfit(_: FieldErrors) -> Error {
    Error::CannotRun("the product refuses the text that the proof writes everywhere".to_owned())
}
