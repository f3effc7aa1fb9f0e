//! `tenantry org import`.

use std::fs::File;
use std::io::{BufReader, Seek as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};
use archive::{Archive, digest};
use domain::imports;
use tenancy::Database;

/// Reads the archive to its end before anything is written; then all of it is brought in, or nothing.
pub(super) async fn run(database: &Database, path: &Path, operator: &str) -> anyhow::Result<()> {
    let about = std::fs::symlink_metadata(path).with_context(|| path.display().to_string())?;
    if !about.is_file() {
        bail!("{} is no plain file", path.display());
    }
    let mut file = File::open(path).with_context(|| path.display().to_string())?;
    let sha256 = digest(&mut file)?;
    file.rewind()?;
    let refused = || format!("{} was not imported", path.display());
    let mut archive = Archive::open(BufReader::new(file)).with_context(refused)?;
    let imported = imports::import(database, &mut archive, &sha256, operator).await.with_context(refused)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} at {}: {} rows imported", imported.organisation, imported.slug, imported.rows)?;
    Ok(())
}
