//! How the instance treats organisations.

use super::Backend;
use crate::error::Error;
use crate::types::OrganizationSettings;

impl Backend {
    /// The instance's switches and limits for organisations.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get_organization_settings(&self) -> Result<OrganizationSettings, Error> {
        self.get(&["instance", "organization_settings"], &[]).await
    }
}
