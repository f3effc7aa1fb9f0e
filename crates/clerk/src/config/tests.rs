use super::*;
use crate::signing::{DEVELOPMENT_KEY, Signer};

const PRODUCTION_KEY: &str = "pk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ";

fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_variables(|name| {
        let found = variables.iter().rev().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

const LEAST: [(&str, &str); 2] = [("CLERK_PUBLISHABLE_KEY", PRODUCTION_KEY), ("CLERK_SECRET_KEY", "sk_live_abc")];
const SANDBOX: [(&str, &str); 4] = [
    ("CLERK_PUBLISHABLE_KEY", DEVELOPMENT_KEY),
    ("CLERK_SECRET_KEY", "sk_test_sandbox_abc"),
    ("CLERK_API_URL", "http://localhost:3001/bapi"),
    ("CLERK_PROXY_URL", "http://localhost:3001/"),
];

#[test]
fn fills_in_what_the_key_says() {
    let config = read(&LEAST).unwrap();
    assert_eq!(config.api_url.as_str(), "https://api.clerk.com/");
    assert_eq!(config.frontend_url(), "https://clerk.tenantry.example");
    assert_eq!(config.jwks_url.as_str(), "https://clerk.tenantry.example/.well-known/jwks.json");
    assert_eq!(config.issuer, "https://clerk.tenantry.example");
    assert_eq!(config.sign_in_url.as_str(), "https://accounts.tenantry.example/sign-in");
    assert_eq!(config.sign_up_url.as_str(), "https://accounts.tenantry.example/sign-up");
    assert_eq!(config.js_url.as_str(), "https://clerk.tenantry.example/npm/@clerk/clerk-js@6/dist/clerk.browser.js");
    assert!(config.authorized_parties.is_empty() && config.jwt_key.is_none() && config.proxy_url.is_none());
    assert!(!config.stays_on_this_machine());
}

#[test]
fn follows_the_proxy_but_not_for_the_issuer() {
    let config = read(&SANDBOX).unwrap();
    assert_eq!(config.frontend_url(), "http://localhost:3001");
    assert_eq!(config.jwks_url.as_str(), "http://localhost:3001/.well-known/jwks.json");
    assert_eq!(config.issuer, "https://tenantry-sandbox-13.clerk.accounts.dev");
    assert_eq!(config.js_url.as_str(), "http://localhost:3001/npm/@clerk/clerk-js@6/dist/clerk.browser.js");
    assert!(config.stays_on_this_machine());
    assert!(!format!("{config:?}").contains("sk_test"));
}

#[test]
fn reads_lists_and_pem() {
    let pem = Signer::instance().pem().replace('\n', "\\n");
    let mut variables = LEAST.to_vec();
    variables.push(("CLERK_AUTHORIZED_PARTIES", " https://app.tenantry.example, http://localhost:3000 "));
    variables.push(("CLERK_JWT_KEY", &pem));
    variables.push(("CLERK_SIGN_IN_URL", "  "));
    let config = read(&variables).unwrap();
    assert_eq!(config.authorized_parties, ["https://app.tenantry.example", "http://localhost:3000"]);
    assert!(config.jwt_key.is_some());
    assert_eq!(config.sign_in_url.as_str(), "https://accounts.tenantry.example/sign-in");
}

#[test]
fn names_the_variable_that_is_wrong() {
    let private = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
    for (name, value) in [
        ("CLERK_PUBLISHABLE_KEY", ""),
        ("CLERK_PUBLISHABLE_KEY", "pk_live_x"),
        ("CLERK_SECRET_KEY", ""),
        ("CLERK_SECRET_KEY", "secret"),
        ("CLERK_SECRET_KEY", "sk_live_"),
        ("CLERK_SECRET_KEY", "sk_test_abc"),
        ("CLERK_SECRET_KEY", "sk_live_a b"),
        ("CLERK_API_URL", "api.clerk.com"),
        ("CLERK_API_URL", "ftp://api.clerk.com"),
        ("CLERK_API_URL", "http://api.clerk.com"),
        ("CLERK_API_URL", "https://user:word@api.clerk.com"),
        ("CLERK_PROXY_URL", "/__clerk"),
        ("CLERK_PROXY_URL", "http://app.tenantry.example/__clerk"),
        ("CLERK_JWKS_URL", "http://clerk.tenantry.example/jwks"),
        ("CLERK_ISSUER", "clerk.tenantry.example"),
        ("CLERK_JWT_KEY", "abc"),
        ("CLERK_JWT_KEY", private),
        ("CLERK_AUTHORIZED_PARTIES", "app.tenantry.example"),
        ("CLERK_AUTHORIZED_PARTIES", "https://app.tenantry.example/path"),
        ("CLERK_AUTHORIZED_PARTIES", "https://app.tenantry.example,"),
        ("CLERK_AUTHORIZED_PARTIES", "https://*"),
        ("CLERK_SIGN_IN_URL", "/sign-in"),
    ] {
        let mut variables = LEAST.to_vec();
        variables.push((name, value));
        let error = read(&variables).unwrap_err();
        assert_eq!(error.variable, name, "{value}: {error}");
        assert!(error.to_string().starts_with(name));
        assert!(name != "CLERK_SECRET_KEY" || value.len() < 9 || !error.to_string().contains(value), "{error}");
    }
}

#[test]
fn a_production_key_may_use_plain_http_on_loopback_only() {
    let mut variables = SANDBOX.to_vec();
    variables.push(("CLERK_PUBLISHABLE_KEY", PRODUCTION_KEY));
    assert!(read(&variables).is_ok());
    variables.push(("CLERK_PROXY_URL", "http://app.test"));
    assert_eq!(read(&variables).unwrap_err().variable, "CLERK_PROXY_URL");
}

#[test]
fn the_application_is_the_proxy_where_the_address_is_its_own() {
    let public = Url::parse("https://app.tenantry.example").unwrap();
    let served = |proxy: &str, fapi: Option<&str>| {
        let parts = ConfigParts {
            publishable_key: PRODUCTION_KEY.to_owned(),
            secret_key: "sk_live_abc".to_owned().into(),
            proxy_url: Some(proxy.to_owned()),
            fapi_url: fapi.map(str::to_owned),
            ..ConfigParts::default()
        };
        Config::from_parts(parts.served_from(&public))
    };
    for proxy in ["/__clerk", "/__clerk/", "https://app.tenantry.example/__clerk"] {
        let config = served(proxy, None).unwrap();
        assert_eq!(config.frontend_url(), "https://app.tenantry.example/__clerk", "{proxy}");
        assert_eq!(config.fapi_url.as_ref().map(Url::as_str), Some("https://frontend-api.clerk.dev/"));
        assert_eq!(config.jwks_url.as_str(), "https://api.clerk.com/v1/jwks", "not by way of itself");
        assert!(config.keys_come_from_the_backend());
        let script = "https://app.tenantry.example/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js";
        assert_eq!(config.js_url.as_str(), script);
        assert_eq!(config.issuer, "https://clerk.tenantry.example");
    }
    let elsewhere = served("https://proxy.tenantry.example", Some("https://fapi.example")).unwrap();
    assert!(elsewhere.fapi_url.is_none() && !elsewhere.keys_come_from_the_backend());
    for (proxy, fapi, variable) in [
        ("/clerk", None, "CLERK_PROXY_URL"),
        ("/__clerk?x=1", None, "CLERK_PROXY_URL"),
        ("/__clerk", Some("fapi.example"), "CLERK_FAPI_URL"),
        ("/__clerk", Some("http://fapi.example"), "CLERK_FAPI_URL"),
        ("/__clerk", Some("https://fapi.example/?x=1"), "CLERK_FAPI_URL"),
        ("/__clerk", Some("https://app.tenantry.example/x"), "CLERK_FAPI_URL"),
    ] {
        assert_eq!(served(proxy, fapi).unwrap_err().variable, variable, "{proxy} {fapi:?}");
    }
}
