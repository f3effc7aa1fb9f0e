//! `tenantry org export`.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use domain::exports::{self, NotMade, Sink};
use domain::inventory::Listed;
use tenancy::Database;

/// Writes it under another name first: under its own there is a whole archive, or none.
pub(super) async fn run(database: &Database, found: &Listed, to: &Path, operator: &str) -> anyhow::Result<()> {
    if to.exists() {
        bail!("{} is there already", to.display());
    }
    let mut name = to.file_name().context("--to names no file")?.to_owned();
    name.push(".part");
    let unfinished = to.with_file_name(name);
    // Customers' data: nobody else on this machine reads it.
    let made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
    let mut sink = ToFile { file: made.with_context(|| unfinished.display().to_string())? };
    let written = exports::by_operator(database, &found.id, operator, &mut sink).await;
    let kept = written.map_err(anyhow::Error::from).and_then(|whole| {
        sink.file.sync_all()?;
        std::fs::rename(&unfinished, to)?;
        Ok(whole)
    });
    match kept {
        Ok(whole) => {
            let mut out = std::io::stdout().lock();
            writeln!(out, "{}: {} rows, {} bytes, sha256 {}", to.display(), whole.rows, whole.bytes, whole.sha256)?;
            Ok(())
        }
        Err(error) => {
            std::fs::remove_file(&unfinished).context("removing what was written")?;
            Err(error.context(format!("{} was not written", to.display())))
        }
    }
}

struct ToFile {
    file: File,
}

impl Sink for ToFile {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), NotMade> {
        Ok(self.file.write_all(&bytes).map_err(files::Error::from)?)
    }

    async fn told(&mut self, done: u64, expected: u64) -> Result<(), NotMade> {
        tracing::debug!(done, expected, "rows written");
        Ok(())
    }
}
