//! What customers must not be served with: refused where `APP_ENV` is `production`.

use clerk::{Config, InstanceType};
use url::Url;

use super::Complaints;

/// The value of `APP_ENV` that asks for all of this.
pub(super) const PRODUCTION: &str = "production";
/// Clerk's own are twice as long; a shorter one was typed by somebody.
const SHORTEST_SECRET: usize = 24;
/// Secrets of random letters have more different ones, in any such length.
const FEWEST_LETTERS: usize = 10;
/// 24 bytes in base64: the least that makes a webhook's secret.
const SHORTEST_WEBHOOK_SECRET: usize = 32;
/// Printed in documentation and therefore known to everybody.
const PUBLISHED: [&str; 2] = ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"];
/// What stands in samples where a secret belongs.
const PLACEHOLDERS: [&str; 8] = ["…", "...", "placeholder", "changeme", "change-me", "example", "sandbox", "password"];
/// The same for passwords, which may be words.
const PASSWORDS: [&str; 5] = ["password", "postgres", "secret", "changeme", "tenantry"];

/// Sessions travel unencrypted otherwise, and cookies are not bound to this host.
pub(super) fn public(complaints: &mut Complaints, url: Option<&Url>) {
    if let Some(url) = url.filter(|url| url.scheme() != "https") {
        complaints.add(format!(
            "PUBLIC_BASE_URL is \"{}\", with APP_ENV=production. It should look like https://app.example.com",
            super::origin_text(url)
        ));
    }
}

/// Keys of a production instance, and no others.
pub(super) fn clerk(complaints: &mut Complaints, config: &Config, secret: &str) {
    if config.publishable_key.instance_type() == InstanceType::Development {
        complaints.add(
            "CLERK_PUBLISHABLE_KEY is a key for development (pk_test_…), with APP_ENV=production. It should look like \
             pk_live_…, with CLERK_SECRET_KEY of the same instance",
        );
    }
    match secret.trim().strip_prefix("sk_live_") {
        None => complaints.add(
            "CLERK_SECRET_KEY is a key for development (sk_test_…), with APP_ENV=production. It should look like sk_live_…",
        ),
        Some(rest) if is_made_up(rest, SHORTEST_SECRET) => complaints.add(
            "CLERK_SECRET_KEY is a placeholder, or too short to be one of Clerk's. Copy it from the Clerk dashboard, API keys",
        ),
        Some(_) => {}
    }
    let issuer = Url::parse(&config.issuer).ok();
    let host = issuer.as_ref().and_then(Url::host_str).unwrap_or_default();
    if host.ends_with(".accounts.dev") {
        complaints.add(format!(
            "CLERK_ISSUER, or CLERK_PUBLISHABLE_KEY which it follows from, names {host}, a host of Clerk's development \
             instances, with APP_ENV=production. It should look like https://clerk.example.com"
        ));
    }
}

/// A key that moves real money, and no other.
pub(super) fn stripe(complaints: &mut Complaints, config: &::stripe::Config, secret: &str) {
    let rest = secret.trim().splitn(3, '_').nth(2).unwrap_or_default();
    if !config.mode.is_live() {
        complaints.add(
            "STRIPE_SECRET_KEY is a key for tests (…_test_…), with APP_ENV=production. It should look like sk_live_… or rk_live_…",
        );
    } else if is_made_up(rest, SHORTEST_SECRET) {
        complaints.add(
            "STRIPE_SECRET_KEY is a placeholder, or too short to be one of Stripe's. Copy it from the Stripe dashboard, \
             Developers, API keys",
        );
    }
}

/// Whoever knows one of them tells us who may do what.
pub(super) fn webhooks(complaints: &mut Complaints, secrets: Option<&str>) {
    for secret in secrets.unwrap_or_default().split(',').filter_map(|one| one.trim().strip_prefix("whsec_")) {
        let known = PUBLISHED.contains(&secret);
        if known || is_made_up(secret, SHORTEST_WEBHOOK_SECRET) {
            complaints.add(
                "CLERK_WEBHOOK_SIGNING_SECRET holds a placeholder, or a secret that is printed in documentation, or one that \
                 is too short. Copy it from the Clerk dashboard, Webhooks, the endpoint's signing secret",
            );
        }
    }
}

/// A password from a sample is no password.
pub(super) fn database(complaints: &mut Complaints, variable: &str, url: Option<&str>) {
    let password = url.and_then(|url| Url::parse(url).ok()).and_then(|url| url.password().map(str::to_lowercase));
    if password.is_some_and(|password| PASSWORDS.contains(&password.as_str())) {
        complaints.add(format!(
            "{variable} has a password that anybody would try. Give the role one of its own, as `openssl rand -hex 24` makes it"
        ));
    }
}

fn is_made_up(secret: &str, shortest: usize) -> bool {
    let lower = secret.to_lowercase();
    let letters: std::collections::BTreeSet<char> = secret.chars().collect();
    secret.len() < shortest
        || letters.len() < FEWEST_LETTERS
        || PLACEHOLDERS.iter().any(|placeholder| lower.contains(placeholder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ask: impl FnOnce(&mut Complaints)) -> String {
        let mut complaints = Complaints::default();
        ask(&mut complaints);
        complaints.finish(|| Some(())).err().map_or_else(String::new, |bad| bad.to_string())
    }

    #[test]
    fn placeholders_and_short_secrets_are_told_from_secrets() {
        for good in ["dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4Q", "dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4QvN5t"] {
            assert_eq!(told(|complaints| webhooks(complaints, Some(&format!("whsec_{good}")))), "", "{good}");
        }
        for bad in [
            "",
            "sh0rt",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "dY3zTqBvW8nP…",
            PUBLISHED[0],
            PUBLISHED[1],
            "your-example-secret-goes-in-here-1234567",
        ] {
            let said = told(|complaints| webhooks(complaints, Some(&format!("whsec_{bad}"))));
            assert!(said.contains("CLERK_WEBHOOK_SIGNING_SECRET"), "{bad}");
            assert!(bad.is_empty() || !said.contains(bad), "{said}");
        }
    }

    #[test]
    fn a_password_from_a_sample_is_refused() {
        for (password, fits) in [("PASSWORD", false), ("postgres", false), ("6f0c9b4f1f7d", true)] {
            let url = format!("postgresql://tenantry_app:{password}@localhost/tenantry");
            assert_eq!(
                told(|complaints| database(complaints, "DATABASE_URL", Some(&url))).is_empty(),
                fits,
                "{password}"
            );
        }
        let socket = "postgresql://tenantry_app@/tenantry?host=%2Fvar%2Frun%2Fpostgresql";
        assert_eq!(told(|complaints| database(complaints, "DATABASE_URL", Some(socket))), "");
    }
}
