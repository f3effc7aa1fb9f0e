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
