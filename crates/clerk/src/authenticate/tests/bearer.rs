//! H1 to H4, and two carriers at once.

use http::Method;
use serde_json::json;

use super::scene::{NOW, Scene, expired, token, valid, word};
use crate::session::Carrier;
use crate::signing::{Signer, claims, claims_with};

fn bearer(token: &str) -> Scene {
    Scene::production().header("authorization", &format!("Bearer {token}"))
}

#[test]
fn a_token_that_verifies_signs_in_whatever_the_cookies_say() {
    for mut scene in [
        bearer(&valid()),
        bearer(&valid()).method(Method::DELETE),
        bearer(&valid()).cookie("__client_uat", &(NOW + 1).to_string()),
        bearer(&valid()).header("referer", "https://elsewhere.test/"),
        Scene::production().header("authorization", &valid()),
        Scene::production().header("authorization", &format!("bearer  {}", valid())),
        Scene::development().query("__clerk_db_jwt=x").header("authorization", &format!("Bearer {}", valid())),
    ] {
        let signed_in = scene.signed_in();
        assert_eq!(signed_in.carrier, Carrier::Header);
        assert_eq!(signed_in.session.user_id, "user_1");
        assert!(signed_in.cookies.is_empty());
    }
}

#[test]
fn other_tokens_are_refused_with_their_reason() {
    let signer = Signer::instance();
    let with_header = |header: serde_json::Value| signer.sign_text(&header.to_string(), &claims(NOW).to_string());
    for (token, expected) in [
        (with_header(json!({ "alg": "RS256", "typ": "at+jwt" })), "out token-type-mismatch"),
        (with_header(json!({ "alg": "RS256", "cat": "cl_B7d4PD222AAA" })), "out token-type-mismatch"),
        (with_header(json!({ "alg": "RS256", "cat": "cl_B7d4PD333AAA" })), "out token-type-mismatch"),
        (token(&json!({ "sub": "mch_1" })), "out token-type-mismatch"),
        (Signer::stranger().sign(&claims(NOW)), "out token-invalid-signature"),
        (with_header(json!({ "alg": "none" })), "out token-invalid-algorithm"),
        (token(&json!({ "azp": "https://evil.test" })), "out token-invalid-authorized-parties"),
        (token(&json!({ "iss": "https://evil.test" })), "out token-invalid-issuer"),
        (token(&json!({ "sid": null })), "out token-verification-failed"),
        ("mt_abc".to_owned(), "out token-invalid"),
        ("a.b.c".to_owned(), "out token-invalid"),
    ] {
        assert_eq!(word(&bearer(&token).play()), expected, "{token:.40}");
    }
}

#[test]
fn a_token_out_of_time_takes_the_road_of_a_cookie_but_is_never_refreshed() {
    let early = token(&json!({ "nbf": NOW + 60 }));
    let future = token(&json!({ "iat": NOW + 60 }));
    for (token, page, call) in [
        (
            expired(),
            "session-token-expired-refresh-non-eligible-no-refresh-cookie",
            "session-token-expired-refresh-non-eligible-no-refresh-cookie",
        ),
        (early, "session-token-nbf", "session-token-nbf"),
        (future, "session-token-iat-in-the-future", "session-token-iat-in-the-future"),
    ] {
        let mut scene = bearer(&token).refresh_cookie();
        assert_eq!(word(&scene.play()), format!("to {page}"));
        assert_eq!(scene.asked, ["verify"]);
        assert_eq!(word(&bearer(&token).header("sec-fetch-dest", "empty").play()), format!("out {call}"));
    }
    let mut post = bearer(&expired()).method(Method::POST);
    assert_eq!(word(&post.play()), "out session-token-expired-refresh-non-eligible-non-get");
}

#[test]
fn a_bearer_token_beside_a_session_cookie_is_refused() {
    let suffixed = Scene::production().site.names.session;
    for mut scene in [
        bearer(&valid()).session(&valid(), NOW - 10),
        bearer(&valid()).cookie("__session", &token(&json!({ "sub": "user_2" }))),
        bearer(&valid()).cookie("__session", "garbage"),
        bearer(&valid()).cookie(&suffixed, &valid()),
        bearer("garbage").session(&valid(), NOW - 10),
    ] {
        assert_eq!(word(&scene.play()), "out token-carrier-conflict");
        assert!(scene.asked.is_empty());
    }
    let mut two = bearer(&valid());
    two.headers.append("authorization", format!("Bearer {}", valid()).parse().unwrap());
    assert_eq!(word(&two.play()), "out token-carrier-conflict");
}

#[test]
fn other_schemes_and_empty_tokens_are_nobodys() {
    for value in ["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", ""] {
        let mut scene = Scene::production().header("authorization", value).session(&valid(), NOW - 10);
        assert_eq!(scene.signed_in().carrier, Carrier::Cookie, "{value:?}");
    }
    let empty = bearer(&valid()).cookie("__session", "");
    assert_eq!({ empty }.signed_in().carrier, Carrier::Header);
}

#[test]
fn without_keys_nothing_is_said() {
    assert_eq!(word(&bearer(&valid()).keyless().play()), "unavailable");
    assert_eq!(word(&bearer("garbage").keyless().play()), "out token-invalid");
    let changed = Signer::stranger().sign(&claims_with(NOW, &json!({})));
    assert_eq!(word(&bearer(&changed).keyless().play()), "unavailable");
}
