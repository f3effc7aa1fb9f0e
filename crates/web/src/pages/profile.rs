//! Settings, Profile: what the organisation is called, where it is reached, its time zone and its logo.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use clerk::Refused;
use clerk::backend::OrganizationChange;
use domain::organisations::{self as settings, TimeZone};
use domain::{Access, FieldErrors, Read, directory};
use http::StatusCode;
use serde::Deserialize;

use super::organisations::{name, taken};
use super::page;
use super::settings::{Tab, TabLink};
use super::shell::{Section, Shell};
use super::time_zones::{self, Area};
use crate::access::InOrg;
use crate::body::Form;
use crate::error::Result;
use crate::flash::Flash;
use crate::slug::Slug;
use crate::state::Chain;

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

/// What is to be different.
struct Wanted {
    at_clerk: OrganizationChange,
    slug: Option<Slug>,
    time_zone: Option<TimeZone>,
}

/// `GET /orgs/{slug}/settings/profile`
pub(crate) async fn show(org: InOrg, State(state): State<crate::State>) -> Result<Response> {
    let (access, ()) = org.read(Read::access_only).await?;
    page(StatusCode::OK, &Profile::new(&state, &org, &access, Writing::of(&access)))
}

/// `POST /orgs/{slug}/settings/profile`: name and address are Clerk's to change, which is asked first; nothing is saved
/// of a form that it refuses.
pub(crate) async fn save(
    org: InOrg,
    State(state): State<crate::State>,
    Form(mut form): Form<Writing>,
) -> Result<Response> {
    let (access, ()) = org.read(Read::access_only).await?;
    let wanted = match form.wanted(&access) {
        Ok(wanted) => wanted,
        Err(errors) => {
            form.errors = errors;
            return page(StatusCode::UNPROCESSABLE_ENTITY, &Profile::new(&state, &org, &access, form));
        }
    };
    if let Some(slug) = &wanted.slug
        && directory::address_is_anothers(&state.database, slug.as_str(), &access.organisation.id).await?
    {
        form.errors = FieldErrors::one("slug", taken(&state, &form.name, slug).await);
        return page(StatusCode::UNPROCESSABLE_ENTITY, &Profile::new(&state, &org, &access, form));
    }
    let mut flash = Flash::ProfileSaved;
    let mut slug = access.organisation.slug.clone();
    if wanted.at_clerk != OrganizationChange::default() {
        match state.rename(&wanted.at_clerk, &access, org.door()).await {
            Ok(address) => slug = address,
            Err(mirror::Error::Clerk(error)) => {
                let status = form.refused(&state, wanted.slug.as_ref(), &error).await;
                return page(status, &Profile::new(&state, &org, &access, form));
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "a changed organisation waits for Clerk’s event");
                flash = Flash::ProfileOnItsWay;
            }
        }
    }
    let org = org.at(&slug);
    if let Some(zone) = &wanted.time_zone {
        let mut tx = org.write().await?;
        settings::set_time_zone(&mut tx, zone).await?;
        tx.commit().await?;
    }
    Ok(org.see("settings/profile", Some(flash)))
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

    /// What of it differs from what is. What is as it was passes, whoever called it that.
    fn wanted(&self, access: &Access) -> Result<Wanted, FieldErrors> {
        let now = &access.organisation;
        let new_name = (self.name.trim() != now.name).then(|| name(&self.name)).transpose();
        let new_slug = (self.slug.trim() != now.slug).then(|| Slug::parse(&self.slug)).transpose();
        let time_zone = TimeZone::parse(&self.time_zone);
        let ((name, slug), time_zone) = FieldErrors::both(FieldErrors::both(new_name, new_slug), time_zone)?;
        // Typed in large letters it may be the same after all.
        let slug = slug.filter(|slug| slug.as_str() != now.slug);
        Ok(Wanted {
            at_clerk: OrganizationChange {
                name,
                slug: slug.as_ref().map(|slug| slug.as_str().to_owned()),
                ..OrganizationChange::default()
            },
            slug,
            time_zone: Some(time_zone).filter(|zone| zone.as_str() != now.time_zone),
        })
    }

    /// Says what Clerk refused, and gives the status.
    async fn refused(&mut self, state: &crate::State, slug: Option<&Slug>, error: &clerk::Error) -> StatusCode {
        match (error.refused(), slug) {
            (Refused::SlugTaken, Some(slug)) => {
                self.errors = FieldErrors::one("slug", taken(state, &self.name, slug).await);
            }
            (Refused::SlugsDisabled, _) => {
                let message = "Web addresses are switched off at Clerk; this one cannot be changed.";
                self.errors = FieldErrors::one("slug", message);
            }
            (Refused::NameRefused { field, message }, _) if field == "slug" => {
                self.errors = FieldErrors::one("slug", message);
            }
            (Refused::NameRefused { field, message }, _) if field == "name" => {
                self.errors = FieldErrors::one("name", message);
            }
            (Refused::Busy { .. } | Refused::Unreachable, _) => {
                tracing::warn!(error = %Chain(error), "an organisation could not be changed");
                self.trouble = Some("Clerk, which keeps names and addresses, does not answer.");
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            _ => {
                tracing::warn!(error = %Chain(error), "a change of an organisation was refused");
                self.trouble = Some("Clerk, which keeps names and addresses, refused the change.");
            }
        }
        StatusCode::UNPROCESSABLE_ENTITY
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.errors.message(field)
    }
}
