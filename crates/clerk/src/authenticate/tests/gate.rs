//! The gate every handshake passes, and what the redirect looks like.

use http::Method;
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};

use super::scene::{NOW, Scene, query, valid, word};
use crate::config::{Config, ConfigParts};
use crate::facts::Site;
use crate::outcome::{AUTH_REASON, AUTH_STATUS, Outcome};
use crate::signing::PARTY;

const REASON: &str = "client-uat-but-no-session-token";

fn stale() -> Scene {
    Scene::production().cookie("__client_uat", "5")
}

#[test]
fn only_page_loads_are_sent_round() {
    for (mut scene, sent) in [
        (stale(), true),
        (stale().header("sec-fetch-dest", "iframe"), true),
        (stale().without("sec-fetch-dest").header("accept", "text/html,application/xhtml+xml"), true),
        (stale().header("sec-fetch-dest", "empty").header("accept", "text/html"), false),
        (stale().header("sec-fetch-dest", "script"), false),
        (stale().without("sec-fetch-dest"), false),
        (stale().without("sec-fetch-dest").header("accept", "application/json, text/html"), false),
        (stale().method(Method::POST), false),
        (stale().method(Method::HEAD), false),
    ] {
        let expected = if sent { format!("to {REASON}") } else { format!("out {REASON}") };
        assert_eq!(word(&scene.play()), expected, "{:?}", scene.headers);
    }
}

#[test]
fn nobody_is_sent_round_more_than_three_times() {
    for (count, next) in [("", 1), ("0", 1), ("1", 2), ("2", 3), ("x", 1), ("-1", 1)] {
        let redirect = stale().cookie("__clerk_redirect_count", count).redirect();
        let cookie = format!("__clerk_redirect_count={next}; SameSite=Lax; HttpOnly; Max-Age=2");
        assert_eq!(redirect.headers[SET_COOKIE], cookie);
    }
    for count in ["3", "4", "99"] {
        assert_eq!(word(&stale().cookie("__clerk_redirect_count", count).play()), format!("out {REASON}"));
    }
}

#[test]
fn the_redirect_says_what_clerk_needs_in_its_order() {
    let redirect = stale().redirect();
    assert!(redirect.location.starts_with("https://tenantry-sandbox-13.clerk.accounts.dev/v1/client/handshake?"));
    let expected = [
        ("redirect_url", format!("{PARTY}/orgs/acme?tab=a%20b")),
        ("__clerk_api_version", "2026-05-12".into()),
        ("suffixed_cookies", "false".into()),
        ("__clerk_hs_reason", REASON.into()),
        ("format", "nonce".into()),
    ];
    assert_eq!(query(&redirect), expected.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(redirect.headers[CACHE_CONTROL], "no-store");
    assert_eq!(redirect.headers[AUTH_STATUS], "handshake");
    assert_eq!(redirect.headers[AUTH_REASON], REASON);
    let location = redirect.location.clone();
    assert_eq!(redirect.into_headers()[LOCATION], location);
}

#[test]
fn the_redirect_carries_the_token_and_in_development_the_browser() {
    let token = valid();
    let redirect = Scene::development().session(&token, NOW + 1).query("a=1&__clerk_db_jwt=dvb_2&b=2").redirect();
    let expected = [
        ("redirect_url", format!("{PARTY}/orgs/acme?a=1&b=2")),
        ("__clerk_api_version", "2026-05-12".into()),
        ("suffixed_cookies", "true".into()),
        ("__clerk_hs_reason", "dev-browser-sync".into()),
        ("format", "nonce".into()),
        ("__session", token.clone()),
        ("__clerk_db_jwt", "dvb_2".into()),
    ];
    assert_eq!(query(&redirect), expected.map(|(name, value)| (name.to_owned(), value)));

    let production = Scene::production().session(&token, NOW + 1).cookie("__clerk_db_jwt", "dvb_1").redirect();
    let names: Vec<String> = query(&production).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.last().map(String::as_str), Some("__session"));
}

#[test]
fn a_proxy_keeps_its_path() {
    for (proxy, expected) in [
        ("http://localhost:3001", "http://localhost:3001/v1/client/handshake"),
        ("http://localhost:3001/", "http://localhost:3001/v1/client/handshake"),
        ("https://app.example.test/__clerk", "https://app.example.test/__clerk/v1/client/handshake"),
        ("https://app.example.test/__clerk/?x=1", "https://app.example.test/__clerk/v1/client/handshake"),
    ] {
        let config = Config::from_parts(ConfigParts {
            publishable_key: crate::signing::DEVELOPMENT_KEY.into(),
            secret_key: "sk_test_x".to_owned().into(),
            proxy_url: Some(proxy.into()),
            ..ConfigParts::default()
        })
        .unwrap();
        assert_eq!(Site::new(&config).handshake_url.as_str(), expected);
    }
}

#[test]
fn the_headers_of_an_outcome() {
    let out = stale().method(Method::POST).play().headers();
    assert_eq!((&out[AUTH_STATUS], &out[AUTH_REASON]), (&"signed-out".parse().unwrap(), &REASON.parse().unwrap()));
    assert!(Scene::production().session(&valid(), 1).play().headers().is_empty());
    assert_eq!(stale().play().headers()[AUTH_STATUS], "handshake");
    assert!(Outcome::Unavailable.headers().is_empty());
}
