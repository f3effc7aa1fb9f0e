//! How the connections to the database are used.

use clap::Args;
use clap::builder::FalseyValueParser;
use tenancy::{ContextKey, PoolOptions, Statements};

use super::Complaints;
use super::complaints::Shown;

/// As given.
#[derive(Args, Debug, Default)]
pub(crate) struct PoolArguments {
    /// Serve from a Postgres that lacks security repairs: for development, not for customers
    #[arg(long, env = "ALLOW_OLD_POSTGRES", value_parser = FalseyValueParser::new())]
    allow_old_postgres: bool,
    /// `unnamed` where a pooler in transaction mode stands between, `prepared` otherwise
    #[arg(long, env = "DATABASE_STATEMENTS", value_name = "HOW")]
    database_statements: Option<String>,
    /// Signs every transaction's organisation, for a database that asks for it: name:64 hexadecimal digits
    #[arg(long, env = "CONTEXT_KEY", value_name = "KEY", hide_env_values = true)]
    context_key: Option<String>,
}

impl PoolArguments {
    pub(crate) fn allow_old_postgres(&self) -> bool {
        self.allow_old_postgres
    }

    pub(crate) fn check(&self, complaints: &mut Complaints) -> PoolOptions {
        let statements = complaints.optional(
            "DATABASE_STATEMENTS",
            "prepared or unnamed",
            Shown::Value,
            self.database_statements.as_deref(),
            |text| match text {
                "prepared" => Some(Statements::Prepared),
                "unnamed" => Some(Statements::Unnamed),
                _ => None,
            },
        );
        let context_key = context_key(complaints, self.context_key.as_deref());
        PoolOptions { statements: statements.unwrap_or_default(), context_key, ..PoolOptions::default() }
    }
}

/// The key as checked, if one is given.
pub(crate) fn context_key(complaints: &mut Complaints, given: Option<&str>) -> Option<ContextKey> {
    let form = "k1: and 64 hexadecimal digits, as `openssl rand -hex 32` makes them";
    complaints.optional("CONTEXT_KEY", form, Shown::Nothing, given, |text| ContextKey::parse(text).ok())
}
