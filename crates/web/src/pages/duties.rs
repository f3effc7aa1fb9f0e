//! Duties: named responsibilities, and who holds them.

use askama::Template;
use axum::response::Response;
use domain::duties::{self, Colleague, Duty, DutyId, DutyName};
use domain::{FieldErrors, Permission};
use http::StatusCode;
use serde::Deserialize;

use super::shell::{Section, Shell};
use super::{counted, page};
use crate::access::InOrg;
use crate::body::{At, Fields, Form};
use crate::error::Result;
use crate::flash::Flash;

/// The address of a duty.
#[derive(Deserialize)]
pub(crate) struct DutyPath {
    pub(crate) duty: DutyId,
}

#[derive(Template)]
#[template(path = "duties.html")]
struct Duties {
    shell: Shell,
    base: String,
    procedures: String,
    duties: Vec<Duty>,
    people: Vec<Colleague>,
    typed: Typed,
    manage: bool,
}

/// What could not be saved: of which duty, a new one where none is named.
#[derive(Default)]
struct Typed {
    duty: Option<DutyId>,
    name: String,
    errors: FieldErrors,
}

/// `GET /orgs/{slug}/duties`
pub(crate) async fn list(org: InOrg) -> Result<Response> {
    answer(&org, StatusCode::OK, Typed::default()).await
}

/// `POST /orgs/{slug}/duties`
pub(crate) async fn create(org: InOrg, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let made = match DutyName::parse(form.get("name")) {
        Ok(name) => duties::create(&mut tx, &name).await.map(drop),
        Err(errors) => Err(errors.into()),
    };
    finish(&org, tx, made, None, &form).await
}

/// `POST /orgs/{slug}/duties/{duty}`: its name, and who holds it.
pub(crate) async fn change(org: InOrg, At(at): At<DutyPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let holders: Vec<String> = form.all("holder").map(str::to_owned).collect();
    let changed = match DutyName::parse(form.get("name")) {
        Ok(name) => duties::change(&mut tx, at.duty, &name, &holders).await,
        Err(errors) => Err(errors.into()),
    };
    finish(&org, tx, changed, Some(at.duty), &form).await
}

/// `POST /orgs/{slug}/duties/{duty}/retire`
pub(crate) async fn retire(org: InOrg, At(at): At<DutyPath>) -> Result<Response> {
    let mut tx = org.write().await?;
    duties::retire(&mut tx, at.duty).await?;
    tx.commit().await?;
    Ok(org.see("duties", Some(Flash::DutyRetired)))
}

async fn finish(
    org: &InOrg,
    tx: domain::OrgTx,
    done: domain::Result<()>,
    duty: Option<DutyId>,
    form: &Fields,
) -> Result<Response> {
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(org.see("duties", Some(Flash::DutySaved)))
        }
        Err(domain::Error::Invalid(errors)) => {
            drop(tx);
            let typed = Typed { duty, name: form.get("name").to_owned(), errors };
            answer(org, StatusCode::UNPROCESSABLE_ENTITY, typed).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn answer(org: &InOrg, status: StatusCode, typed: Typed) -> Result<Response> {
    let (access, (duties, people)) = org.read(duties::list).await?;
    let view = Duties {
        manage: access.may(Permission::ProceduresManage),
        shell: org.shell(&access, Section::Procedures),
        base: org.url("duties"),
        procedures: org.url("procedures"),
        duties,
        people,
        typed,
    };
    page(status, &view)
}

impl Duties {
    /// What is wrong with the name of a duty, or of a new one.
    fn error(&self, duty: Option<&DutyId>) -> Option<&str> {
        self.typed.errors.message("name").filter(|_| self.typed.duty.as_ref() == duty)
    }

    fn under(duty: &Duty) -> String {
        let held = match duty.holders.as_slice() {
            [] => "Nobody holds it".to_owned(),
            holders => holders.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", "),
        };
        format!("{held}. {} in drafts, {} open in runs.", counted(duty.step_templates, "step"), duty.open_steps)
    }
}
