//! The configuration contract as `tenantry dev` fills it in, for its children and for `dev.env`.

use std::path::Path;

use super::addresses::Addresses;
use super::clerk_instance::ClerkInstance;
use super::database::RoleUrls;
use super::secrets::Secrets;

/// Variables that would change what the children do, and are not ours: taken away from them.
pub(crate) const NOT_INHERITED: &[&str] = &["APP_ENV", "CLERK_JWT_KEY", "CONTEXT_KEY", "DATABASE_STATEMENTS"];

/// Names and values, in the order of the documentation.
#[derive(Clone)]
pub(crate) struct Environment(Vec<(&'static str, String)>);

impl Environment {
    /// For the parts of this house.
    pub(crate) fn new(
        data_dir: &Path,
        addresses: Addresses,
        secrets: &Secrets,
        roles: &RoleUrls,
        instance: ClerkInstance,
    ) -> Self {
        let (app, clerk) = (addresses.app(), addresses.clerk());
        let frontend = if instance.proxied { format!("{app}{}", clerk::PROXY_PATH) } else { clerk.clone() };
        let folder = |name: &str| data_dir.join(name).display().to_string();
        Self(vec![
            ("PUBLIC_BASE_URL", app.clone()),
            ("LISTEN", format!("127.0.0.1:{}", addresses.app_port())),
            ("ALLOW_OLD_POSTGRES", "yes".to_owned()),
            ("DATABASE_URL", roles.app.clone()),
            ("WORKER_DATABASE_URL", roles.worker.clone()),
            ("OWNER_DATABASE_URL", roles.owner.clone()),
            ("BACKUP_DATABASE_URL", roles.backup.clone()),
            ("CLERK_PUBLISHABLE_KEY", instance.publishable_key().to_owned()),
            ("CLERK_SECRET_KEY", instance.secret_key(secrets)),
            ("CLERK_API_URL", format!("{clerk}/bapi")),
            ("CLERK_PROXY_URL", frontend.clone()),
            ("CLERK_FAPI_URL", clerk.clone()),
            ("CLERK_SIGN_IN_URL", format!("{clerk}/sign-in")),
            ("CLERK_SIGN_UP_URL", format!("{clerk}/sign-up")),
            ("CLERK_JS_URL", format!("{frontend}/npm/@clerk/clerk-js@6/dist/clerk.browser.js")),
            ("CLERK_JWKS_URL", format!("{clerk}/.well-known/jwks.json")),
            ("CLERK_ISSUER", instance.issuer().to_owned()),
            ("CLERK_AUTHORIZED_PARTIES", app),
            // The sandbox is this machine's own: nobody else calls it.
            ("CLERK_CALLS_IN_TEN_SECONDS", "100000".to_owned()),
            ("CLERK_WEBHOOK_SIGNING_SECRET", secrets.webhook_secret.clone()),
            ("STRIPE_API_BASE", addresses.stripe()),
            ("STRIPE_SECRET_KEY", secrets.stripe_secret_key.clone()),
            ("STRIPE_WEBHOOK_SECRETS", secrets.stripe_webhook_secret.clone()),
            ("STRIPE_PAGES", addresses.stripe()),
            ("STRIPE_CALLS_IN_A_SECOND", "10000".to_owned()),
            ("ERASURE_SIGNING_KEY", secrets.erasure_signing_key.clone()),
            ("SMTP_URL", addresses.smtp()),
            ("MAIL_FROM", "Tenantry <mail@tenantry.example>".to_owned()),
            ("FILES_DIR", folder("files")),
        ])
    }

    /// A variable that is known later than the others, if at all.
    pub(crate) fn add(&mut self, name: &'static str, value: Option<String>) {
        self.0.extend(value.map(|value| (name, value)));
    }

    /// For a child process.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// One value.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.pairs().find(|(one, _)| *one == name).map(|(_, value)| value.to_owned())
    }

    /// For an outside client: `KEY=value` lines.
    pub(crate) fn file(&self) -> String {
        let lines: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        format!("# Written by `tenantry dev` when everything answered. Valid while it runs.\n{}", lines.concat())
    }
}
