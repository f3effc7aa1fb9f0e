//! An organisation's logo: a small PNG that we made, never a file as it was uploaded.

use serde_json::json;
use tenancy::{Query, tenant_statements};

use crate::audit_log::Entry;
use crate::{OrgTx, Permission, Read, Result, organisations};

tenant_statements! {
    SHOW = "select logo.picture from logos as logo where logo.organisation_id = $1 and logo.digest = $2";
    SET = "
        insert into logos (organisation_id, picture, digest, changed_by) values ($1, $2, $3, $4)
        on conflict (organisation_id) do update
           set picture = excluded.picture, digest = excluded.digest, changed_by = excluded.changed_by, changed_at = now()";
    REMOVE = "delete from logos where organisation_id = $1 returning digest";
}

/// The largest picture that is kept, in bytes.
pub const LARGEST: usize = 262_144;

/// The picture of this digest; none where it is not the organisation's, or not any more.
pub fn show(digest: &str) -> Read<Option<Vec<u8>>> {
    let query = Query::new(SHOW).bind(digest.to_owned());
    Read::new(Permission::RunsRead, [query], |[rows]| Ok(rows.first().map(|row| row.get(0))))
}

/// Puts a picture in the place of the one there is. `digest`: SHA-256 of it, 64 hexadecimal digits.
pub async fn set(tx: &mut OrgTx, picture: Vec<u8>, digest: &str) -> Result<()> {
    tx.require(Permission::OrganisationManage)?;
    organisations::lock(tx).await?;
    let before = tx.access().organisation.logo.clone();
    tx.rows(Query::new(SET).bind(picture).bind(digest.to_owned()).bind(tx.who())).await?;
    let entry = Entry::new("organisation.changed").on_organisation(tx.access());
    tx.record(entry.before(json!({ "logo": before })).after(json!({ "logo": digest }))).await
}

/// Takes the picture away; harmless where there is none.
pub async fn remove(tx: &mut OrgTx) -> Result<()> {
    tx.require(Permission::OrganisationManage)?;
    organisations::lock(tx).await?;
    let removed = tx.rows(Query::new(REMOVE)).await?;
    let Some(digest) = removed.first().map(|row| row.get::<_, String>(0)) else { return Ok(()) };
    let entry = Entry::new("organisation.changed").on_organisation(tx.access());
    tx.record(entry.before(json!({ "logo": digest })).after(json!({ "logo": null }))).await
}
