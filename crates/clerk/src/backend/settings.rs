//! The instance itself, and how it treats organisations.

use super::Backend;
use crate::error::Error;
use crate::types::{Instance, OrganizationSettings};

impl Backend {
    /// The instance that the secret key belongs to.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn instance(&self) -> Result<Instance, Error> {
        self.get(&["instance"], &[]).await
    }

    /// The instance's switches and limits for organisations.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get_organization_settings(&self) -> Result<OrganizationSettings, Error> {
        self.get(&["instance", "organization_settings"], &[]).await
    }
}
