//! The key set: fetched when needed, once, and kept through every kind of failure.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::instance::{Instance, Reply, bearer, now, token};
use crate::signing::{Signer, claims, claims_with};

static NEXT: LazyLock<Signer> = LazyLock::new(|| Signer::generate("ins_next"));

/// Moves the runtime's clock (not the one tokens are judged by).
async fn later(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// A background fetch takes a moment.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

fn signed_with(key_id: &str) -> String {
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": key_id });
    Signer::instance().sign_text(&header.to_string(), &claims(now()).to_string())
}

#[tokio::test]
async fn is_fetched_on_demand_and_once() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    assert_eq!(bearer(&clerk, "garbage").await, "token-invalid");
    assert_eq!(instance.jwks_fetches(), 0);
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let clerk = clerk.clone();
            let token = Signer::instance().sign(&claims_with(now(), &json!({ "jti": number })));
            tokio::spawn(async move { bearer(&clerk, &token).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), "in");
    }
    assert_eq!(instance.jwks_fetches(), 1);
}

#[tokio::test]
async fn a_cold_start_without_keys_is_unavailable_and_recovers() {
    let instance = Instance::start().await;
    instance.jwks(Reply::Text(500, "no".into()));
    let clerk = instance.clerk();
    assert_eq!(bearer(&clerk, &token()).await, "unavailable");
    assert!(!clerk.has_keys().await);
    for _ in 0..20 {
        assert_eq!(bearer(&clerk, &token()).await, "unavailable");
    }
    assert_eq!(instance.jwks_fetches(), 1, "not a fetch for every request");
    instance.publish(&[Signer::instance().jwk()]);
    later(1).await;
    assert_eq!(bearer(&clerk, &token()).await, "in");
    assert!(clerk.has_keys().await);
}

/// Whatever a header says of keys, nothing is asked for but the key set, at its own address.
#[tokio::test]
async fn a_header_leads_nowhere() {
    let instance = Instance::start().await;
    let elsewhere = Instance::start().await;
    let clerk = instance.clerk();
    let claims = claims(now()).to_string();
    let ids = [
        "' or 1=1; drop table keys; --".to_owned(),
        "../../../../etc/passwd".to_owned(),
        "/dev/null".to_owned(),
        "ins_test\0".to_owned(),
        "\0".to_owned(),
        String::new(),
        " ins_test".to_owned(),
        "INS_TEST".to_owned(),
        "ins_test\r\nx-evil: 1".to_owned(),
        format!("{}/jwks", elsewhere.base),
        "ｉｎｓ_test".to_owned(),
        "k".repeat(1 << 20),
    ];
    for id in &ids {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": id }).to_string();
        let judged = bearer(&clerk, &Signer::instance().sign_text(&header, &claims)).await;
        assert_ne!(judged, "in", "{id:.60}");
        assert_ne!(judged, "unavailable", "{id:.60}");
    }
    for parameter in ["jku", "x5u", "jwk", "x5c", "iss"] {
        let value = match parameter {
            "jwk" => Signer::stranger().jwk(),
            _ => json!(format!("{}/jwks", elsewhere.base)),
        };
        let header = json!({ "alg": "RS256", "kid": "ins_test", parameter: value }).to_string();
        assert_ne!(bearer(&clerk, &Signer::stranger().sign_text(&header, &claims)).await, "in", "{parameter}");
    }
    assert_eq!(bearer(&clerk, &token()).await, "in");
    assert!(instance.jwks_fetches() <= 2, "one, and one for all the unknown ids: {}", instance.jwks_fetches());
    assert!(instance.asked().is_empty(), "nothing but the key set");
    assert!(elsewhere.jwks_fetches() == 0 && elsewhere.asked().is_empty(), "and nobody else");
}

#[tokio::test]
async fn strangers_keys_cause_one_fetch_in_half_a_minute() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    assert_eq!(bearer(&clerk, &token()).await, "in");
    let stranger = signed_with("x");
    let [_, payload, signature] = stranger.split('.').collect::<Vec<_>>().try_into().unwrap();
    for round in 1..3 {
        for number in 0..2_000 {
            if number == 1_000 {
                later(25).await;
            }
            use base64::Engine as _;
            let header = json!({ "alg": "RS256", "kid": format!("{round} {number}") }).to_string();
            let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header);
            assert_eq!(bearer(&clerk, &format!("{header}.{payload}.{signature}")).await, "jwk-kid-mismatch");
        }
        assert_eq!(instance.jwks_fetches(), 1 + round);
        assert_eq!(bearer(&clerk, &token()).await, "in");
        later(31).await;
    }
    let nameless = Signer::instance().sign_text(r#"{"alg":"RS256"}"#, &claims(now()).to_string());
    assert_eq!(bearer(&clerk, &nameless).await, "jwk-kid-mismatch");
    assert_eq!(instance.jwks_fetches(), 3);
}

