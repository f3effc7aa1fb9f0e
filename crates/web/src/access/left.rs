//! Whoever was an admin of an organisation that is deleted, for what is left of it.

use axum::extract::{FromRequestParts, RawPathParams};
use domain::{Access, Org, OrgTx, Read};
use http::request::Parts;
use tenancy::OrganisationId;

use super::{SignedIn, door};
use crate::State;
use crate::error::{Error, Result};

/// The caller of the routes under `/deleted/{organisation}` that go inside. Whether they were an admin, and its time is not over
/// yet, is asked with each read and write; nothing is there for everybody else.
pub(crate) struct Left {
    org: Org,
}

impl Left {
    /// As a member reads.
    pub(crate) async fn read<T>(&self, read: Read<T>) -> Result<(Access, T)> {
        Ok(self.org.read(read).await?)
    }

    /// As a member writes.
    pub(crate) async fn write(&self) -> Result<OrgTx> {
        Ok(self.org.write().await?)
    }

    /// The address of something that is left.
    pub(crate) fn url(&self, rest: &str) -> String {
        format!("/deleted/{}/{rest}", self.org.organisation())
    }
}

impl FromRequestParts<State> for Left {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self> {
        let SignedIn { session, .. } = SignedIn::from_request_parts(parts, state).await?;
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Error::NotFound)?;
        let id = params.iter().find(|(name, _)| *name == "organisation").map(|(_, id)| id);
        let id = id.and_then(|id| OrganisationId::parse(id).ok()).ok_or(Error::NotFound)?;
        let org = Org::of_deleted(&state.database, id, session.user.clone()).from(door::origin(parts));
        Ok(Self { org: org.with_session(session.id(), session.presence()) })
    }
}
