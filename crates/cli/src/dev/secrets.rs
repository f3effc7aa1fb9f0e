//! Secrets of this data folder: made up once, and kept where only their owner can read them.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use rand::Rng as _;
use rand::distr::Alphanumeric;

const CLERK: &str = "CLERK_SECRET_KEY";
const WEBHOOK: &str = "CLERK_WEBHOOK_SIGNING_SECRET";
const STRIPE: &str = "STRIPE_SECRET_KEY";
const STRIPE_WEBHOOKS: &str = "STRIPE_WEBHOOK_SECRETS";
const ERASURE: &str = "ERASURE_SIGNING_KEY";
const ROLES: &str = "DATABASE_ROLES_PASSWORD";

/// What the parts authenticate each other with.
#[derive(Clone)]
pub(crate) struct Secrets {
    /// The sandbox's Backend API asks for it.
    pub(crate) clerk_secret_key: String,
    /// The sandbox signs webhooks with it.
    pub(crate) webhook_secret: String,
    /// The sandbox's Stripe asks for it.
    pub(crate) stripe_secret_key: String,
    /// The sandbox's Stripe signs webhooks with it.
    pub(crate) stripe_webhook_secret: String,
    /// Erasure records are signed with it.
    pub(crate) erasure_signing_key: String,
    /// Of our four roles, on a server that is not our own.
    pub(crate) roles_password: String,
}

impl Secrets {
    /// Reads `secrets.env`, and adds to it what is missing.
    pub(crate) fn of(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join("secrets.env");
        let kept = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        let value = |name: &str, make: &dyn Fn() -> String| {
            let line = kept.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.filter(|value| !value.is_empty()).map_or_else(make, str::to_owned)
        };
        let secrets = Self {
            clerk_secret_key: value(CLERK, &|| format!("sk_test_sandbox_{}", letters())),
            webhook_secret: value(WEBHOOK, &|| format!("whsec_{}", BASE64_STANDARD.encode(rand::random::<[u8; 24]>()))),
            stripe_secret_key: value(STRIPE, &|| format!("sk_test_{}", alphanumerics())),
            stripe_webhook_secret: value(STRIPE_WEBHOOKS, &|| format!("whsec_{}", alphanumerics())),
            erasure_signing_key: value(ERASURE, &|| BASE64_STANDARD.encode(rand::random::<[u8; 32]>())),
            roles_password: value(ROLES, &letters),
        };
        let text: String = [
            (CLERK, &secrets.clerk_secret_key),
            (WEBHOOK, &secrets.webhook_secret),
            (STRIPE, &secrets.stripe_secret_key),
            (STRIPE_WEBHOOKS, &secrets.stripe_webhook_secret),
            (ERASURE, &secrets.erasure_signing_key),
            (ROLES, &secrets.roles_password),
        ]
        .iter()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
        if text != kept {
            write_private(&path, &text)?;
        }
        Ok(secrets)
    }
}

/// Writes a file that only its owner can read, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let _ = fs::remove_file(&unfinished);
    let write = || {
        let mut file = File::options().create_new(true).write(true).mode(0o600).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&unfinished, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

/// 192 bits as letters, digits, `-` and `_`.
fn letters() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}

/// As Stripe's keys are written: letters and digits only.
fn alphanumerics() -> String {
    rand::rng().sample_iter(Alphanumeric).take(32).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::Secrets;

    #[test]
    fn made_once_kept_and_closed() {
        let folder = tempfile::tempdir().unwrap();
        let first = Secrets::of(folder.path()).unwrap();
        let second = Secrets::of(folder.path()).unwrap();
        assert_eq!(first.clerk_secret_key, second.clerk_secret_key);
        assert_eq!(first.webhook_secret, second.webhook_secret);
        assert!(first.clerk_secret_key.starts_with("sk_test_sandbox_"));
        let mode = std::fs::metadata(folder.path().join("secrets.env")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_file_of_an_older_program_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secrets.env"), "CLERK_SECRET_KEY=sk_test_sandbox_kept\n").unwrap();
        let secrets = Secrets::of(folder.path()).unwrap();
        assert_eq!(secrets.clerk_secret_key, "sk_test_sandbox_kept");
        assert!(secrets.webhook_secret.starts_with("whsec_"));
        assert!(secrets.stripe_secret_key.starts_with("sk_test_"));
        assert!(secrets.stripe_webhook_secret.starts_with("whsec_"));
    }
}
