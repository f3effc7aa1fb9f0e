//! Runs the program with an environment that is ours alone.

use std::process::{Command, Output};

/// How a run ended and what it said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The program, ready to be run; nothing of the developer's environment but PATH reaches it.
pub(crate) fn tenantry(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Runs it to its end.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    tenantry(arguments).envs(environment.iter().copied()).output().unwrap().into()
}

/// Everything `serve` needs, correct in form, leading nowhere.
pub(crate) const SERVE: &[(&str, &str)] = &[
    ("PUBLIC_BASE_URL", "http://localhost:4590"),
    ("LISTEN", "127.0.0.1:0"),
    ("ALLOW_OLD_POSTGRES", "yes"),
    ("DATABASE_URL", "postgresql://tenantry_app@/tenantry?host=%2Fnonexistent"),
    ("CLERK_PUBLISHABLE_KEY", "pk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk"),
    ("CLERK_SECRET_KEY", "sk_test_sandbox_1"),
    ("CLERK_API_URL", "http://localhost:4591/bapi"),
    ("CLERK_JWKS_URL", "http://localhost:4591/.well-known/jwks.json"),
    ("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("STRIPE_SECRET_KEY", "sk_test_sandbox_1"),
    ("STRIPE_API_BASE", "http://localhost:4592"),
    ("STRIPE_WEBHOOK_SECRETS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ("ERASURE_SIGNING_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ("SMTP_URL", "smtp://localhost:4594"),
    ("MAIL_FROM", "Tenantry <mail@tenantry.example>"),
];

/// Everything `serve` needs in production, correct in form, leading nowhere.
pub(crate) const PRODUCTION: &[(&str, &str)] = &[
    ("APP_ENV", "production"),
    ("PUBLIC_BASE_URL", "https://app.tenantry.example"),
    ("LISTEN", "127.0.0.1:0"),
    ("DATABASE_URL", "postgresql://tenantry_app@/tenantry?host=%2Fnonexistent"),
    ("WORKER_DATABASE_URL", "postgresql://tenantry_worker@/tenantry?host=%2Fnonexistent"),
    // Of clerk.tenantry.example.
    ("CLERK_PUBLISHABLE_KEY", "pk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ"),
    ("CLERK_SECRET_KEY", "sk_live_dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4Q"),
    ("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4Q"),
    ("STRIPE_API_BASE", "http://localhost:4592"),
    ("STRIPE_SECRET_KEY", "sk_live_dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4Q"),
    ("STRIPE_WEBHOOK_SECRETS", "whsec_dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4Q"),
    ("ERASURE_SIGNING_KEY", "dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4QdY3zTqBvW8k="),
    ("SMTP_URL", "smtps://ada:dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4Q@smtp.tenantry.example"),
    ("MAIL_FROM", "Tenantry <mail@tenantry.example>"),
];

/// `SERVE` with one variable changed.
pub(crate) fn serve_with<'a>(name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut environment: Vec<(&str, &str)> = SERVE.iter().copied().filter(|(one, _)| *one != name).collect();
    environment.push((name, value));
    environment
}
