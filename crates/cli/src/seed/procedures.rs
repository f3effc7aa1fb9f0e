//! Procedures and runs, written by the members themselves through the product's own rules.

use domain::procedures::ProcedureName;
use domain::runs::{RunId, RunName};
use domain::step_templates::StepTitle;
use domain::{Details, Org, Page, Result, procedures, roles, runs, step_templates, steps};
use tenancy::{Database, OrganisationId};

use super::data::{Organisation, Person, Procedure, Run};
use super::directory::Directory;

/// Custom roles, then the procedures, unless the organisation has any.
pub(super) async fn write(
    database: &Database,
    directory: &Directory,
    organisation: &'static Organisation,
    id: &OrganisationId,
) -> Result<()> {
    let house = Writer { database, directory, organisation, id };
    let admin = house.at_the_door(organisation.members[0].person);
    let (_, procedures) = admin.read(procedures::list(Page::default())).await?;
    if !procedures.items.is_empty() {
        return Ok(());
    }
    let mut tx = admin.write().await?;
    for member in organisation.members {
        if let Some(role) = member.custom_role {
            roles::assign(&mut tx, directory.user(member.person), &[role]).await?;
        }
    }
    tx.commit().await?;
    // The newest is listed first: the first of the table is written last.
    for procedure in organisation.procedures.iter().rev() {
        house.procedure(procedure).await?;
    }
    Ok(())
}

struct Writer<'a> {
    database: &'a Database,
    directory: &'a Directory,
    organisation: &'static Organisation,
    id: &'a OrganisationId,
}

impl Writer<'_> {
    fn at_the_door(&self, person: &Person) -> Org {
        Org::new(self.database, self.id.clone(), self.directory.user(person).clone(), self.organisation.slug)
    }

    async fn procedure(&self, procedure: &'static Procedure) -> Result<()> {
        let admin = self.organisation.members[0].person;
        let mut tx = self.at_the_door(admin).write().await?;
        let name = ProcedureName::parse(procedure.name)?;
        let id = procedures::create(&mut tx, &name, &Details::parse(procedure.details)?).await?;
        for (title, details) in procedure.steps {
            step_templates::add(&mut tx, id, &StepTitle::parse(title)?, &Details::parse(details)?).await?;
        }
        procedures::publish(&mut tx, id, "First version").await?;
        tx.commit().await?;
        for run in procedure.runs {
            let starter = run.ticks.first().copied().unwrap_or(admin);
            let mut tx = self.at_the_door(starter).write().await?;
            let started = runs::start(&mut tx, id, &RunName::parse(run.name)?).await?;
            tx.commit().await?;
            self.tick(started, run).await?;
        }
        Ok(())
    }

    async fn tick(&self, id: RunId, run: &'static Run) -> Result<()> {
        let anybody = self.at_the_door(self.organisation.members[0].person);
        let (_, shown) = anybody.read(runs::show(id)).await?;
        for (step, who) in shown.steps.iter().zip(run.ticks) {
            let mut tx = self.at_the_door(who).write().await?;
            steps::tick(&mut tx, id, step.id).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
