//! Migrations, embedded in the program and run by the owner under one lock.

use tokio_postgres::Config;

use crate::bootstrap::connect;
use crate::{Error, Result};

mod embedded {
    refinery::embed_migrations!("../../migrations");
}

/// Two programs that migrate at once wait for each other on this lock ("tenantry" in ASCII, shortened to 63 bits).
const LOCK: i64 = 0x7465_6e61_6e74_7279;

/// Applies what is missing, as the owner, and says how many that were.
pub async fn migrate(owner_url: &str) -> Result<usize> {
    let mut client = connect(&owner(owner_url)?).await?;
    client.execute("select pg_advisory_lock($1)", &[&LOCK]).await.map_err(|e| Error::of("migration lock", e))?;
    let report = runner().run_async(&mut client).await.map_err(|e| Error::Migration(chain(&e)))?;
    for migration in report.applied_migrations() {
        tracing::info!(migration = %migration, "applied");
    }
    // The lock goes with the connection.
    Ok(report.applied_migrations().len())
}

/// Names of the migrations this program has and the database has not.
pub async fn pending_migrations(owner_url: &str) -> Result<Vec<String>> {
    let mut client = connect(&owner(owner_url)?).await?;
    let runner = runner();
    let applied = runner.get_applied_migrations_async(&mut client).await.unwrap_or_default();
    let is_applied = |version| applied.iter().any(|migration| migration.version() == version);
    // As they would be run: by number.
    let mut pending: Vec<_> = runner.get_migrations().iter().filter(|m| !is_applied(m.version())).collect();
    pending.sort_by_key(|migration| migration.version());
    Ok(pending.into_iter().map(ToString::to_string).collect())
}

fn owner(url: &str) -> Result<Config> {
    url.parse().map_err(|e: tokio_postgres::Error| Error::Url(e.to_string()))
}

fn runner() -> refinery::Runner {
    let mut runner = embedded::migrations::runner().set_abort_divergent(true).set_abort_missing(true);
    // Named in full: the search path changes while migrations run.
    runner.set_migration_table_name("tenancy.schema_history");
    runner
}

/// What went wrong with all its causes: the outermost alone says little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
