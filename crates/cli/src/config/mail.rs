//! The mail server and the sender of our mails.

use clap::Args;
use mail::Config;

use super::Complaints;
use super::complaints::Shown;

/// As given. The crate `mail` judges their form, and refuses an unencrypted way to another machine.
#[derive(Args, Debug, Default)]
pub(crate) struct MailArguments {
    /// Mail server: smtps://user:password@host, or smtp:// for one with STARTTLS
    #[arg(long, env = "SMTP_URL", value_name = "URL", hide_env_values = true)]
    smtp_url: Option<String>,
    /// Sender of our mails, as Tenantry <mail@example.com>
    #[arg(long, env = "MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
}

impl MailArguments {
    /// Checks them.
    pub(crate) fn check(&self, complaints: &mut Complaints) -> Option<Config> {
        let any = |text: &str| Some(text.to_owned());
        let url = self.smtp_url.as_deref();
        let url = complaints.required("SMTP_URL", "smtps://user:password@smtp.example.com", Shown::Nothing, url, any);
        let from = self.mail_from.as_deref();
        let from = complaints.required("MAIL_FROM", "Tenantry <mail@example.com>", Shown::Value, from, any);
        match Config::from_parts(&url?, &from?) {
            Ok(config) => Some(config),
            Err(bad) => {
                complaints.add(bad.to_string());
                None
            }
        }
    }
}
