//! An organisation being made at Clerk, and what came of it, also where Clerk does not say.
//!
//! Each form that is sent has a number, which Clerk keeps with the organisation. After an answer that says nothing the
//! person's organisations are looked through for it, and a form that is sent again goes on with what the first made.

use std::time::Duration;

use clerk::backend::{NewOrganization, OrganizationFilter};
use clerk::types::Organization;
use clerk::{Backend, Error, Refused};
use serde_json::{Value, json};
use tenancy::UserId;
use uuid::Uuid;

use crate::slug::Slug;

/// Where the number stands in the organisation's private metadata.
const NUMBER: &str = "tenantry_form";
/// A change that was under way when we stopped waiting shows up within these pauses, or is unlikely to.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2)];
/// Somebody is waiting, and has waited for the first answer already.
const PATIENCE: Duration = Duration::from_secs(8);
/// Newest first, so that a few are enough.
const LOOKED_THROUGH: u32 = 100;

/// What a person asks for.
pub(crate) struct Creation<'a> {
    pub(crate) name: &'a str,
    pub(crate) slug: &'a Slug,
    pub(crate) creator: &'a UserId,
    /// Of the form.
    pub(crate) number: Uuid,
    /// Whether the form was sent before, and nobody knows what came of it.
    pub(crate) again: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Created {
    Yes(Box<Organization>),
    /// Clerk says no, or was not reached.
    No(Error),
    /// Clerk did not say, and does not have it now.
    NotSeen,
    /// Clerk did not say, and does not say what there is.
    Unknown,
}

impl Creation<'_> {
    /// Has it made, or finds it made.
    pub(crate) async fn at(&self, backend: &Backend) -> Created {
        if self.again {
            match self.find(backend).await {
                Ok(Some(made)) => return Created::Yes(Box::new(made)),
                Ok(None) => {}
                // To have another made while nobody knows of the first would make two.
                Err(_) => return Created::Unknown,
            }
        }
        match self.ask(backend).await {
            Ok(made) => Created::Yes(Box::new(made)),
            Err(error) if error.may_have_happened() => {
                tracing::warn!(%error, "whether an organisation was created is not known yet");
                self.look(backend).await
            }
            Err(error) => Created::No(error),
        }
    }

    async fn ask(&self, backend: &Backend) -> Result<Organization, Error> {
        let mut new = NewOrganization {
            name: self.name.to_owned(),
            slug: Some(self.slug.as_str().to_owned()),
            created_by: Some(self.creator.to_string()),
            private_metadata: Some(json!({ NUMBER: self.number })),
        };
        match backend.create_organization(&new).await {
            // The instance knows no addresses; the directory will make one of the id.
            Err(error) if error.refused() == Refused::SlugsDisabled => {
                new.slug = None;
                backend.create_organization(&new).await
            }
            answer => answer,
        }
    }

    async fn look(&self, backend: &Backend) -> Created {
        let looking = async {
            let mut seen = Created::Unknown;
            for pause in PAUSES {
                tokio::time::sleep(pause).await;
                match self.find(backend).await {
                    Ok(Some(made)) => return Created::Yes(Box::new(made)),
                    Ok(None) => seen = Created::NotSeen,
                    Err(error) => tracing::warn!(%error, "Clerk does not say which organisations there are"),
                }
            }
            seen
        };
        tokio::time::timeout(PATIENCE, looking).await.unwrap_or(Created::Unknown)
    }

    /// Among the creator's own: a number says nothing about anybody else's.
    async fn find(&self, backend: &Backend) -> Result<Option<Organization>, Error> {
        let filter = OrganizationFilter {
            user_ids: vec![self.creator.to_string()],
            order_by: Some("-created_at".to_owned()),
            limit: Some(LOOKED_THROUGH),
            ..OrganizationFilter::default()
        };
        let number = Value::from(self.number.to_string());
        let theirs = backend.list_organizations(&filter).await?.data;
        Ok(theirs.into_iter().find(|one| one.private_metadata[NUMBER] == number))
    }
}
