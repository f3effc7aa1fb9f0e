//! C1: a handshake comes back, by nonce and by token.

use http::header::{CACHE_CONTROL, SET_COOKIE};
use serde_json::json;

use super::scene::{NOW, Scene, api_error, texts, token, valid, word};
use crate::outcome::{AUTH_REASON, AUTH_STATUS, Outcome, Redirect};
use crate::session::Carrier;
use crate::signing::{PARTY, Signer};

fn directives(token: &str) -> Vec<String> {
    let suffixed = Scene::production().site.names;
    vec![
        format!("__client_uat=5; Path=/; SameSite=Lax"),
        format!("__session={token}; Path=/; SameSite=Lax"),
        format!("{}={token}; Path=/; SameSite=Lax", suffixed.session),
        "__clerk_handshake_nonce=; Path=/; Max-Age=0".to_owned(),
    ]
}

fn handshake(directives: &[String]) -> String {
    Signer::instance().sign(&json!({ "handshake": directives }))
}

fn set_cookies(redirect: &Redirect) -> Vec<&str> {
    redirect.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
}

#[test]
fn in_production_the_cookie_signs_in_at_once() {
    let expected = directives(&valid());
    let by_nonce = Scene::production().cookie("__clerk_handshake_nonce", "n1").nonces(|nonce| {
        assert_eq!(nonce, "n1");
        Ok(directives(&valid()))
    });
    let by_token = Scene::production().cookie("__clerk_handshake", &handshake(&expected));
    for (mut scene, asked) in [(by_nonce, ["nonce", "verify"]), (by_token, ["verify-handshake", "verify"])] {
        let signed_in = scene.signed_in();
        assert_eq!(scene.asked, asked);
        assert_eq!(signed_in.carrier, Carrier::Cookie);
        let cookies = texts(&signed_in.cookies);
        // What the transport cookie was is forgotten, then every directive as it came.
        assert!(cookies[0].starts_with("__clerk_handshake") && cookies[0].contains("=; Path=/; Max-Age=0"));
        assert_eq!(cookies[1..], expected);
    }
}

#[test]
fn in_development_the_address_is_cleaned() {
    let token = valid();
    let expected = directives(&token);
    let by_nonce = Scene::development()
        .query("a=1&__clerk_handshake_nonce=n1&__clerk_db_jwt=d&__clerk_help=h")
        .nonces(|_| Ok(directives(&valid())));
    let by_token = Scene::development().query(&format!("a=1&__clerk_handshake={}", handshake(&expected)));
    for mut scene in [by_nonce, by_token] {
        let redirect = scene.redirect();
        assert_eq!(redirect.location, format!("{PARTY}/orgs/acme?a=1"));
        assert_eq!(redirect.headers[CACHE_CONTROL], "no-store");
        assert!(!redirect.headers.contains_key(AUTH_STATUS));
        assert_eq!(set_cookies(&redirect).len(), expected.len());
        assert!(set_cookies(&redirect)[1].starts_with("__session=ey"));
    }
}

#[test]
fn a_nonce_wins_over_a_token_and_the_query_over_a_cookie() {
    let scene = Scene::development()
        .query("__clerk_handshake_nonce=query")
        .cookie("__clerk_handshake_nonce", "cookie")
        .cookie("__clerk_handshake", "token")
        .nonces(|nonce| {
            assert_eq!(nonce, "query");
            Ok(directives(&valid()))
        });
    assert_eq!(word(&{ scene }.play()), "to handshake-complete");
}

#[test]
fn in_production_a_link_cannot_sign_anybody_in() {
    for query in
        ["__clerk_handshake_nonce=n1".to_owned(), format!("__clerk_handshake={}", handshake(&directives(&valid())))]
    {
        let mut scene = Scene::production().query(&query).nonces(|_| Ok(directives(&valid())));
        assert_eq!(word(&scene.play()), "out session-token-and-uat-missing");
        assert!(scene.asked.is_empty());
    }
}

#[test]
fn a_handshake_may_say_signed_out() {
    let out = || vec!["__session=; Path=/; Max-Age=0".to_owned(), "__client_uat=0; Path=/".to_owned()];
    let mut production = Scene::production().cookie("__clerk_handshake_nonce", "n").nonces(move |_| Ok(out()));
    let Outcome::SignedOut { reason, cookies } = production.play() else { panic!("signed in") };
    assert_eq!(reason.as_str(), "session-token-missing");
    assert_eq!(texts(&cookies)[1..], out());

    let redirect = Scene::development().query("__clerk_handshake_nonce=n").nonces(move |_| Ok(out())).redirect();
    assert_eq!(redirect.location, format!("{PARTY}/orgs/acme"));
    assert_eq!(redirect.headers[AUTH_STATUS], "signed-out");
    assert_eq!(redirect.headers[AUTH_REASON], "session-token-missing");
    assert_eq!(set_cookies(&redirect), out());
}

