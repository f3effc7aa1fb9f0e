//! Clerk's variables. All but one carry Clerk's own names; the rest follows from the publishable key.

use std::time::Duration;

use clap::Args;
use clerk::{Config, ConfigParts};
use url::Url;

use super::complaints::Shown;
use super::{Complaints, origin_text, production};

/// As given. The crate `clerk` judges their form, and refuses a live key on an unencrypted way.
#[derive(Args, Debug, Default)]
pub(crate) struct ClerkArguments {
    /// Publishable key of the Clerk instance: pk_live_… or pk_test_…
    #[arg(long, env = "CLERK_PUBLISHABLE_KEY", value_name = "KEY")]
    clerk_publishable_key: Option<String>,
    /// Secret key of the Clerk instance: sk_live_… or sk_test_…
    #[arg(long, env = "CLERK_SECRET_KEY", value_name = "KEY", hide_env_values = true)]
    clerk_secret_key: Option<String>,
    /// Address of Clerk's Backend API, without /v1 [default: Clerk's]
    #[arg(long, env = "CLERK_API_URL", value_name = "URL")]
    clerk_api_url: Option<String>,
    /// Address of a proxy for Clerk's Frontend API; /__clerk has the app be that proxy [default: none]
    #[arg(long, env = "CLERK_PROXY_URL", value_name = "URL")]
    clerk_proxy_url: Option<String>,
    /// Where the app, as that proxy, reaches the Frontend API [default: Clerk's]
    #[arg(long, env = "CLERK_FAPI_URL", value_name = "URL")]
    clerk_fapi_url: Option<String>,
    /// Address of the key set [default: the Frontend API's]
    #[arg(long, env = "CLERK_JWKS_URL", value_name = "URL")]
    clerk_jwks_url: Option<String>,
    /// Issuer that session tokens must name [default: the Frontend API]
    #[arg(long, env = "CLERK_ISSUER", value_name = "URL")]
    clerk_issuer: Option<String>,
    /// Public key of session tokens as PEM, instead of the key set
    #[arg(long, env = "CLERK_JWT_KEY", value_name = "PEM", hide_env_values = true)]
    clerk_jwt_key: Option<String>,
    /// Origins that session tokens may have been made for, separated by commas [default: PUBLIC_BASE_URL]
    #[arg(long, env = "CLERK_AUTHORIZED_PARTIES", value_name = "ORIGINS")]
    clerk_authorized_parties: Option<String>,
    /// Clerk's sign-in page [default: the instance's account portal]
    #[arg(long, env = "CLERK_SIGN_IN_URL", value_name = "URL")]
    clerk_sign_in_url: Option<String>,
    /// Clerk's sign-up page [default: the instance's account portal]
    #[arg(long, env = "CLERK_SIGN_UP_URL", value_name = "URL")]
    clerk_sign_up_url: Option<String>,
    /// Where pages load ClerkJS from [default: the instance's Frontend API]
    #[arg(long, env = "CLERK_JS_URL", value_name = "URL")]
    clerk_js_url: Option<String>,
    /// Calls that the Backend API allows in ten seconds, where that is not what Clerk's documentation says
    #[arg(long, env = "CLERK_CALLS_IN_TEN_SECONDS", value_name = "NUMBER")]
    clerk_calls_in_ten_seconds: Option<String>,
    /// How long people stay signed in while Clerk does not answer, in minutes; 0 is not at all [default: 60]
    #[arg(long, env = "CLERK_GRACE_MINUTES", value_name = "NUMBER")]
    clerk_grace_minutes: Option<String>,
}

/// Clerk's longest outage so far was shorter.
const GRACE_MINUTES: u64 = 60;
const KEY_FORM: &str = "pk_live_… or pk_test_… (Clerk dashboard, API keys)";
const SECRET_FORM: &str = "sk_live_… or sk_test_… (Clerk dashboard, API keys)";

