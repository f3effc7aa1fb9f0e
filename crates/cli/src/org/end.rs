//! `tenantry org close` and `restore`.

use std::io::Write as _;

use anyhow::bail;
use domain::Error;
use domain::inventory::Listed;
use domain::lifecycle::by_operator;
use tenancy::Database;

/// Asks for the end; a worker does the rest.
pub(super) async fn close(database: &Database, found: &Listed, typed: &str, operator: &str) -> anyhow::Result<()> {
    match by_operator::close(database, &found.id, typed, operator).await {
        Err(Error::NotFound) => bail!("{} is deleted already", found.id),
        Err(Error::Invalid(_)) => bail!("{} was not closed: it is called {:?}", found.id, found.name),
        done => done?,
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} is closing: a worker ends its plan, then it is deleted and its people are told", found.id)?;
    Ok(())
}

/// Brings it back.
pub(super) async fn restore(database: &Database, found: &Listed, operator: &str) -> anyhow::Result<()> {
    let slug = match by_operator::restore(database, &found.id, operator).await {
        Err(Error::Conflict { message, .. }) => bail!("{} was not restored: {message}", found.id),
        done => done?,
    };
    writeln!(std::io::stdout(), "{} is at {slug}, without a plan that is paid for", found.id)?;
    Ok(())
}
