//! `tenantry context`: whether the database believes a transaction's organisation without a signature.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::{BadConfiguration, Complaints, Shown, context_key, database_url};

/// As given.
#[derive(Args, Debug)]
pub(crate) struct ContextArguments {
    /// Database, as the role tenantry_owner
    #[arg(long, env = "OWNER_DATABASE_URL", value_name = "URL", hide_env_values = true, global = true)]
    owner_database_url: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// How it stands, and which keys the database knows
    Show,
    /// Add a key and believe signed contexts alone; servers and workers then need CONTEXT_KEY
    Sign {
        /// The key to add: name:64 hexadecimal digits
        #[arg(long, env = "CONTEXT_KEY", value_name = "KEY", hide_env_values = true)]
        context_key: Option<String>,
    },
    /// Believe contexts without a signature again
    Plain,
    /// Forget a key, after every server and worker has a newer one
    Forget {
        /// Name of the key, before its colon
        name: String,
    },
}

/// Shows or changes it.
pub(crate) async fn run(arguments: &ContextArguments) -> anyhow::Result<ExitCode> {
    let mut complaints = Complaints::default();
    let url = complaints.required(
        "OWNER_DATABASE_URL",
        "postgresql://tenantry_owner:password@host/tenantry",
        Shown::Nothing,
        arguments.owner_database_url.as_deref(),
        database_url,
    );
    let key = match &arguments.action {
        Action::Sign { context_key: given } => context_key(&mut complaints, given.as_deref()),
        _ => None,
    };
    let url = complaints.finish(|| url)?;
    match &arguments.action {
        Action::Show => {}
        Action::Sign { .. } => {
            let key = key.ok_or_else(|| {
                BadConfiguration::one(
                    "CONTEXT_KEY is missing. It should look like k1: and 64 hexadecimal digits, as `openssl rand -hex 32` makes them",
                )
            })?;
            tenancy::sign_contexts(&url, &key).await?;
        }
        Action::Plain => tenancy::plain_contexts(&url).await?,
        Action::Forget { name } => {
            if !tenancy::forget_context_key(&url, name).await? {
                say(&format!("no key {name:?} was known"));
            }
        }
    }
    let signing = tenancy::signing(&url).await?;
    let believed = if signing.signed { "signed contexts alone" } else { "contexts without a signature" };
    let keys = if signing.keys.is_empty() { "none".to_owned() } else { signing.keys.join(", ") };
    say(&format!("the database believes {believed}; keys it knows: {keys}"));
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn say(text: &str) {
    println!("{text}");
}