impl ClerkArguments {
    /// Checks them. `public` is where people reach the app, and `production` whether APP_ENV says so; a worker
    /// knows neither.
    pub(crate) fn check(&self, complaints: &mut Complaints, public: Option<&Url>, production: bool) -> Option<Config> {
        let given = |value: &Option<String>| value.as_deref().map(str::trim).unwrap_or_default().to_owned();
        let optional = |value: &Option<String>| Some(given(value)).filter(|value| !value.is_empty());
        let any = |text: &str| Some(text.to_owned());
        let key = self.clerk_publishable_key.as_deref();
        let publishable_key = complaints.required("CLERK_PUBLISHABLE_KEY", KEY_FORM, Shown::Value, key, any);
        let secret = self.clerk_secret_key.as_deref();
        let secret_key = complaints.required("CLERK_SECRET_KEY", SECRET_FORM, Shown::Nothing, secret, any);
        let minutes = self.clerk_grace_minutes.as_deref();
        let minutes =
            complaints.optional("CLERK_GRACE_MINUTES", "a number from 0 to 1440", Shown::Value, minutes, |text| {
                text.parse().ok().filter(|minutes: &u64| *minutes <= 24 * 60)
            });
        let calls = self.clerk_calls_in_ten_seconds.as_deref();
        let calls =
            complaints.optional("CLERK_CALLS_IN_TEN_SECONDS", "a number above 9", Shown::Value, calls, |text| {
                text.parse().ok().filter(|calls: &u32| *calls >= 10)
            });
        let parties = optional(&self.clerk_authorized_parties);
        let parts = ConfigParts {
            publishable_key: publishable_key?,
            secret_key: secret_key?.into(),
            api_url: optional(&self.clerk_api_url),
            // A worker has no address of its own, and sends no browser anywhere.
            proxy_url: optional(&self.clerk_proxy_url).filter(|url| public.is_some() || !url.starts_with('/')),
            fapi_url: optional(&self.clerk_fapi_url).filter(|_| public.is_some()),
            jwks_url: optional(&self.clerk_jwks_url),
            issuer: optional(&self.clerk_issuer),
            jwt_key: optional(&self.clerk_jwt_key),
            authorized_parties: match parties {
                Some(parties) => parties.split(',').map(|party| party.trim().to_owned()).collect(),
                None => public.map(origin_text).into_iter().collect(),
            },
            clock_skew: None,
            grace: Some(Duration::from_secs(60 * minutes.unwrap_or(GRACE_MINUTES))),
            calls_in_ten_seconds: calls,
            sign_in_url: optional(&self.clerk_sign_in_url),
            sign_up_url: optional(&self.clerk_sign_up_url),
            js_url: optional(&self.clerk_js_url),
        };
        let parts = match public {
            Some(public) => parts.served_from(public),
            None => parts,
        };
        let config = every_complaint(parts, complaints)?;
        if production {
            production::clerk(complaints, &config, secret.unwrap_or_default());
        }
        Some(config)
    }
}

