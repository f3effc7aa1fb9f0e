//! The roles an instance knows, and the permissions they are made of.

use super::{Backend, page};
use crate::error::Error;
use crate::types::{Page, Permission, Role};

impl Backend {
    /// Roles with their permissions, system ones included, one page (`limit` 1 to 500).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_organization_roles(&self, limit: u32, offset: u32) -> Result<Page<Role>, Error> {
        self.get(&["organization_roles"], &page(limit, offset)).await
    }

    /// Permissions, one page (`limit` 1 to 500).
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_organization_permissions(&self, limit: u32, offset: u32) -> Result<Page<Permission>, Error> {
        self.get(&["organization_permissions"], &page(limit, offset)).await
    }
}
