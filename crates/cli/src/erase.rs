//! `tenantry erase`: what is left of erased organisations, and whether it is what was written.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::prelude::{BASE64_STANDARD, Engine};
use clap::{Args, Subcommand};
use domain::lifecycle::erasure::{self, ErasureRecord};
use serde::{Deserialize, Serialize};
use signatures::erasure::is_signed;
use tenancy::OrganisationId;

use crate::config::{BadConfiguration, WorkArguments};
use crate::serve::connect;

/// As given.
#[derive(Args, Debug)]
pub(crate) struct EraseArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Print the records of what was erased, one line of JSON each
    Records {
        /// Only of this organisation
        organisation: Option<String>,
        #[command(flatten)]
        work: Box<WorkArguments>,
    },
    /// Erase again what a restored backup has brought back: whatever these records say was erased is due at once
    Again {
        /// The file of records, as printed before the backup was restored; - reads them from the standard input
        file: PathBuf,
        #[command(flatten)]
        work: Box<WorkArguments>,
    },
    /// Check that records are as they were signed: needs the public key, and nothing of the installation
    Verify {
        /// The file of records; - reads them from the standard input
        file: PathBuf,
        /// The key they were signed with, as the installation publishes it
        #[arg(long, value_name = "KEY")]
        public_key: String,
    },
}

/// A record as it is handed out.
#[derive(Serialize, Deserialize)]
struct Signed {
    /// The text that was signed.
    record: String,
    /// In base64.
    signature: String,
    /// What to check it with, in base64.
    public_key: String,
}

/// Exit code 1 where a record is not what was signed.
pub(crate) async fn run(arguments: &EraseArguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::Records { organisation, work } => records(organisation.as_deref(), work).await,
        Command::Again { file, work } => again(file, work).await,
        Command::Verify { file, public_key } => verify(file, public_key),
    }
}

async fn records(organisation: Option<&str>, work: &WorkArguments) -> anyhow::Result<ExitCode> {
    let config = work.check()?;
    let database = connect("WORKER_DATABASE_URL", &config.database_url, config.pool).await?;
    let of = organisation.map(OrganisationId::parse).transpose();
    let of = of.map_err(|_| BadConfiguration::one("the organisation should be named by its id, as org_…"))?;
    let mut out = std::io::stdout().lock();
    for (record, signature) in erasure::records(&database, of.as_ref()).await? {
        let public_key = config.ends.signer.public_key();
        let signed = Signed { record, signature: BASE64_STANDARD.encode(signature), public_key };
        writeln!(out, "{}", serde_json::to_string(&signed)?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Only what this installation has signed: a record made up would erase somebody.
async fn again(file: &Path, work: &WorkArguments) -> anyhow::Result<ExitCode> {
    let config = work.check()?;
    let text = read(file)?;
    let key = config.ends.signer.public_key();
    let mut organisations = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |why| BadConfiguration::one(format!("line {}: {why}; nothing was done", number + 1));
        let record = checked(line, &key).map_err(wrong)?;
        organisations
            .push(OrganisationId::parse(&record.organisation_id).map_err(|_| wrong("it names no organisation"))?);
    }
    let database = connect("WORKER_DATABASE_URL", &config.database_url, config.pool).await?;
    let mut out = std::io::stdout().lock();
    for organisation in &organisations {
        if erasure::once_more(&database, organisation).await? {
            writeln!(out, "{organisation:<32} is there again, and due to be erased")?;
        }
    }
    writeln!(out, "{} looked for; `tenantry job run purge --once` erases what is due", organisations.len())?;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        return Ok(std::io::read_to_string(std::io::stdin())?);
    }
    let told = |error| BadConfiguration::one(format!("{} cannot be read: {error}", file.display()));
    Ok(std::fs::read_to_string(file).map_err(told)?)
}

fn verify(file: &Path, public_key: &str) -> anyhow::Result<ExitCode> {
    let text = read(file)?;
    let mut out = std::io::stdout().lock();
    let (mut good, mut bad) = (0, 0);
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match checked(line, public_key) {
            Ok(record) => {
                good += 1;
                let rows: i64 = record.counts.values().sum();
                writeln!(out, "{:<32} erased {}, {rows} rows", record.organisation_id, record.finished_at)?;
            }
            Err(why) => {
                bad += 1;
                writeln!(out, "line {}: {why}", number + 1)?;
            }
        }
    }
    writeln!(out, "{good} as signed, {bad} not")?;
    Ok(if bad == 0 && good > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn checked(line: &str, public_key: &str) -> Result<ErasureRecord, &'static str> {
    let signed: Signed =
        serde_json::from_str(line).map_err(|_| "this is no record as `tenantry erase records` prints it")?;
    let signature = BASE64_STANDARD.decode(&signed.signature).map_err(|_| "its signature is no base64")?;
    // The key that stands beside a record proves nothing: whoever changes the one changes the other.
    if !is_signed(&signed.record, &signature, public_key) {
        return Err("it is not what was signed with this key");
    }
    serde_json::from_str(&signed.record).map_err(|_| "it was signed, and is no record that this program knows")
}

#[cfg(test)]
mod tests {
    use signatures::erasure::Signer;

    use super::*;

    #[test]
    fn a_record_that_was_changed_is_told_from_one_that_was_not() {
        let signer = Signer::from_base64(&BASE64_STANDARD.encode([7; 32])).unwrap();
        let text = r#"{"organisation_id":"org_1","deleted_at":"2026-10-01T00:00:00Z","begun_at":"2026-11-01T00:00:00Z","finished_at":"2026-11-01T00:00:01Z","counts":{"tenantry.runs":5}}"#;
        let line = |text: &str, signature: Vec<u8>| {
            let (record, public_key) = (text.to_owned(), signer.public_key());
            serde_json::to_string(&Signed { record, signature: BASE64_STANDARD.encode(signature), public_key }).unwrap()
        };
        let good = line(text, signer.sign(text));
        assert_eq!(checked(&good, &signer.public_key()).unwrap().counts["tenantry.runs"], 5);
        let fewer = text.replace(":5", ":4");
        assert!(checked(&line(&fewer, signer.sign(text)), &signer.public_key()).is_err());
        // Signed by somebody else, whose key stands beside it.
        let other = Signer::from_base64(&BASE64_STANDARD.encode([8; 32])).unwrap();
        assert!(checked(&good, &other.public_key()).is_err());
        assert!(checked("{}", &signer.public_key()).is_err());
    }
}
