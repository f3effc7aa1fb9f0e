//! The administrator's part: a database and the four roles, before any migration.

use tokio_postgres::{Config, NoTls};

use crate::{Error, Result};

const ROLES: &str = include_str!("../../../migrations/bootstrap.sql");

/// Creates the database if it is missing, and the four roles with their limits. Safe to repeat.
///
/// `admin_url` connects as a superuser; `name` is the database, in lower-case letters, digits and underscores.
pub async fn bootstrap(admin_url: &str, name: &str) -> Result<()> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(Error::Url(format!("database name {name:?}: lower-case letters, digits and underscores")));
    }
    let config: Config = admin_url.parse().map_err(|e: tokio_postgres::Error| Error::Url(e.to_string()))?;
    let admin = connect(&config).await?;
    let exists = admin.query_opt("select from pg_database where datname = $1", &[&name]).await;
    if exists.map_err(|e| Error::of("find database", e))?.is_none() {
        let create = format!("create database {name} template template0 encoding 'UTF8' locale 'C'");
        admin.batch_execute(&create).await.map_err(|e| Error::of("create database", e))?;
    }
    let database = connect(config.clone().dbname(name)).await?;
    database.batch_execute(ROLES).await.map_err(|e| Error::of("bootstrap.sql", e))?;
    let own = format!("alter database {name} owner to tenantry_owner");
    database.batch_execute(&own).await.map_err(|e| Error::of("bootstrap owner", e))
}

/// A plain connection for administration, outside the pool.
pub(crate) async fn connect(config: &Config) -> Result<tokio_postgres::Client> {
    let (client, connection) = config.connect(NoTls).await.map_err(|e| Error::Unreachable(e.to_string()))?;
    tokio::spawn(connection);
    Ok(client)
}
