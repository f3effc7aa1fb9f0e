use super::*;

fn with(key: &str, base: &str, secrets: &[&str]) -> Result<Config, ConfigError> {
    Config::from_parts(ConfigParts {
        api_base: Some(base.to_owned()),
        secret_key: key.to_owned().into(),
        webhook_secrets: secrets.iter().map(|&secret| secret.to_owned().into()).collect(),
        ..ConfigParts::default()
    })
}

#[test]
fn reads_the_variables_and_fills_in_the_rest() {
    let config = Config::from_variables(|name| match name {
        "STRIPE_SECRET_KEY" => Some(" sk_live_x\n".into()),
        "STRIPE_WEBHOOK_SECRETS" => Some("whsec_1, whsec_2".into()),
        _ => Some(String::new()),
    })
    .unwrap();
    assert_eq!(config.api_base.as_str(), "https://api.stripe.com/");
    assert_eq!((config.mode, config.webhook_secrets.len()), (Mode::Live, 2));
    assert!(config.mode.is_live() && !config.stays_on_this_machine());
    assert_eq!(config.secret_key.expose_secret(), "sk_live_x");
}

#[test]
fn the_key_says_the_mode() {
    for (key, mode) in
        [("sk_test_1", Mode::Test), ("rk_test_1", Mode::Test), ("sk_live_1", Mode::Live), ("rk_live_1", Mode::Live)]
    {
        assert_eq!(with(key, "https://api.stripe.com", &[]).unwrap().mode, mode, "{key}");
    }
}

#[test]
fn says_what_is_wrong_and_how_it_should_look() {
    const BASE: &str = "https://api.stripe.com";
    for (key, base, secrets, variable, says) in [
        ("", BASE, &[] as &[&str], "STRIPE_SECRET_KEY", "is missing"),
        ("pk_test_1", BASE, &[], "STRIPE_SECRET_KEY", "publishable"),
        ("whsec_1", BASE, &[], "STRIPE_SECRET_KEY", "should begin with"),
        ("sk_test_", BASE, &[], "STRIPE_SECRET_KEY", "followed by"),
        ("sk_test_a b", BASE, &[], "STRIPE_SECRET_KEY", "visible"),
        ("sk_test_1", "api.stripe.com", &[], "STRIPE_API_BASE", "is not a URL"),
        ("sk_test_1", "ftp://api.stripe.com", &[], "STRIPE_API_BASE", "http or https"),
        ("sk_test_1", "https://u:p@api.stripe.com", &[], "STRIPE_API_BASE", "without a user name"),
        ("sk_test_1", "https://api.stripe.com/?a", &[], "STRIPE_API_BASE", "a query"),
        ("sk_test_1", "https://api.stripe.com/v1/", &[], "STRIPE_API_BASE", "/v1"),
        ("sk_live_1", "http://stripe.example", &[], "STRIPE_API_BASE", "https://"),
        ("sk_test_1", BASE, &["whsec_1", ""], "STRIPE_WEBHOOK_SECRETS", "none of them blank"),
        ("sk_test_1", BASE, &["sk_test_secret"], "STRIPE_WEBHOOK_SECRETS", "whsec_"),
    ] {
        let error = with(key, base, secrets).unwrap_err();
        assert_eq!(error.variable, variable, "{key} {base}");
        assert!(error.problem.contains(says), "{error}");
        // What may be a secret in the wrong place is not repeated.
        assert!(!error.to_string().contains("sk_test_secret"), "{error}");
    }
    assert!(with("sk_live_1", "http://127.0.0.1:8420", &[]).unwrap().stays_on_this_machine());
}

#[test]
fn shows_no_secret() {
    let config = with("sk_test_hidden", "http://localhost:1", &["whsec_hidden"]).unwrap();
    assert!(!format!("{config:?}").contains("hidden"));
}

#[test]
fn a_number_is_a_number() {
    let read = |calls: &str| {
        Config::from_variables(|name| match name {
            "STRIPE_SECRET_KEY" => Some("sk_test_1".into()),
            "STRIPE_CALLS_IN_A_SECOND" => Some(calls.into()),
            _ => None,
        })
    };
    assert_eq!(read("7").unwrap().calls_in_a_second, Some(7));
    for calls in ["0", "3", "many", "-1"] {
        assert_eq!(read(calls).unwrap_err().variable, "STRIPE_CALLS_IN_A_SECOND", "{calls}");
    }
}
