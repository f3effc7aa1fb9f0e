//! An export that whoever runs the installation makes, to wherever they want it.

use archive::Whole;
use serde_json::json;
use tenancy::{Database, OrganisationId};

use super::contents::{self, NotMade, Sink};
use crate::audit_log::{self, Author, Entry};
use crate::{OrgJob, Result};

/// Under which name the database is asked.
const BY_HAND: &str = "export_by_operator";

/// Writes everything an organisation has, which goes into its audit log first, under the operator's name.
pub async fn by_operator(
    database: &Database,
    organisation: &OrganisationId,
    operator: &str,
    sink: &mut impl Sink,
) -> Result<Whole, NotMade> {
    let mut inside = OrgJob::reading(database, organisation, BY_HAND).await?;
    let entry = Entry::new("export.downloaded").on(organisation, &inside.name).after(json!({ "by": "command line" }));
    audit_log::write(&mut inside.transaction, &Author::operator(operator), "done", entry).await?;
    inside.transaction.commit().await?;
    let mut reading = OrgJob::snapshot(database, organisation, BY_HAND).await?;
    contents::write(&mut reading, sink).await
}
