//! A new procedure: name and details first, steps next.

use askama::Template;
use axum::response::Response;
use domain::procedures::{self, ProcedureName};
use domain::{Access, Details, FieldErrors, Read};
use http::StatusCode;
use serde::Deserialize;

use super::page;
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::Form;
use crate::error::Result;
use crate::flash::Flash;

#[derive(Template)]
#[template(path = "procedures/new.html")]
struct NewProcedure {
    shell: Shell,
    base: String,
    form: Writing,
}

/// Name and details as they were typed, with what is wrong about them.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Writing {
    pub(crate) name: String,
    pub(crate) details: String,
    pub(crate) run_name: String,
    #[serde(skip)]
    errors: FieldErrors,
    /// The field to begin in, if any.
    #[serde(skip)]
    pub(crate) focus: &'static str,
}

/// `GET /orgs/{slug}/procedures/new`
pub(crate) async fn show(org: InOrg) -> Result<Response> {
    let (access, ()) = org.read(Read::access_only).await?;
    let form = Writing { focus: "name", ..Writing::default() };
    page(StatusCode::OK, &NewProcedure::new(&org, &access, form))
}

/// `POST /orgs/{slug}/procedures`
pub(crate) async fn create(org: InOrg, Form(form): Form<Writing>) -> Result<Response> {
    let mut tx = org.write().await?;
    let (name, details) = match form.parse() {
        Ok(parsed) => parsed,
        Err(errors) => {
            let view = NewProcedure::new(&org, tx.access(), form.with(errors));
            return page(StatusCode::UNPROCESSABLE_ENTITY, &view);
        }
    };
    let id = procedures::create(&mut tx, &name, &details).await?;
    tx.commit().await?;
    Ok(org.see(&format!("procedures/{id}"), Some(Flash::ProcedureCreated)))
}

impl NewProcedure {
    fn new(org: &InOrg, access: &Access, form: Writing) -> Self {
        Self { shell: org.shell(access, Section::Procedures), base: org.url("procedures"), form }
    }
}

impl Writing {
    /// As it stands.
    pub(crate) fn of(name: &str, details: &str, run_name: &str) -> Self {
        let (name, details, run_name) = (name.to_owned(), details.to_owned(), run_name.to_owned());
        Self { name, details, run_name, ..Self::default() }
    }

    pub(crate) fn parse(&self) -> Result<(ProcedureName, Details), FieldErrors> {
        FieldErrors::both(ProcedureName::parse(&self.name), Details::parse(&self.details))
    }

    /// Begins in the first field that is wrong.
    pub(crate) fn with(mut self, errors: FieldErrors) -> Self {
        self.focus = errors.0.first().map_or("", |(field, _)| field);
        self.errors = errors;
        self
    }

    pub(crate) fn error(&self, field: &str) -> Option<&str> {
        self.errors.message(field)
    }
}
