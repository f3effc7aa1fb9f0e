//! A Stripe that does not answer, for tests of everything else.

use stripe::{Config, ConfigParts, Stripe};

/// A client whose every call fails at once: nothing listens there.
pub fn stripe_nowhere() -> Stripe {
    let config = Config::from_parts(ConfigParts {
        api_base: Some("http://127.0.0.1:9".to_owned()),
        // Nobody comes back: a second try would only take its time.
        retries: Some(0),
        secret_key: "sk_test_0123456789abcdef".to_owned().into(),
        ..ConfigParts::default()
    });
    Stripe::new(&config.unwrap()).unwrap()
}
