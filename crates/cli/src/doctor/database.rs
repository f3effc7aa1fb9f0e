//! The database: whether we are let in as the right role, and what stands between organisations besides policies.

use tenancy::{Database, Hardening, PoolOptions};

use super::diagnosis::Diagnosis;

/// Connects as the program would.
pub(super) async fn connects(
    diagnosis: &mut Diagnosis,
    variable: &str,
    url: &str,
    options: PoolOptions,
) -> Option<Database> {
    let database = match Database::connect(url, options).await {
        Ok(database) => database,
        Err(error) => {
            diagnosis.broken(&format!("{variable}: {error}"));
            return None;
        }
    };
    diagnosis.good(&format!("{variable}: connected, as a role that row-level security binds"));
    let Hardening { settings_are_closed, contexts_are_signed, commits_are_durable, server_version } =
        database.hardening();
    let version = pg_local::Version { major: server_version / 10_000, minor: server_version % 10_000 };
    match version.lacks_repairs_until() {
        Some(repaired) => diagnosis.careful(&format!(
            "PostgreSQL {version} lacks security repairs that {repaired} has: good enough to develop with, not to serve customers"
        )),
        None => diagnosis.good(&format!("PostgreSQL {version}")),
    }
    if commits_are_durable {
        diagnosis.good("what is committed is on disk before anybody is told");
    } else {
        diagnosis.careful(Hardening::LOSSY_COMMITS);
    }
    if settings_are_closed {
        diagnosis.good("nobody may call set_config: no expression inside a statement can change its organisation");
    } else if contexts_are_signed {
        diagnosis.good("anybody may call set_config, and it changes nothing: contexts are signed");
    } else {
        diagnosis.careful(Hardening::OPEN_SETTINGS);
    }
    diagnosis.good(if contexts_are_signed {
        "the database believes signed contexts alone"
    } else {
        "contexts are not signed (tenantry context sign; see docs/decisions/0007-signed-contexts.md)"
    });
    Some(database)
}

/// Whether the tables are those that this program expects.
pub(super) async fn migrations(diagnosis: &mut Diagnosis, owner_url: &str) {
    match tenancy::pending_migrations(owner_url).await {
        Ok(missing) if missing.is_empty() => diagnosis.good("every migration is applied"),
        Ok(missing) => {
            diagnosis.broken(&format!("migrations are missing: {}. Run: tenantry migrate", missing.join(", ")));
        }
        Err(error) => diagnosis.broken(&format!("OWNER_DATABASE_URL: {error}")),
    }
}