#[tokio::test]
async fn a_rotation_right_after_a_fetch_is_followed_at_once_and_old_tokens_are_forgotten() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let old = token();
    assert_eq!(bearer(&clerk, &old).await, "in");
    instance.publish(&[NEXT.jwk()]);
    assert_eq!(bearer(&clerk, &NEXT.sign(&claims(now()))).await, "in");
    assert_eq!(instance.jwks_fetches(), 2);
    assert_eq!(bearer(&clerk, &old).await, "jwk-kid-mismatch", "the cache was cleared");
}

#[tokio::test]
async fn a_withdrawn_key_is_refused_within_five_minutes() {
    for wait in [241, 301] {
        let instance = Instance::start().await;
        let clerk = instance.clerk();
        assert_eq!(bearer(&clerk, &token()).await, "in");
        instance.publish(&[NEXT.jwk()]);
        later(wait).await;
        let another = signed_with("ins_test");
        bearer(&clerk, &another).await;
        settle().await;
        assert_eq!(bearer(&clerk, &another).await, "jwk-kid-mismatch");
        assert_eq!(instance.jwks_fetches(), 3, "a renewal, and one for the key that is unknown now");
    }
}

#[tokio::test]
async fn old_keys_serve_while_the_address_fails() {
    let large = format!("{{\"keys\":[{}]}}{}", NEXT.jwk(), " ".repeat(300 << 10));
    let mut unusable = NEXT.jwk();
    unusable["kty"] = "EC".into();
    let mut weak = NEXT.jwk();
    weak["n"] = "AQAB".into();
    let mut hmac = NEXT.jwk();
    hmac["alg"] = "HS256".into();
    for failure in [
        Reply::Text(500, "oops".into()),
        Reply::Text(200, "<html>".into()),
        Reply::Text(200, String::new()),
        Reply::Text(404, format!("{{\"keys\":[{}]}}", NEXT.jwk())),
        Reply::Json(200, json!({ "keys": [] })),
        Reply::Json(200, json!({ "keys": [unusable, weak, hmac] })),
        Reply::Json(200, json!([])),
        Reply::Text(200, large),
        Reply::Header(302, "location", "/elsewhere"),
    ] {
        let instance = Instance::start().await;
        let clerk = instance.clerk();
        assert_eq!(bearer(&clerk, &token()).await, "in");
        instance.jwks(failure.clone());
        instance.reply([Reply::Json(200, json!({ "keys": [NEXT.jwk()] }))]);
        for round in 0..3 {
            later(400).await;
            assert_eq!(bearer(&clerk, &signed_with("ins_test")).await, "in", "{failure:?} {round}");
            assert_eq!(bearer(&clerk, &NEXT.sign(&claims(now()))).await, "jwk-kid-mismatch");
        }
        settle().await;
        assert!(instance.asked().is_empty(), "a redirect is not followed");
        instance.publish(&[NEXT.jwk()]);
        later(400).await;
        assert_eq!(bearer(&clerk, &NEXT.sign(&claims(now()))).await, "in");
    }
}

#[tokio::test]
async fn a_slow_address_holds_one_request_up_for_a_bounded_time() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    assert_eq!(bearer(&clerk, &token()).await, "in");
    instance.jwks(Reply::Drip);
    later(301).await;
    // A token that was not seen before: a known one needs no key.
    let unseen = |number: u32| Signer::instance().sign(&claims_with(now(), &json!({ "jti": number })));
    let began = Instant::now();
    assert_eq!(bearer(&clerk, &unseen(1)).await, "in");
    assert!(began.elapsed() > Duration::from_secs(1), "waited for the fetch");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    later(11).await;
    let began = Instant::now();
    assert_eq!(bearer(&clerk, &unseen(2)).await, "in");
    assert!(began.elapsed() < Duration::from_secs(1), "while it fails nobody waits: {:?}", began.elapsed());
}

#[tokio::test]
async fn with_a_key_given_nothing_is_fetched() {
    let instance = Instance::start().await;
    let clerk = instance.clerk_with(Some(Signer::instance().pem()));
    assert!(clerk.has_keys().await);
    assert_eq!(bearer(&clerk, &signed_with("whatever")).await, "in");
    assert_eq!(bearer(&clerk, &Signer::stranger().sign(&claims(now()))).await, "token-invalid-signature");
    assert_eq!(instance.jwks_fetches(), 0);
}