/// `clerk` names the first variable that is wrong; with that one left out it names the next.
fn every_complaint(mut parts: ConfigParts, complaints: &mut Complaints) -> Option<Config> {
    loop {
        let error = match Config::from_parts(parts.clone()) {
            Ok(config) => return Some(config),
            Err(error) => error,
        };
        complaints.add(error.to_string());
        let left_out = match error.variable {
            "CLERK_API_URL" => &mut parts.api_url,
            "CLERK_PROXY_URL" => &mut parts.proxy_url,
            "CLERK_FAPI_URL" => &mut parts.fapi_url,
            "CLERK_JWKS_URL" => &mut parts.jwks_url,
            "CLERK_ISSUER" => &mut parts.issuer,
            "CLERK_JWT_KEY" => &mut parts.jwt_key,
            "CLERK_SIGN_IN_URL" => &mut parts.sign_in_url,
            "CLERK_SIGN_UP_URL" => &mut parts.sign_up_url,
            "CLERK_JS_URL" => &mut parts.js_url,
            // The keys: everything else follows from them.
            _ => return None,
        };
        left_out.take()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Of clerk.tenantry.example, in Clerk's writing.
    const LIVE: &str = "pk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ";
    const SECRET: &str = "sk_live_dY3zTqBvW8nPfK2mRxUcJ6hLgS9aEo4Q";
    const TEST: &str = "pk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk";

    fn arguments(publishable: &str, secret: &str) -> ClerkArguments {
        ClerkArguments {
            clerk_publishable_key: Some(publishable.to_owned()),
            clerk_secret_key: Some(secret.to_owned()),
            ..ClerkArguments::default()
        }
    }

    fn told(arguments: &ClerkArguments, public: &str, production: bool) -> Result<Config, String> {
        let mut complaints = Complaints::default();
        let config = arguments.check(&mut complaints, Some(&Url::parse(public).unwrap()), production);
        complaints.finish(|| config).map_err(|bad| bad.to_string())
    }

    #[test]
    fn a_live_key_does_not_travel_unencrypted() {
        let mut live = arguments(LIVE, SECRET);
        for (url, fits) in [
            ("https://api.clerk.example", true),
            ("http://localhost:3001/bapi", true),
            ("http://127.0.0.1:3001", true),
            ("http://api.clerk.example", false),
        ] {
            live.clerk_api_url = Some(url.to_owned());
            assert_eq!(told(&live, "https://app.example", true).is_ok(), fits, "{url}");
        }
        live.clerk_api_url = None;
        live.clerk_proxy_url = Some("http://proxy.example".to_owned());
        let said = told(&live, "https://app.example", true).unwrap_err();
        assert!(said.contains("CLERK_PROXY_URL") && said.contains("https://"), "{said}");
    }

    #[test]
    fn a_test_key_does_not_serve_customers() {
        let test = arguments(TEST, "sk_test_1");
        assert!(told(&test, "https://app.example", false).is_ok(), "a preview");
        let said = told(&test, "https://app.example", true).unwrap_err();
        assert!(said.contains("CLERK_PUBLISHABLE_KEY") && said.contains("pk_live_…"), "{said}");
    }

    #[test]
    fn the_app_itself_is_the_party_where_none_is_named() {
        let mut test = arguments(TEST, "sk_test_1");
        let config = told(&test, "http://localhost:3000/", false).unwrap();
        assert_eq!(config.authorized_parties, ["http://localhost:3000"]);
        test.clerk_authorized_parties = Some("https://a.example, https://b.example".to_owned());
        let config = told(&test, "http://localhost:3000/", false).unwrap();
        assert_eq!(config.authorized_parties, ["https://a.example", "https://b.example"]);
    }

    #[test]
    fn a_path_has_the_app_be_the_proxy_and_means_nothing_to_a_worker() {
        let mut test = arguments(TEST, "sk_test_1");
        test.clerk_proxy_url = Some("/__clerk".to_owned());
        test.clerk_fapi_url = Some("http://localhost:3001".to_owned());
        let config = told(&test, "http://localhost:3000", false).unwrap();
        assert_eq!(config.frontend_url(), "http://localhost:3000/__clerk");
        assert_eq!(config.fapi_url.as_ref().map(Url::as_str), Some("http://localhost:3001/"));
        let worker = test.check(&mut Complaints::default(), None, false).unwrap();
        assert!(worker.proxy_url.is_none() && worker.fapi_url.is_none());
        test.clerk_proxy_url = Some("http://localhost:3001".to_owned());
        assert!(told(&test, "http://localhost:3000", false).unwrap().fapi_url.is_none(), "another's proxy");
    }

    #[test]
    fn every_wrong_variable_is_named_at_once() {
        let mut test = arguments(TEST, "sk_test_1");
        test.clerk_api_url = Some("api.clerk.example".to_owned());
        test.clerk_jwks_url = Some("ftp://keys.example".to_owned());
        test.clerk_jwt_key = Some("not a key".to_owned());
        let said = told(&test, "http://localhost:3000", false).unwrap_err();
        for name in ["CLERK_API_URL", "CLERK_JWKS_URL", "CLERK_JWT_KEY"] {
            assert!(said.contains(name), "{name} in:\n{said}");
        }
    }
}
