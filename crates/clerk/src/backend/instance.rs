//! The instance itself: what it is and how organisations are set up in it.

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

    /// How organisations are set up.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn organization_settings(&self) -> Result<OrganizationSettings, Error> {
        self.get(&["instance", "organization_settings"], &[]).await
    }
}
