//! What stands between a statement that somebody tampered with and another organisation's rows.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::context::{self, Context};
use crate::{ContextKey, Error, Result};

/// Found once, when the pool is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hardening {
    /// Nobody may call `set_config`, so no expression inside a statement can change the organisation.
    pub settings_are_closed: bool,
    /// The database believes a context only with a signature, so no statement can change the organisation.
    pub contexts_are_signed: bool,
    /// What is committed is on disk before anybody is told, so that an acknowledged event outlives the machine.
    pub commits_are_durable: bool,
    /// As `server_version_num`: 150020 is 15.20.
    pub server_version: u32,
}

impl Hardening {
    /// What to say where [`Hardening::settings_are_closed`] is false and contexts are not signed.
    pub const OPEN_SETTINGS: &str = "anybody may call set_config in this database, so an expression smuggled into a \
        statement could change its organisation: as a superuser, revoke execute on function \
        pg_catalog.set_config(text, text, boolean) from public; where the server has no superuser for you, sign \
        contexts: tenantry context sign";
    /// What to say where [`Hardening::commits_are_durable`] is false.
    pub const LOSSY_COMMITS: &str = "this database acknowledges what is not on disk yet, so a crash loses what customers \
        and Clerk were told is kept: set synchronous_commit to on, for the server, the database and the role (alter \
        role … reset synchronous_commit)";
}

const LOOK: &str = "
    select has_function_privilege('pg_catalog.set_config(text, text, boolean)', 'execute'),
           current_setting('server_version_num')::int,
           to_regprocedure('tenancy.contexts_are_signed()') is not null,
           current_setting('synchronous_commit') <> 'off'";

/// Looks, and refuses a key that the database does not know or a database that asks for one we do not have.
/// Nothing is prepared: a pooler may stand between.
pub(crate) async fn look(client: &Client, key: Option<&ContextKey>) -> Result<Hardening> {
    let row = client.query_typed_one(LOOK, &[]).await.map_err(|e| Error::of("hardening", e))?;
    let (set_config, migrated): (bool, bool) = (row.get(0), row.get(2));
    let server_version = row.get::<_, i32>(1).unsigned_abs();
    let contexts_are_signed = migrated && signed(client).await?;
    let believed = match key.filter(|_| contexts_are_signed) {
        Some(key) => believes(client, key).await?,
        None => false,
    };
    context::agreed(contexts_are_signed, key, believed)?;
    let commits_are_durable = row.get(3);
    Ok(Hardening { settings_are_closed: !set_config, contexts_are_signed, commits_are_durable, server_version })
}

async fn signed(client: &Client) -> Result<bool> {
    match client.query_typed_one("select tenancy.contexts_are_signed()", &[]).await {
        Ok(row) => Ok(row.get(0)),
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Ok(false),
        Err(error) => Err(Error::of("hardening", error)),
    }
}

/// Whether the database believes a context signed with this key.
async fn believes(client: &Client, key: &ContextKey) -> Result<bool> {
    let failed = |e| Error::of("context probe", e);
    client.batch_execute(&Context::default().message("begin read only", Some(key))).await.map_err(failed)?;
    let row = client.query_typed_one("select tenancy.genuine('app.context', true) is not null", &[]).await;
    client.batch_execute("rollback").await.map_err(failed)?;
    Ok(row.map_err(failed)?.get(0))
}
