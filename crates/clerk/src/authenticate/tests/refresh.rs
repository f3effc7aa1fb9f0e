//! The ended token: refreshed through the Backend API where there is a refresh cookie, or sent round.

use http::Method;
use serde_json::json;

use super::scene::{NOW, Scene, api_error, expired, texts, token, valid, word};
use crate::error::Error;
use crate::session::Carrier;
use crate::signing::{PARTY, Signer, claims};

fn ended() -> Scene {
    Scene::production().session(&expired(), NOW - 200)
}

fn fresh(token: &str) -> Vec<String> {
    let name = Scene::production().site.names.session;
    vec![format!("__session={token}; Path=/"), format!("{name}={token}; Path=/")]
}

#[test]
fn without_a_refresh_cookie_nothing_is_asked() {
    for (mut scene, expected) in [
        (ended(), "to session-token-expired-refresh-non-eligible-no-refresh-cookie"),
        (ended().cookie("__refresh", "plain"), "to session-token-expired-refresh-non-eligible-no-refresh-cookie"),
        (ended().header("sec-fetch-dest", "empty"), "out session-token-expired-refresh-non-eligible-no-refresh-cookie"),
        (ended().method(Method::POST), "out session-token-expired-refresh-non-eligible-non-get"),
    ] {
        assert_eq!(word(&scene.play()), expected);
        assert_eq!(scene.asked, ["verify"]);
    }
}

#[test]
fn a_refresh_signs_in_without_a_redirect() {
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let ended_token = expired();
        let mut scene = ended()
            .method(method)
            .refresh_cookie()
            .header("user-agent", "Browser/1")
            .header("origin", PARTY)
            .refreshes(move |session_id, refresh| {
                assert_eq!(session_id, "sess_1");
                assert_eq!(refresh.expired_token, ended_token);
                assert_eq!(refresh.refresh_token, "refresh_1");
                assert_eq!(refresh.request_origin, PARTY);
                assert!(refresh.suffixed_cookies);
                let names: Vec<&str> = refresh.request_headers.keys().map(String::as_str).collect();
                assert_eq!(names, ["origin", "user-agent"]);
                Ok(fresh(&valid()))
            });
        let signed_in = scene.signed_in();
        assert_eq!(scene.asked, ["verify", "refresh", "verify"]);
        assert_eq!(signed_in.carrier, Carrier::Cookie);
        assert_eq!(signed_in.session.expires_at.as_second(), NOW + 60);
        assert_eq!(signed_in.token, valid());
        assert_eq!(texts(&signed_in.cookies), fresh(&valid()));
    }
}

#[test]
fn a_refresh_that_fails_says_why() {
    let unreachable = || Error::Unreachable("refused".into());
    let decode = || Error::Decode("html".into());
    let limited = || Error::RateLimited { retry_after: std::time::Duration::from_secs(1), trace_id: None };
    let prefix = "session-token-expired-refresh-";
    let stranger = Signer::stranger().sign(&claims(NOW));
    type Answer = Box<dyn Fn() -> Result<Vec<String>, Error>>;
    let cases: Vec<(Answer, &str)> = vec![
        (Box::new(|| Err(api_error("session_refresh_inactive_session"))), "session_refresh_inactive_session"),
        (Box::new(|| Err(api_error("bad code\r\n<b>"))), "badcodeb"),
        (Box::new(|| Err(api_error(""))), "unexpected-bapi-error"),
        (Box::new(move || Err(limited())), "unexpected-bapi-error"),
        (Box::new(move || Err(unreachable())), "fetch-error"),
        (Box::new(move || Err(decode())), "unexpected-sdk-error"),
        (Box::new(|| Ok(vec!["other=1".into()])), "missing-session-token"),
        (Box::new(|| Ok(fresh(&expired()))), "invalid-session-token"),
        (Box::new(move || Ok(fresh(&stranger))), "invalid-session-token"),
        (Box::new(|| Ok(fresh(&token(&json!({ "sid": "sess_2" }))))), "invalid-session-token"),
    ];
    for (answer, why) in cases {
        let answer = std::rc::Rc::new(answer);
        let again = std::rc::Rc::clone(&answer);
        let mut page = ended().refresh_cookie().refreshes(move |_, _| answer());
        assert_eq!(word(&page.play()), format!("to {prefix}{why}"));
        let mut form = ended().refresh_cookie().method(Method::POST).refreshes(move |_, _| again());
        assert_eq!(word(&form.play()), format!("out {prefix}{why}"));
    }
}

#[test]
fn only_an_ended_token_is_refreshed() {
    for changes in [json!({ "azp": "https://evil.test" }), json!({ "iss": "https://evil.test" }), json!({ "sub": 1 })] {
        let mut changes = changes;
        changes["exp"] = (NOW - 40).into();
        changes["iat"] = (NOW - 100).into();
        let mut scene = Scene::production().session(&token(&changes), NOW - 200).refresh_cookie();
        assert!(word(&scene.play()).starts_with("out token-"));
        assert_eq!(scene.asked, ["verify"]);
    }
    let forged = Signer::stranger().sign(&crate::signing::claims_with(NOW, &json!({ "exp": NOW - 40 })));
    let mut scene = Scene::production().session(&forged, NOW - 200).refresh_cookie();
    assert_eq!(word(&scene.play()), "out token-invalid-signature");
}

#[test]
fn while_clerk_is_dark_an_ended_session_is_excused_for_an_hour_and_nobody_is_sent_there() {
    let at = |ended: i64| token(&json!({ "iat": NOW - ended - 60, "nbf": NOW - ended - 70, "exp": NOW - ended }));
    let scene = |ended: i64| Scene::production().session(&at(ended), NOW - ended - 3600);
    for method in [Method::GET, Method::POST] {
        let mut dark = scene(40).method(method).refresh_cookie().excusing(true);
        assert_eq!(dark.signed_in().session.user_id, "user_1");
        assert_eq!(dark.asked, ["verify", "excuse"], "a refresh would wait for an answer that does not come");
    }
    assert!(word(&scene(3599).excusing(true).play()).starts_with("in"));
    assert!(word(&scene(3601).excusing(true).play()).starts_with("to session-token-expired"));

    let mut lit = scene(40).excusing(false);
    assert_eq!(word(&lit.play()), "to session-token-expired-refresh-non-eligible-no-refresh-cookie");
    assert_eq!(lit.asked, ["verify", "excuse"]);
    let forged = Signer::stranger().sign(&claims(NOW - 100));
    assert!(word(&Scene::production().session(&forged, NOW - 200).excusing(true).play()).starts_with("out"));
}
