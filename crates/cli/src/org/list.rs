//! `tenantry org list` and `show`.

use std::io::Write as _;

use anyhow::Context as _;
use domain::exports;
use domain::inventory::{self, Listed};
use files::Files;
use tenancy::Database;

/// A line for each.
pub(super) async fn all(database: &Database) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for one in inventory::list(database).await? {
        let state = match (one.deleted_at, one.closing) {
            (Some(_), _) => "deleted",
            (None, true) => "closing",
            (None, false) => "active",
        };
        writeln!(
            out,
            "{:<32} {:<24} {:<10} {:<8} {:>4} members  {}",
            one.id, one.slug, one.plan, state, one.members, one.name
        )?;
    }
    Ok(())
}

/// What there is of one.
pub(super) async fn one(database: &Database, found: &Listed, files_dir: Option<&str>) -> anyhow::Result<()> {
    let files = files_dir.filter(|text| !text.is_empty()).map_or_else(|| Ok(Files::default()), Files::parse);
    let files = files.context("FILES_DIR")?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "id       {}\naddress  {}\nname     {}", found.id, found.slug, found.name)?;
    writeln!(out, "plan     {}\nmembers  {}\nmade     {}", found.plan, found.members, found.created_at)?;
    if let Some(at) = found.deleted_at {
        writeln!(out, "deleted  {at}")?;
    }
    if let Some(at) = found.erase_at {
        writeln!(out, "erased   {at}, unless it is restored")?;
    }
    for (table, rows) in inventory::rows(database, &found.id).await? {
        writeln!(out, "{rows:>9} rows in {table}")?;
    }
    if files.folder().is_dir() {
        for file in exports::files_of(&files, &found.id).await? {
            writeln!(out, "{:>9} bytes in {}", file.bytes, file.name)?;
        }
    }
    Ok(())
}
