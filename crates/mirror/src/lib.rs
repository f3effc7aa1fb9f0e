//! Keeps our directory equal to Clerk's: asks for the state as it is now and writes it down.
//!
//! Used for every event of Clerk's, and by the server when a session arrives before its webhook.

mod reconcile;
mod tell;

use std::sync::Arc;

use clerk::backend::OrganizationChange;
use clerk::types::{OrganizationMembership, SessionState, User};
use clerk::{Backend, Error as ClerkError};
use domain::directory::{self, OrganisationRecord, PersonRecord};
use domain::{Access, BaseRole, Org};
use tenancy::{Database, OrganisationId, UserId};
use tokio::sync::OnceCell;

/// Memberships asked for at once; Clerk gives 500 at most.
const PAGE: u32 = 500;

/// Why the directory could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Clerk did not answer, or not sensibly.
    #[error("asking Clerk: {0}")]
    Clerk(#[from] ClerkError),
    /// The answer could not be written.
    #[error(transparent)]
    Domain(#[from] domain::Error),
}

/// Brings people and organisations of our directory up to date. Cheap to clone.
#[derive(Clone)]
pub struct Mirror {
    database: Database,
    backend: Backend,
    /// `ins_…`, once Clerk has said it.
    instance: Arc<OnceCell<String>>,
    /// Where this installation is reached, without a slash at its end: links in mails begin with it.
    links: Option<Arc<str>>,
}

impl Mirror {
    /// Writes to this database what this Clerk says.
    pub fn new(database: Database, backend: Backend) -> Self {
        Self { database, backend, instance: Arc::default(), links: None }
    }

    /// The same, for who has mails sent: their links lead to this address.
    #[must_use]
    pub fn leading_to(self, public_base_url: &str) -> Self {
        Self { links: Some(public_base_url.trim_end_matches('/').into()), ..self }
    }

    /// Asks Clerk once which instance it is, so that no event has to wait for that answer.
    pub async fn know_the_instance(&self) -> Result<(), Error> {
        self.instance().await.map(|_| ())
    }

    /// Whether something that says it happened in this instance of Clerk's can be about ours.
    pub async fn is_ours(&self, instance: &str) -> Result<bool, Error> {
        Ok(self.instance().await? == instance)
    }

    async fn instance(&self) -> Result<&String, Error> {
        let ask = async || Ok(self.backend.instance().await?.id);
        self.instance.get_or_try_init(ask).await
    }

    /// A person with all their memberships and the organisations these are in. Banned people are nobody here.
    pub async fn user(&self, user: &UserId) -> Result<(), Error> {
        let asked_at = directory::now(&self.database).await?;
        let answer = match self.backend.get_user(user.as_str()).await {
            Err(error) if error.is_not_found() => {
                return Ok(directory::forget_person(&self.database, user, asked_at).await?);
            }
            answer => answer?,
        };
        if answer.banned || answer.deprovisioned {
            return Ok(directory::shut_out_person(&self.database, user, asked_at).await?);
        }
        let memberships = self.memberships(user).await?;
        let memberships = memberships.iter().filter_map(membership).collect();
        let record = PersonRecord::new(user.clone(), answer.email().unwrap_or_default(), &name(&answer), memberships);
        let verified = answer.email_addresses.iter().filter(|address| address.is_verified());
        let record = record.verified(verified.map(|address| address.email_address.as_str()));
        Ok(directory::record_person(&self.database, &record, asked_at).await?)
    }

    /// Has Clerk delete a person's account, and forgets them here.
    pub async fn delete_person(&self, user: &UserId) -> Result<(), Error> {
        match self.backend.delete_user(user.as_str()).await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            // Asked once more, whatever was said: what is written is how it is.
            _ => self.user(user).await,
        }
    }

    /// An organisation's name and address, or that it is gone.
    pub async fn organisation(&self, organisation: &OrganisationId) -> Result<(), Error> {
        let asked_at = directory::now(&self.database).await?;
        match self.backend.get_organization(organisation.as_str()).await {
            Err(error) if error.is_not_found() => {
                Ok(directory::organisation_gone(&self.database, organisation, asked_at).await?)
            }
            answer => match record(&answer?) {
                Some(record) => Ok(directory::record_organisation(&self.database, &record, asked_at).await?),
                None => Ok(()),
            },
        }
    }

    /// Has Clerk change an organisation's name or address for a member, and writes down what came of it; gives the address.
    pub async fn rename(&self, change: &OrganizationChange, by: &Access, org: &Org) -> Result<String, Error> {
        let asked_at = directory::now(&self.database).await?;
        let answer = self.backend.update_organization(org.organisation().as_str(), change).await?;
        let Some(record) = record(&answer) else { return Ok(org.slug().to_owned()) };
        directory::record_renamed(&self.database, &record, asked_at, by, org).await?;
        Ok(record.slug().to_owned())
    }

    /// Deletes an organisation at Clerk, with its memberships and invitations there. Nothing to do where it is gone.
    pub async fn delete_organisation(&self, organisation: &OrganisationId) -> Result<(), Error> {
        match self.backend.delete_organization(organisation.as_str()).await {
            Err(error) if !error.is_not_found() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// A session of the person's is over; nothing is answered to its last token.
    pub async fn session_ended(&self, user: &UserId, session: &str) -> Result<(), Error> {
        if !directory::session_ended(&self.database, user, session).await? {
            // The event came before the one about the person.
            self.user(user).await?;
            directory::session_ended(&self.database, user, session).await?;
        }
        Ok(())
    }

    /// Ends a session at Clerk, where that was not done yet.
    pub async fn end_session(&self, session: &str) -> Result<(), Error> {
        match self.backend.revoke_session(session).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) if error.is_transient() => Err(error.into()),
            // Refused: of a session that is over there is nothing left to end.
            Err(error) => match self.backend.get_session(session).await?.status {
                SessionState::Active | SessionState::Pending => Err(error.into()),
                _ => Ok(()),
            },
        }
    }

    async fn memberships(&self, user: &UserId) -> Result<Vec<OrganizationMembership>, ClerkError> {
        let mut all = Vec::new();
        loop {
            let offset = u32::try_from(all.len()).unwrap_or(u32::MAX);
            match self.backend.list_user_memberships(user.as_str(), PAGE, offset).await {
                // The person went between two questions.
                Err(error) if error.is_not_found() => return Ok(all),
                Err(error) => return Err(error),
                Ok(page) => {
                    let last = page.data.len() < PAGE as usize;
                    all.extend(page.data);
                    if last {
                        return Ok(all);
                    }
                }
            }
        }
    }
}

fn membership(membership: &OrganizationMembership) -> Option<(OrganisationRecord, BaseRole)> {
    Some((record(&membership.organization)?, BaseRole::from_clerk(&membership.role)))
}

/// `None` for an id that is none: skipped and said, so that one bad row does not stop the others.
fn record(organization: &clerk::types::Organization) -> Option<OrganisationRecord> {
    let Ok(id) = OrganisationId::parse(&organization.id) else {
        tracing::warn!(id = organization.id, "Clerk named an organisation by an id of unknown form");
        return None;
    };
    Some(OrganisationRecord::new(id, organization.slug.as_deref(), &organization.name))
}

/// First and last name, else the address's local part, else a word.
fn name(user: &User) -> String {
    let parts = [user.first_name.as_deref(), user.last_name.as_deref()];
    let full = parts.into_iter().flatten().map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if !full.is_empty() {
        return full;
    }
    let local = user.email().unwrap_or_default().split(['+', '@']).next().unwrap_or_default();
    if local.is_empty() { "Unnamed".to_owned() } else { local.to_owned() }
}
