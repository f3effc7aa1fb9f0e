//! Which of the sandbox's two instances is run, and how browsers reach it.

use super::DevArguments;
use super::secrets::Secrets;

/// The sandbox's Clerk as the other parts are to see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClerkInstance {
    /// Behaves as a production instance.
    production: bool,
    /// Is reached through the app.
    pub(crate) proxied: bool,
}

impl ClerkInstance {
    /// The one that was asked for.
    pub(crate) fn asked(arguments: &DevArguments) -> Self {
        Self { production: arguments.clerk_production, proxied: arguments.clerk_proxy }
    }

    /// `tenantry-sandbox-13.clerk.accounts.dev`, or in production `clerk.tenantry.example`, in Clerk's own writing.
    pub(crate) fn publishable_key(self) -> &'static str {
        if self.production {
            "pk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ"
        } else {
            "pk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk"
        }
    }

    /// Who its tokens are from.
    pub(crate) fn issuer(self) -> &'static str {
        if self.production {
            "https://clerk.tenantry.example"
        } else {
            "https://tenantry-sandbox-13.clerk.accounts.dev"
        }
    }

    /// What its Backend API asks for.
    pub(crate) fn secret_key(self, secrets: &Secrets) -> String {
        let key = &secrets.clerk_secret_key;
        if self.production { key.replacen("sk_test_", "sk_live_", 1) } else { key.clone() }
    }
}
