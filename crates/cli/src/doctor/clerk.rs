//! Clerk: whether the keys belong together, and whether the instance is set up as the product needs it.

use std::time::Duration;

use ::clerk::types::{Instance, JsonWebKeySet, OrganizationSettings};
use ::clerk::{Clerk, InstanceType};
use url::Url;

use super::diagnosis::Diagnosis;

/// Longer than the server waits for Clerk.
const PATIENCE: Duration = Duration::from_secs(15);
/// What Clerk allows where nobody has chosen.
const CLERKS_MEMBERS: i64 = 5;
/// Where most of it is put right.
const SETTINGS: &str = "Clerk dashboard, Configure, Organizations";

/// Asks the instance about itself.
pub(super) async fn instance(diagnosis: &mut Diagnosis, clerk: &Clerk, public: &Url) {
    let backend = clerk.backend();
    let ours = match backend.jwks().await {
        Ok(keys) => keys,
        Err(error) => {
            return diagnosis.broken(&format!(
                "Clerk does not answer as it should: {error}. Look at CLERK_API_URL and CLERK_SECRET_KEY"
            ));
        }
    };
    diagnosis.good("Clerk answers, and takes CLERK_SECRET_KEY");
    if clerk.config().keys_come_from_the_backend() {
        keys_behind_the_proxy(diagnosis, &ours, clerk.config().frontend_url()).await;
    } else {
        keys(diagnosis, &ours, clerk.published_keys().await.as_ref());
    }
    match backend.instance().await {
        Ok(instance) => kind(diagnosis, &instance, clerk.config().publishable_key.instance_type()),
        Err(error) => diagnosis.careful(&format!("the instance does not say what it is: {error}")),
    }
    match backend.get_organization_settings().await {
        Ok(settings) => organisations(diagnosis, &settings),
        Err(error) => diagnosis.broken(&format!("the settings of organisations cannot be read: {error}. {SETTINGS}")),
    }
    parties(diagnosis, &clerk.config().authorized_parties, public);
}

/// Tokens are checked with what the publishable key's address publishes.
fn keys(diagnosis: &mut Diagnosis, ours: &JsonWebKeySet, published: Option<&JsonWebKeySet>) {
    let Some(published) = published else {
        return diagnosis.broken(
            "the public keys cannot be fetched, so nobody can be signed in. Look at CLERK_PUBLISHABLE_KEY and CLERK_JWKS_URL",
        );
    };
    let together = ours.keys.iter().any(|key| published.keys.iter().any(|other| other.kid == key.kid));
    if together {
        diagnosis.good("CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to one instance");
    } else {
        diagnosis.broken(
            "CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY belong to different instances: no session would be believed. \
             Copy both from one page: Clerk dashboard, API keys",
        );
    }
}

/// Behind our own proxy the keys come with the secret key, and what the browsers reach has to be the same instance.
async fn keys_behind_the_proxy(diagnosis: &mut Diagnosis, ours: &JsonWebKeySet, frontend: &str) {
    let address = format!("{frontend}/.well-known/jwks.json");
    let answer = async {
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        client.get(&address).send().await?.error_for_status()?.json::<JsonWebKeySet>().await
    };
    match answer.await {
        Ok(published) => {
            diagnosis.good(&format!("browsers reach Clerk through {frontend}"));
            keys(diagnosis, ours, Some(&published));
        }
        Err(error) if error.is_status() || error.is_decode() => diagnosis.broken(&format!(
            "{address} does not give Clerk's keys ({}), so no browser can sign in. Is the proxy's address set in the Clerk \
             dashboard, Domains, and is /__clerk passed on to this server?",
            error.without_url()
        )),
        Err(error) => diagnosis.careful(&format!(
            "{address} does not answer ({}), so whether CLERK_PUBLISHABLE_KEY belongs to CLERK_SECRET_KEY was not looked \
             at: start the server and run this again",
            error.without_url()
        )),
    }
}

fn kind(diagnosis: &mut Diagnosis, instance: &Instance, key: InstanceType) {
    let expected = match key {
        InstanceType::Development => "development",
        InstanceType::Production => "production",
    };
    if instance.environment_type == expected {
        diagnosis.good(&format!("a {expected} instance, {}", instance.id));
    } else {
        diagnosis.careful(&format!(
            "the keys say {expected} and the instance {} says {:?}",
            instance.id, instance.environment_type
        ));
    }
}

fn organisations(diagnosis: &mut Diagnosis, settings: &OrganizationSettings) {
    if settings.enabled {
        diagnosis.good("organisations are enabled");
    } else {
        diagnosis.broken(&format!("organisations are not enabled, and every customer is one. Enable them: {SETTINGS}"));
    }
    if settings.slug_disabled == Some(true) {
        diagnosis.careful(&format!(
            "organisations are made without slugs: addresses will be ids. Enable slugs for readable ones: {SETTINGS}"
        ));
    } else {
        diagnosis.good("organisations have slugs");
    }
    match settings.max_allowed_memberships {
        None | Some(0) => diagnosis.good("Clerk sets no limit on members; the plan does"),
        Some(most) if most <= CLERKS_MEMBERS => diagnosis.careful(&format!(
            "Clerk allows a new organisation {most} members, whatever its plan. Raise the limit to that of your largest plan: {SETTINGS}"
        )),
        Some(most) => diagnosis.good(&format!(
            "Clerk allows a new organisation {most} members, which should be what your largest plan allows"
        )),
    }
    if settings.admin_delete_enabled {
        diagnosis.careful(&format!(
            "admins may delete their organisation at Clerk, without its 30 days of recovery. Switch it off: {SETTINGS}"
        ));
    } else {
        diagnosis.good("organisations are deleted through the product alone");
    }
    if let Some(role) = settings.creator_role.as_deref().filter(|role| !["org:admin", "admin"].contains(role)) {
        diagnosis.broken(&format!(
            "whoever creates an organisation becomes {role:?}, and nobody would be its admin. Choose org:admin: {SETTINGS}"
        ));
    }
}

/// Tokens name the origin they were made for; one that is not listed is refused.
fn parties(diagnosis: &mut Diagnosis, parties: &[String], public: &Url) {
    let origin = public.origin().ascii_serialization();
    if parties.is_empty() {
        diagnosis.careful(&format!("tokens made for any origin are believed. Set CLERK_AUTHORIZED_PARTIES={origin}"));
    } else if parties.contains(&origin) {
        diagnosis.good(&format!("tokens made for {origin} are believed"));
    } else {
        diagnosis.broken(&format!(
            "CLERK_AUTHORIZED_PARTIES does not name {origin}, where people reach the app: nobody could sign in. Add it"
        ));
    }
}
