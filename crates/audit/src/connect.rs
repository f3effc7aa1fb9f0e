//! A connection of the audit's own, on nobody's pool.

use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls};

use crate::{Error, Result};

/// Connects; any role will do, the application's own or an administrator's.
///
/// # Errors
/// When the URL is none, or nobody answers there in ten seconds.
pub async fn connect(url: &str) -> Result<Client> {
    let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| Error::Url(error.to_string()))?;
    config.connect_timeout(Duration::from_secs(10)).application_name("audit");
    let reached = tokio::time::timeout(Duration::from_secs(10), config.connect(NoTls)).await;
    let (client, connection) = match reached {
        Ok(connected) => connected.map_err(|error| Error::Unreachable(with_cause(&error)))?,
        Err(_) => return Err(Error::Unreachable("no answer in 10 seconds".to_owned())),
    };
    tokio::spawn(connection);
    Ok(client)
}

/// The driver's own words are "db error"; what happened is in the cause.
fn with_cause(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}").replace('\n', " "),
        None => error.to_string(),
    }
}
