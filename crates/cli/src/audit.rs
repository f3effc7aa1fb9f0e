//! `tenantry audit`: every way round the isolation of tenants, in our database or any other.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use ::audit::{Settings, Subject};
use anyhow::{Context as _, bail};
use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use crate::config::{BadConfiguration, Complaints, Shown, database_url};

/// What was reviewed of our own database: roles, policies, and what is allowed with the reasons.
const OURS: &str = include_str!("../../../audit.toml");

/// As given.
#[derive(Args, Debug)]
pub(crate) struct AuditArguments {
    /// Database, as any role that may connect [default: DATABASE_URL]
    #[arg(long, env = "AUDIT_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Settings and allow-list [default: those of Tenantry, unless one of the next three is given]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Column that holds the tenant; may be repeated
    #[arg(long, value_name = "COLUMN")]
    key: Vec<String>,
    /// Role of the application; may be repeated [default: every role that may log in and reaches a table]
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    /// Schema to look at; may be repeated [default: all]
    #[arg(long, value_name = "SCHEMA")]
    schema: Vec<String>,
    /// How to tell it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Try it too, as the role of the connection, in transactions that are rolled back
    #[arg(long)]
    attack: bool,
    /// Two tenants with rows, for --attack
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 2, requires = "attack")]
    tenants: Vec<String>,
    /// Say nothing of a Postgres that lacks security repairs: for development, not for customers
    #[arg(long, env = "ALLOW_OLD_POSTGRES", value_parser = FalseyValueParser::new())]
    allow_old_postgres: bool,
    /// Print the fingerprint of tables, policies and rights, and nothing else
    #[arg(long)]
    fingerprint: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

/// Exit code 0 when nothing was found, 1 when something was, 2 when the audit could not be made.
pub(crate) async fn run(arguments: &AuditArguments) -> anyhow::Result<ExitCode> {
    match audited(arguments).await {
        Ok(code) => Ok(code),
        Err(error) => Err(BadConfiguration::one(format!("{error:#}")).into()),
    }
}

async fn audited(arguments: &AuditArguments) -> anyhow::Result<ExitCode> {
    let given = arguments.database_url.clone().or_else(|| std::env::var("DATABASE_URL").ok());
    let mut complaints = Complaints::default();
    let form = "postgresql://tenantry_app:password@host/tenantry";
    let url = complaints.required("AUDIT_DATABASE_URL", form, Shown::Nothing, given.as_deref(), database_url);
    let url = complaints.finish(|| url)?;
    let settings = settings(arguments)?;
    let subject = subject(arguments, &settings);
    let client = ::audit::connect(&url).await?;
    if arguments.fingerprint {
        say(&::audit::fingerprint(&client, &subject).await?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut report = ::audit::examine(&client, subject.clone()).await?;
    if arguments.attack {
        let tenants = match arguments.tenants.as_slice() {
            [a, b] => Some((a.as_str(), b.as_str())),
            _ => None,
        };
        report.findings.extend(::audit::attack(&client, &subject, tenants).await?);
    }
    let mut report = report.allow(&settings);
    if arguments.allow_old_postgres {
        report = report.on_an_old_server();
    }
    say(&match arguments.format {
        Format::Text => ::audit::text(&report),
        Format::Json => format!("{:#}", ::audit::json(&report)),
        Format::Sarif => format!("{:#}", ::audit::sarif(&report)),
    })?;
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn settings(arguments: &AuditArguments) -> anyhow::Result<Settings> {
    let AuditArguments { settings, key, role, schema, .. } = arguments;
    match settings {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("--settings {}", file.display()))?;
            Ok(Settings::parse(&text).with_context(|| format!("--settings {}", file.display()))?)
        }
        None if key.is_empty() && role.is_empty() && schema.is_empty() => Ok(Settings::parse(OURS)?),
        None => Ok(Settings::default()),
    }
}

fn subject(arguments: &AuditArguments, settings: &Settings) -> Subject {
    let mut subject = settings.subject();
    for (given, wanted) in [
        (&arguments.key, &mut subject.keys),
        (&arguments.role, &mut subject.roles),
        (&arguments.schema, &mut subject.schemas),
    ] {
        if !given.is_empty() {
            wanted.clone_from(given);
        }
    }
    subject
}

/// The start-up check: refuses a database with a hole in it.
pub(crate) async fn refuse_holes(url: &str, allow_old_postgres: bool) -> anyhow::Result<()> {
    let settings = Settings::parse(OURS)?;
    let client = ::audit::connect(url).await?;
    let mut report = ::audit::examine(&client, settings.subject()).await?.allow(&settings);
    if allow_old_postgres {
        report = report.on_an_old_server();
    }
    let holes: Vec<String> = report
        .holes()
        .map(|hole| format!("{} {}: {}. Mend: {}", hole.lint, hole.object, hole.what, hole.mend))
        .collect();
    if holes.is_empty() {
        return Ok(());
    }
    let old = report.holes().any(|hole| hole.lint == "L36");
    let way_out = if old { "\nFor development on an old Postgres: ALLOW_OLD_POSTGRES=yes" } else { "" };
    bail!(
        "refusing to work on a database with holes in it (`tenantry audit` says why they matter):\n{}{way_out}",
        holes.join("\n")
    )
}

fn say(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", text.trim_end())
}
