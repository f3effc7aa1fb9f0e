//! Settings, Profile: what the organisation is called, where it is reached, its time zone and its logo.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::{Access, FieldErrors, Permission, Read};
use http::StatusCode;
use serde::Deserialize;

use super::page;
use super::settings::{Tab, TabLink};
use super::shell::{Section, Shell};
use super::time_zones::{self, Area};
use crate::access::InOrg;
use crate::body::Form;
use crate::error::Result;
use crate::flash::Flash;
use crate::organisation_change::{OrganisationChange, Outcome};

#[derive(Template)]
#[template(path = "settings/profile.html")]
struct Profile {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    host: String,
    form: Writing,
    zones: Vec<Area>,
    logo_error: Option<&'static str>,
    may_delete: bool,
}

/// The form as it was typed, with what is wrong about it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Writing {
    name: String,
    slug: String,
    time_zone: String,
    #[serde(skip)]
    errors: FieldErrors,
    /// What is wrong with nothing that was typed.
    #[serde(skip)]
    trouble: Option<&'static str>,
}

/// `GET /orgs/{slug}/settings/profile`
pub(crate) async fn show(org: InOrg, State(state): State<crate::State>) -> Result<Response> {
    let (access, ()) = org.read(Read::access_only).await?;
    page(StatusCode::OK, &Profile::new(&state, &org, &access, Writing::of(&access)))
}

/// `POST /orgs/{slug}/settings/profile`
pub(crate) async fn save(
    org: InOrg,
    State(state): State<crate::State>,
    Form(mut form): Form<Writing>,
) -> Result<Response> {
    let (access, ()) = org.read(Read::access_only).await?;
    let outcome = match OrganisationChange::parse(&access, [&form.name, &form.slug, &form.time_zone]) {
        Ok(change) => change.apply(&state, &org, &access).await?,
        Err(errors) => Outcome::Wrong(errors),
    };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    match outcome {
        Outcome::Saved(slug) => return Ok(org.at(&slug).see("settings/profile", Some(Flash::ProfileSaved))),
        Outcome::OnItsWay => return Ok(org.see("settings/profile", Some(Flash::ProfileOnItsWay))),
        Outcome::Wrong(errors) => form.errors = errors,
        Outcome::Refused => form.trouble = Some("Clerk, which keeps names and addresses, refused the change."),
        Outcome::Dark => {
            form.trouble = Some("Clerk, which keeps names and addresses, does not answer.");
            status = StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    page(status, &Profile::new(&state, &org, &access, form))
}

/// The page again, with what is wrong about a picture.
pub(super) async fn with_bad_logo(org: &InOrg, state: &crate::State, error: &'static str) -> Result<Response> {
    let (access, ()) = org.read(Read::access_only).await?;
    let view = Profile { logo_error: Some(error), ..Profile::new(state, org, &access, Writing::of(&access)) };
    page(StatusCode::UNPROCESSABLE_ENTITY, &view)
}

impl Profile {
    fn new(state: &crate::State, org: &InOrg, access: &Access, form: Writing) -> Self {
        Self {
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Profile),
            base: org.url("settings/profile"),
            host: state.config.host(),
            zones: time_zones::areas(&form.time_zone, jiff::Timestamp::now()),
            form,
            logo_error: None,
            may_delete: access.may(Permission::OrganisationDelete),
        }
    }
}

impl Writing {
    fn of(access: &Access) -> Self {
        let organisation = &access.organisation;
        Self {
            name: organisation.name.clone(),
            slug: organisation.slug.clone(),
            time_zone: organisation.time_zone.clone(),
            ..Self::default()
        }
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.errors.message(field)
    }
}
