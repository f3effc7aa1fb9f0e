//! The effects the core asks for, performed against a server.

use clerk::{Carrier, Outcome};
use http::header::SET_COOKIE;
use serde_json::json;

use crate::instance::{Instance, Reply, bearer, now, play, token};
use crate::signing::{Signer, claims_with};

#[tokio::test]
async fn a_token_is_judged_by_its_own_time_also_when_it_is_known() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    // One second of life beyond the five of skew.
    let short = Signer::instance().sign(&claims_with(now(), &json!({ "exp": now() - 3 })));
    assert_eq!(bearer(&clerk, &short).await, "in");
    let brief = Signer::instance().sign(&claims_with(now(), &json!({ "exp": now() + 1 })));
    assert_eq!(bearer(&clerk, &brief).await, "in");
    tokio::time::sleep(std::time::Duration::from_millis(7_100)).await;
    for token in [short, brief] {
        assert_ne!(bearer(&clerk, &token).await, "in");
    }
}

#[tokio::test]
async fn a_nonce_is_redeemed_with_the_secret_key() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let token = token();
    instance.reply([Reply::Json(200, json!({ "directives": [format!("__session={token}; Path=/")], "more": 1 }))]);
    let outcome = play(&clerk, "/a?b=1&__clerk_handshake_nonce=n%20%26x", &[("sec-fetch-dest", "document")]).await;
    let Outcome::Handshake(redirect) = outcome else { panic!("{outcome:?}") };
    assert_eq!(redirect.location, "https://app.example.test/a?b=1");
    assert_eq!(redirect.headers[SET_COOKIE], format!("__session={token}; Path=/"));
    let [asked] = instance.asked().try_into().unwrap();
    assert_eq!(asked.target, "/bapi/v1/clients/handshake_payload?nonce=n+%26x");
    assert_eq!(asked.headers["authorization"], "Bearer sk_test_sandbox_1");
}

#[tokio::test]
async fn an_ended_session_is_refreshed() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let ended = Signer::instance().sign(&claims_with(now() - 100, &json!({ "exp": now() - 40 })));
    let fresh = token();
    instance.reply([Reply::Json(
        200,
        json!({ "object": "cookies", "cookies": [format!("__session={fresh}; Path=/"), format!("__session_TeaZz7fV={fresh}; Path=/")] }),
    )]);
    let cookies = format!(
        "__clerk_db_jwt_TeaZz7fV=d; __session={ended}; __session_TeaZz7fV={ended}; __client_uat=5; __client_uat_TeaZz7fV=5; __refresh_TeaZz7fV=r"
    );
    let outcome = play(&clerk, "/", &[("cookie", &cookies), ("user-agent", "Browser/1")]).await;
    let Outcome::SignedIn(signed_in) = outcome else { panic!("{outcome:?}") };
    assert_eq!((signed_in.carrier, signed_in.cookies.len()), (Carrier::Cookie, 2));
    let [asked] = instance.asked().try_into().unwrap();
    assert_eq!(asked.target, "/bapi/v1/sessions/sess_1/refresh?suffixed_cookies=true");
    assert_eq!(
        asked.body,
        json!({
            "expired_token": ended, "refresh_token": "r", "request_origin": "https://app.example.test",
            "request_headers": { "user-agent": ["Browser/1"] }, "format": "cookie",
        })
    );
}

#[tokio::test]
async fn a_thousand_requests_at_once_each_get_their_own_person() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let tokens: Vec<(String, String)> = (0..100)
        .map(|number| {
            let user = format!("user_{number}");
            (user.clone(), Signer::instance().sign(&claims_with(now(), &json!({ "sub": user }))))
        })
        .collect();
    let tasks: Vec<_> = (0..1_000)
        .map(|number| {
            let (clerk, (user, token)) = (clerk.clone(), tokens[number % tokens.len()].clone());
            tokio::spawn(async move {
                let outcome = play(&clerk, "/", &[("authorization", &format!("Bearer {token}"))]).await;
                let Outcome::SignedIn(signed_in) = outcome else { panic!("{outcome:?}") };
                assert_eq!(signed_in.session.user_id, user);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(instance.jwks_fetches(), 1);
}
