//! The directory as our tables have it, in the words of [`crate::Account::told`].

use std::collections::BTreeSet;

use tokio_postgres::Client;

const TOLD: &str = "
    select concat_ws(' ', 'person', id, name) from tenantry.users where deleted_at is null
    union all
    select concat_ws(' ', 'organisation', id, coalesce(clerk_slug, slug), name) from tenantry.organisations where deleted_at is null
    union all
    select concat_ws(' ', 'member', user_id, organisation_id, role)
      from tenantry.memberships join tenantry.organisations on organisations.id = organisation_id
     where deleted_at is null";

/// What our tables say, seen from behind the wall.
pub async fn directory_told(admin: &Client) -> BTreeSet<String> {
    admin.query(TOLD, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
