//! C5 to C16, and cookies that contradict each other.

use http::Method;
use serde_json::json;

use super::scene::{NOW, Scene, texts, token, valid, word};
use crate::keys::InstanceType;
use crate::outcome::Outcome;
use crate::session::{Carrier, SessionStatus};
use crate::signing::{PARTY, Signer, claims};

const EARLIER: i64 = NOW - 10;

#[test]
fn rows_of_the_table_in_development() {
    let bare = || Scene::new(InstanceType::Development);
    for (row, mut scene, expected) in [
        ("C5", bare().query("a=1&__clerk_db_jwt=dvb_2"), "to dev-browser-sync"),
        ("C5", Scene::development().session(&valid(), EARLIER).query("__clerk_db_jwt=dvb_2"), "to dev-browser-sync"),
        ("C6", bare(), "to dev-browser-missing"),
        ("C6", bare().session(&valid(), EARLIER), "to dev-browser-missing"),
        ("C7", Scene::development(), "out session-token-and-uat-missing"),
        ("C7", Scene::development().cookie("__client_uat", "0"), "out session-token-and-uat-missing"),
        ("C8", Scene::development().cookie("__session", &valid()), "to session-token-but-no-client-uat"),
        ("C9", Scene::development().cookie("__client_uat", "1"), "to client-uat-but-no-session-token"),
    ] {
        assert_eq!(word(&scene.play()), expected, "{row}");
        assert!(scene.asked.is_empty());
    }
    let suffixed = bare().site.names.dev_browser;
    let mut scene = bare().session(&valid(), EARLIER).cookie(&suffixed, "dvb_1");
    assert_eq!(word(&scene.play()), "in");
}