#[test]
fn an_empty_handshake_does_not_sign_out_who_has_a_session() {
    let used_up = || Scene::production().cookie("__clerk_handshake_nonce", "n").nonces(|_| Ok(Vec::new()));
    let signed_in = used_up().session(&valid(), NOW - 10).signed_in();
    assert!(texts(&signed_in.cookies)[0].starts_with("__clerk_handshake_nonce=; "));
    assert_eq!(word(&used_up().play()), "out session-token-missing");
    assert_eq!(word(&used_up().session("garbage", NOW - 10).play()), "out token-invalid");
}

#[test]
fn a_nonce_that_cannot_be_redeemed_is_passed_over() {
    for mut scene in [Scene::production(), Scene::development()] {
        scene = scene.cookie("__clerk_handshake_nonce", "n").nonces(|_| Err(api_error("resource_not_found")));
        assert_eq!(word(&scene.play()), "out session-token-and-uat-missing");
        scene = scene.session(&valid(), NOW - 10);
        assert_eq!(word(&scene.play()), "in");
    }
}

#[test]
fn a_handshake_that_is_not_believed() {
    let forged = Signer::stranger().sign(&json!({ "handshake": directives(&valid()) }));
    let foreign = directives(&Signer::stranger().sign(&crate::signing::claims(NOW)));
    let odd = directives(&token(&json!({ "azp": "https://evil.test" })));
    for (handshake, reason) in [
        (forged, "token-invalid-signature"),
        ("garbage".to_owned(), "token-invalid"),
        (valid(), "token-verification-failed"),
        (handshake(&foreign), "token-invalid-signature"),
        (handshake(&odd), "token-invalid-authorized-parties"),
    ] {
        let mut production = Scene::production().cookie("__clerk_handshake", &handshake);
        assert_eq!(word(&production.play()), "out session-token-and-uat-missing");
        let mut production = Scene::production().cookie("__clerk_handshake", &handshake).session(&valid(), NOW - 10);
        let signed_in = production.signed_in();
        assert_eq!(texts(&signed_in.cookies).len(), 1, "only the transport cookie is forgotten");

        let mut development = Scene::development().query(&format!("__clerk_handshake={handshake}"));
        development = development.session(&valid(), NOW - 10);
        assert_eq!(word(&development.play()), format!("out {reason}"));
    }
}

#[test]
fn in_development_a_clock_may_be_wrong_by_a_day_once() {
    for changes in [
        json!({ "iat": NOW - 1000, "nbf": NOW - 1010, "exp": NOW - 940 }),
        json!({ "iat": NOW + 1000, "nbf": NOW + 990, "exp": NOW + 1060 }),
        json!({ "iat": NOW + 1000, "nbf": NOW - 10, "exp": NOW + 1060 }),
    ] {
        let cookies = handshake(&directives(&token(&changes)));
        let mut development = Scene::development().query(&format!("__clerk_handshake={cookies}"));
        assert_eq!(word(&development.play()), "to handshake-complete");
        assert_eq!(development.asked, ["verify-handshake", "verify", "verify-lenient"]);
        let mut production = Scene::production().cookie("__clerk_handshake", &cookies);
        assert_eq!(word(&production.play()), "out session-token-and-uat-missing");
    }
    let ancient = handshake(&directives(&token(&json!({ "iat": 1, "nbf": 1, "exp": NOW - 90_000 }))));
    let mut development = Scene::development().query(&format!("__clerk_handshake={ancient}"));
    assert_eq!(word(&development.play()), "out token-expired");
}

#[test]
fn a_directive_no_header_can_carry_is_left_out() {
    let mut scene = Scene::production().cookie("__clerk_handshake_nonce", "n").nonces(|_| {
        let mut all = directives(&valid());
        all.push("evil=1\r\nx-injected: 1".to_owned());
        Ok(all)
    });
    assert!(texts(&scene.signed_in().cookies).iter().all(|cookie| !cookie.contains("evil")));
}

#[test]
fn without_keys_nothing_is_said() {
    let mut scene = Scene::production().cookie("__clerk_handshake", &handshake(&directives(&valid()))).keyless();
    assert_eq!(word(&scene.play()), "unavailable");
}
