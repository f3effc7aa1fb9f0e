//! `tenantry job run purge`: what is due is erased, or only counted.

use std::io::Write;
use std::process::ExitCode;

use domain::exports;
use domain::lifecycle::erasure;
use files::Files;
use tenancy::Database;

/// Exit code 1 where more are due than may be erased at once.
pub(super) async fn say_what_is_due(database: &Database, files: &Files, most: usize) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let due = erasure::due(database).await?;
    for one in &due {
        writeln!(out, "{:<32} deleted {}, due since {}", one.id, one.deleted_at, one.erase_at)?;
        for (table, rows) in erasure::count(database, &one.id).await? {
            writeln!(out, "  {table:<40} {rows}")?;
        }
        let kept = exports::files_of(files, &one.id).await?.len();
        if kept > 0 {
            writeln!(out, "  {:<40} {kept}", "files")?;
        }
    }
    let begun = erasure::begun(database).await?;
    for one in &begun {
        writeln!(out, "{one:<32} begun; {} comes next", erasure::step(database, one).await?.as_str())?;
    }
    writeln!(out, "{} due, {} begun, nothing erased", due.len(), begun.len())?;
    if due.len() > most {
        writeln!(out, "more than {most} at once are not erased: raise MOST_ERASED_AT_ONCE if that is right")?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether all that is due was erased.
pub(super) async fn erase_what_is_due(state: &worker::State) -> anyhow::Result<bool> {
    let erased = worker::erase_due(state).await?;
    let mut out = std::io::stdout().lock();
    for one in &erased.done {
        writeln!(out, "{one:<32} erased")?;
    }
    for one in &erased.restored {
        writeln!(out, "{one:<32} restored in the last moment")?;
    }
    for (one, why) in &erased.stuck {
        writeln!(out, "{one:<32} not erased to the end: {why}")?;
    }
    if !erased.refused.is_empty() {
        let most = state.ends.most_erased;
        writeln!(
            out,
            "{} are due, and no more than {most} are erased at once: raise MOST_ERASED_AT_ONCE if that is right",
            erased.refused.len()
        )?;
    }
    writeln!(out, "{} erased", erased.done.len())?;
    Ok(erased.stuck.is_empty() && erased.refused.is_empty())
}
