//! Configuration of the end of organisations.

use clap::Args;
use domain::lifecycle::RECOVERY_DAYS;
use signatures::erasure::Signer;
use worker::Ends;

use super::Complaints;
use super::complaints::Shown;

/// The server tells it, and the worker goes by it.
#[derive(Args, Debug, Default)]
pub(crate) struct RecoveryArgument {
    /// Days in which a deleted organisation can be restored [default: 30]
    #[arg(long, env = "RECOVERY_DAYS", value_name = "N")]
    recovery_days: Option<String>,
}

/// As given.
#[derive(Args, Debug, Default)]
pub(crate) struct EndsArguments {
    #[command(flatten)]
    recovery: RecoveryArgument,
    /// More organisations than this are not erased at once [default: 20]
    #[arg(long, env = "MOST_ERASED_AT_ONCE", value_name = "N")]
    most_erased_at_once: Option<String>,
    /// Seed of the key that signs erasure records, 32 bytes in base64
    #[arg(long, env = "ERASURE_SIGNING_KEY", value_name = "KEY", hide_env_values = true)]
    erasure_signing_key: Option<String>,
}

const KEY_FORM: &str = "32 random bytes in base64 (openssl rand -base64 32)";

impl RecoveryArgument {
    pub(super) fn check(&self, complaints: &mut Complaints) -> u32 {
        let days = |text: &str| text.parse::<u32>().ok().filter(|days| (1..=3650).contains(days));
        let window = self.recovery_days.as_deref();
        let window = complaints.optional("RECOVERY_DAYS", "30, from 1 to 3650", Shown::Value, window, days);
        window.unwrap_or(RECOVERY_DAYS)
    }
}

impl EndsArguments {
    pub(super) fn check(&self, complaints: &mut Complaints) -> Option<Ends> {
        let many = |text: &str| text.parse::<usize>().ok().filter(|many| *many > 0);
        let recovery_days = self.recovery.check(complaints);
        let most = self.most_erased_at_once.as_deref();
        let most = complaints.optional("MOST_ERASED_AT_ONCE", "20, and at least 1", Shown::Value, most, many);
        let key = self.erasure_signing_key.as_deref();
        let signer = complaints.required("ERASURE_SIGNING_KEY", KEY_FORM, Shown::Nothing, key, Signer::from_base64)?;
        let ends = Ends::new(signer);
        Some(Ends { recovery_days, most_erased: most.unwrap_or(ends.most_erased), ..ends })
    }
}
