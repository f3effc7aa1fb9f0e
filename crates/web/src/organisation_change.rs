//! What is to be different about an organisation, from a page or a program: name and address are Clerk's to change, which
//! is asked first; the time zone is ours.

use clerk::Refused;
use clerk::backend::OrganizationChange;
use domain::organisations::{self, TimeZone};
use domain::{Access, FieldErrors, directory};

use crate::State;
use crate::access::InOrg;
use crate::error::Result;
use crate::pages::organisations::{name, taken};
use crate::slug::Slug;
use crate::state::Chain;

/// What differs from what is.
pub(crate) struct OrganisationChange {
    at_clerk: OrganizationChange,
    /// The name there will be.
    name: String,
    slug: Option<Slug>,
    time_zone: Option<TimeZone>,
}

/// How it went.
pub(crate) enum Outcome {
    /// All is saved; the organisation is at this address.
    Saved(String),
    /// Clerk has it; our directory will, once its event comes.
    OnItsWay,
    /// Nothing is saved, because of these.
    Wrong(FieldErrors),
    /// Nothing is saved, because Clerk does not answer.
    Dark,
    /// Nothing is saved, because Clerk will not have it.
    Refused,
}

impl OrganisationChange {
    /// What is as it was passes, whoever called it that.
    pub(crate) fn parse(access: &Access, text: [&str; 3]) -> Result<Self, FieldErrors> {
        let (now, [new_name, new_slug, zone]) = (&access.organisation, text.map(str::trim));
        let new_name = (new_name != now.name).then(|| name(new_name)).transpose();
        let new_slug = (new_slug != now.slug).then(|| Slug::parse(new_slug)).transpose();
        let ((name, slug), zone) = FieldErrors::both(FieldErrors::both(new_name, new_slug), TimeZone::parse(zone))?;
        // Typed in large letters it may be the same after all.
        let slug = slug.filter(|slug| slug.as_str() != now.slug);
        let at_clerk = OrganizationChange {
            name: name.clone(),
            slug: slug.as_ref().map(|slug| slug.as_str().to_owned()),
            ..OrganizationChange::default()
        };
        let time_zone = Some(zone).filter(|zone| zone.as_str() != now.time_zone);
        Ok(Self { at_clerk, name: name.unwrap_or_else(|| now.name.clone()), slug, time_zone })
    }

    /// Makes the change: at Clerk, in the directory, in the organisation. No transaction is open while Clerk is asked.
    pub(crate) async fn apply(&self, state: &State, org: &InOrg, access: &Access) -> Result<Outcome> {
        if let Some(slug) = &self.slug
            && directory::address_is_anothers(&state.database, slug.as_str(), &access.organisation.id).await?
        {
            return Ok(Outcome::Wrong(self.taken(state, slug).await));
        }
        let mut outcome = Outcome::Saved(access.organisation.slug.clone());
        if self.at_clerk != OrganizationChange::default() {
            outcome = match state.rename(&self.at_clerk, access, org.door()).await {
                Ok(slug) => Outcome::Saved(slug),
                Err(mirror::Error::Clerk(error)) => return Ok(self.refused(state, &error).await),
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "a changed organisation waits for Clerk’s event");
                    Outcome::OnItsWay
                }
            };
        }
        if let Some(zone) = &self.time_zone {
            let org = match &outcome {
                Outcome::Saved(slug) => &org.clone().at(slug),
                _ => org,
            };
            let mut tx = org.write().await?;
            organisations::set_time_zone(&mut tx, zone).await?;
            tx.commit().await?;
        }
        Ok(outcome)
    }

    async fn taken(&self, state: &State, slug: &Slug) -> FieldErrors {
        FieldErrors::one("slug", taken(state, &self.name, slug).await)
    }

    async fn refused(&self, state: &State, error: &clerk::Error) -> Outcome {
        match (error.refused(), &self.slug) {
            (Refused::SlugTaken, Some(slug)) => Outcome::Wrong(self.taken(state, slug).await),
            (Refused::SlugsDisabled, _) => {
                let message = "Web addresses are switched off at Clerk; this one cannot be changed.";
                Outcome::Wrong(FieldErrors::one("slug", message))
            }
            (Refused::NameRefused { field, message }, _) if field == "slug" => {
                Outcome::Wrong(FieldErrors::one("slug", message))
            }
            (Refused::NameRefused { field, message }, _) if field == "name" => {
                Outcome::Wrong(FieldErrors::one("name", message))
            }
            (Refused::Busy { .. } | Refused::Unreachable, _) => {
                tracing::warn!(error = %Chain(error), "an organisation could not be changed");
                Outcome::Dark
            }
            _ => {
                tracing::warn!(error = %Chain(error), "a change of an organisation was refused");
                Outcome::Refused
            }
        }
    }
}