#[test]
fn rows_of_the_table_in_production() {
    let scene = Scene::production;
    let early = token(&json!({ "iat": EARLIER - 1 }));
    let machine = Signer::instance().sign_text(r#"{"alg":"RS256","typ":"at+jwt"}"#, &claims(NOW).to_string());
    let template = Signer::instance().sign_text(r#"{"alg":"RS256","cat":"cl_B7d4PD222AAA"}"#, &claims(NOW).to_string());
    let stranger = Signer::stranger().sign(&claims(NOW));
    for (row, mut scene, expected) in [
        ("C7", scene(), "out session-token-and-uat-missing"),
        ("C7", scene().cookie("__client_uat", "0"), "out session-token-and-uat-missing"),
        ("C7", scene().cookie("__client_uat", "soon"), "out session-token-and-uat-missing"),
        ("C7", scene().query("__clerk_db_jwt=dvb_2"), "out session-token-and-uat-missing"),
        ("C8", scene().session(&valid(), 0), "to session-token-but-no-client-uat"),
        ("C8", scene().cookie("__session", &valid()), "to session-token-but-no-client-uat"),
        ("C9", scene().cookie("__client_uat", "1"), "to client-uat-but-no-session-token"),
        ("C9", scene().cookie("__client_uat", "1").cookie("__session", ""), "to client-uat-but-no-session-token"),
        ("C10", scene().session("not.a.token", EARLIER), "out token-invalid"),
        ("C11", scene().session(&machine, EARLIER), "out token-type-mismatch"),
        ("C11", scene().session(&template, EARLIER), "out token-type-mismatch"),
        ("C11", scene().session(&token(&json!({ "sub": "mch_1" })), EARLIER), "out token-type-mismatch"),
        ("C12", scene().session(&early, EARLIER), "to session-token-iat-before-client-uat"),
        ("C13", scene().session(&stranger, EARLIER), "out token-invalid-signature"),
        ("C13", scene().session(&token(&json!({ "azp": null })), EARLIER), "out token-invalid-authorized-parties"),
        ("C13", scene().session(&token(&json!({ "nbf": NOW + 60 })), EARLIER), "to session-token-nbf"),
        ("C13", scene().session(&token(&json!({ "iat": NOW + 60 })), EARLIER), "to session-token-iat-in-the-future"),
        ("C16", scene().session(&valid(), EARLIER), "in"),
        ("C16", scene().session(&valid(), NOW), "in"),
        ("C16", scene().session(&valid(), EARLIER).method(Method::POST), "in"),
        ("C16", scene().session(&valid(), EARLIER).without("sec-fetch-dest"), "in"),
        ("C16", scene().cookie("__session", &valid()).cookie("__client_uat", "1"), "in"),
    ] {
        assert_eq!(word(&scene.play()), expected, "{row}");
    }
}

#[test]
fn a_signed_in_request_carries_its_session() {
    let signed_in = Scene::production().session(&token(&json!({ "sts": "pending", "o": null })), EARLIER).signed_in();
    assert_eq!(signed_in.carrier, Carrier::Cookie);
    assert_eq!(signed_in.session.status, SessionStatus::Pending);
    assert_eq!(signed_in.session.organisation, None);
    assert!(signed_in.cookies.is_empty());
}

#[test]
fn coming_from_elsewhere_is_checked_once() {
    let from = |referrer: &str| Scene::production().session(&valid(), EARLIER).header("referer", referrer);
    let sync = "to primary-domain-cross-origin-sync";
    for (mut scene, expected) in [
        (from("https://elsewhere.test/page"), sync),
        (from("http://app.example.test/"), sync),
        (from("https://app.example.test:8443/"), sync),
        (from("https://other-13.accounts.dev/sign-in"), sync),
        (from(&format!("{PARTY}/other")), "in"),
        (from("https://tenantry-sandbox-13.clerk.accounts.dev/v1/x"), "in"),
        (from("https://tenantry-sandbox-13.accounts.dev/sign-in"), "in"),
        (from("not a url"), "in"),
        (from("https://elsewhere.test/").header("sec-fetch-dest", "iframe"), "in"),
        (from("https://elsewhere.test/").without("sec-fetch-dest").header("accept", "text/html"), "in"),
        (from("https://elsewhere.test/").method(Method::POST), "in"),
        (from("https://elsewhere.test/").cookie("__clerk_redirect_count", "1"), "in"),
    ] {
        assert_eq!(word(&scene.play()), expected, "{:?}", scene.headers.get("referer"));
    }
}

#[test]
fn cookies_of_one_name_that_differ_sign_out_and_are_forgotten() {
    let other = token(&json!({ "sub": "user_2" }));
    let suffixed = Scene::production().site.names.session;
    for mut scene in [
        Scene::production().session(&valid(), EARLIER).cookie("__session", &other),
        Scene::production().cookie("__session", &other).session(&valid(), EARLIER),
        Scene::production().session(&valid(), EARLIER).cookie("__session", ""),
        Scene::production().session(&valid(), EARLIER).cookie(&suffixed, &other),
        // Two people of this instance, one under each name.
        Scene::production().cookie("__session", &other).cookie(&suffixed, &valid()).cookie("__client_uat", "1"),
    ] {
        let outcome = scene.play();
        assert_eq!(word(&outcome), "out session-cookie-conflict");
        assert!(scene.asked.is_empty());
        let Outcome::SignedOut { cookies, .. } = outcome else { unreachable!() };
        let [first, second] = texts(&cookies).try_into().unwrap();
        assert!(first.starts_with("__session=; ") && first.contains("Max-Age=0") && first.ends_with("; Secure"));
        assert!(second.starts_with(&format!("{suffixed}=; ")));
    }
}

#[test]
fn normal_pairs_are_no_conflict() {
    let suffixed = Scene::production().site.names;
    let foreign = token(&json!({ "iss": "https://clerk.other.example", "sub": "user_9" }));
    let newer = token(&json!({ "iat": NOW + 1 }));
    for mut scene in [
        Scene::production().session(&valid(), EARLIER).cookie("__session", &valid()),
        // Another instance's application on the same host wrote the plain name.
        Scene::production()
            .cookie("__session", &foreign)
            .cookie(&suffixed.session, &valid())
            .cookie(&suffixed.client_uat, "1"),
        // The same person, a newer token under the plain name.
        Scene::production()
            .cookie("__session", &newer)
            .cookie(&suffixed.session, &valid())
            .cookie("__client_uat", "1")
            .cookie(&suffixed.client_uat, "1"),
        // A stranger's suffix is not looked at.
        Scene::production().session(&valid(), EARLIER).cookie("__session_AAAAAAAA", &foreign),
    ] {
        assert_eq!(scene.signed_in().session.user_id, "user_1");
    }
}

#[test]
fn without_keys_nothing_is_said() {
    assert_eq!(word(&Scene::production().session(&valid(), EARLIER).keyless().play()), "unavailable");
    assert_eq!(word(&Scene::production().keyless().play()), "out session-token-and-uat-missing");
}
