//! The handshake: cookies by nonce and by token, organisations by id and slug, and the allow-list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::instance::{APP, Instance};

const SUFFIX: &str = "TeaZz7fV";

/// Where a handshake leads.
async fn shake(instance: &Instance, query: &[(&str, &str)]) -> Url {
    let response =
        instance.request(Method::GET, &instance.url("/v1/client/handshake")).query(query).send().await.unwrap();
    assert_eq!(response.status(), 307);
    Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The cookies a handshake wants set.
async fn directives(instance: &Instance, query: &[(&str, &str)]) -> Vec<String> {
    let mut query = query.to_vec();
    query.push(("format", "nonce"));
    let url = shake(instance, &query).await;
    let nonce = parameter(&url, "__clerk_handshake_nonce").unwrap();
    let path = format!("/clients/handshake_payload?nonce={nonce}");
    let payload = instance.bapi(Method::GET, &path, Value::Null).await;
    let again = instance.bapi(Method::GET, &path, Value::Null).await;
    assert_eq!(payload, again, "a nonce can be read again for a minute");
    texts(&payload["directives"])
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn value<'a>(directives: &'a [String], name: &str) -> Option<&'a str> {
    directives
        .iter()
        .find_map(|text| text.strip_prefix(name)?.strip_prefix('='))
        .and_then(|rest| rest.split(';').next())
}

#[tokio::test]
async fn a_new_browser_gets_an_identity_and_no_session() {
    let instance = Instance::start().await;
    let back = format!("{APP}/orgs/acme?tab=open");
    let cookies = directives(&instance, &[("redirect_url", &back)]).await;
    let id = value(&cookies, "__clerk_db_jwt").unwrap();
    assert!(id.starts_with("dvb_"));
    assert_eq!(value(&cookies, &format!("__clerk_db_jwt_{SUFFIX}")), Some(id));
    assert_eq!(value(&cookies, "__client_uat"), Some("0"));
    assert_eq!(value(&cookies, "__session"), Some(""));

    let known = directives(&instance, &[("redirect_url", &back), ("__clerk_db_jwt", id)]).await;
    assert_eq!(value(&known, "__clerk_db_jwt"), Some(id));
    let unknown = directives(&instance, &[("redirect_url", &back), ("__clerk_db_jwt", "dvb_x")]).await;
    assert_ne!(value(&unknown, "__clerk_db_jwt"), Some("dvb_x"));

    let url = shake(&instance, &[("redirect_url", &back), ("format", "nonce")]).await;
    assert_eq!(url.path(), "/orgs/acme");
    assert_eq!(parameter(&url, "tab").as_deref(), Some("open"));
}

#[tokio::test]
async fn a_signed_in_browser_gets_its_session() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let organization = instance.organization("Acme", &ada).await;
    let browser = instance.browser().await;
    let session = browser.sign_in("Ada").await;
    let query = [
        ("redirect_url", APP),
        ("__clerk_db_jwt", &browser.id),
        ("suffixed_cookies", "true"),
        ("__clerk_hs_reason", "dev-browser-sync"),
        ("__clerk_api_version", "2026-05-12"),
    ];
    let cookies = directives(&instance, &query).await;
    let token = value(&cookies, "__session").unwrap();
    assert_eq!(value(&cookies, &format!("__session_{SUFFIX}")), Some(token));
    let claims = instance.claims(token).await;
    assert_eq!(claims["sid"], session);
    assert_eq!(claims["azp"], APP);
    assert_eq!(claims["o"]["id"], organization["id"]);
    let uat: i64 = value(&cookies, "__client_uat").unwrap().parse().unwrap();
    assert!(uat > 0 && uat <= claims["iat"].as_i64().unwrap());
    assert_eq!(value(&cookies, "__clerk_handshake"), Some(""));
    assert_eq!(value(&cookies, "__clerk_handshake_nonce"), Some(""));
    for cookie in &cookies {
        assert!(cookie.contains("SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
        assert_eq!(cookie.starts_with("__refresh_"), cookie.contains("HttpOnly"), "{cookie}");
    }

    // The token form carries the same, signed.
    let url = shake(&instance, &query).await;
    let jwt = parameter(&url, "__clerk_handshake").unwrap();
    let body = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
    let payload: Value = serde_json::from_slice(&body).unwrap();
    assert!(value(&texts(&payload["handshake"]), "__session").is_some());
}

#[tokio::test]
async fn the_organisation_of_an_address_is_activated() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let eve = instance.user("Eve").await;
    let acme = instance.organization("Acme", &ada).await;
    let bolt = instance.organization("Bolt", &ada).await;
    let foreign = instance.organization("Foreign", &eve).await;
    let browser = instance.browser().await;
    browser.sign_in("Ada").await;
    let steps = [
        (acme["id"].as_str().unwrap(), "acme"),
        ("bolt", "bolt"),
        (foreign["id"].as_str().unwrap(), "bolt"),
        ("foreign", "bolt"),
        ("nobody-has-this", "bolt"),
        ("", "bolt"),
        ("acme", "acme"),
    ];
    assert_ne!(acme["id"], bolt["id"]);
    for (asked, active) in steps {
        let cookies = directives(
            &instance,
            &[
                ("redirect_url", APP),
                ("__clerk_db_jwt", &browser.id),
                ("organization_id", asked),
                ("__clerk_hs_reason", "active-organization-mismatch"),
            ],
        )
        .await;
        let claims = instance.claims(value(&cookies, "__session").unwrap()).await;
        assert_eq!(claims["o"]["slg"], active, "asked for {asked:?}");
    }
}

#[tokio::test]
async fn nobody_is_sent_to_a_foreign_address() {
    let instance = Instance::start().await;
    for bad in [
        "https://evil.example/",
        "http://localhost:4390@evil.example/",
        "http://localhost:43900/",
        "//evil.example",
        "javascript:alert(1)",
        "/path",
    ] {
        let response = instance
            .request(Method::GET, &instance.url("/v1/client/handshake"))
            .query(&[("redirect_url", bad)])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{bad}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["errors"][0]["code"], "redirect_url_domain_mismatch");
    }
    let own = instance.url("/user");
    shake(&instance, &[("redirect_url", &own)]).await;
}

#[tokio::test]
async fn an_expired_token_is_renewed_without_a_redirect() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    instance.organization("Acme", &ada).await;
    let browser = instance.browser().await;
    let session = browser.sign_in("Ada").await;
    let cookies = directives(&instance, &[("redirect_url", APP), ("__clerk_db_jwt", &browser.id)]).await;
    let token = value(&cookies, "__session").unwrap();
    let refresh = value(&cookies, &format!("__refresh_{SUFFIX}")).unwrap();
    let path = format!("/sessions/{session}/refresh?suffixed_cookies=true");
    let body = |changed: &[(&str, &str)]| {
        let mut body = json!({
            "expired_token": token,
            "refresh_token": refresh,
            "request_origin": APP,
            "request_headers": {"user-agent": ["test"]},
            "format": "cookie",
        });
        for (name, value) in changed {
            body[*name] = json!(value);
        }
        body
    };
    let renewed = instance.bapi(Method::POST, &path, body(&[])).await;
    assert_eq!(renewed["object"], "cookies");
    let claims = instance.claims(value(&texts(&renewed["cookies"]), "__session").unwrap()).await;
    assert_eq!((&claims["sid"], &claims["azp"]), (&json!(session), &json!(APP)));
    let bare = instance.bapi(Method::POST, &path, body(&[("format", "token")])).await;
    assert_eq!(bare["object"], "token");

    for (changed, code) in [
        (("refresh_token", "other"), "refresh_token_not_found"),
        (("request_origin", "http://localhost:1"), "refresh_request_origin_azp_mismatch"),
        (("expired_token", "a.b.c"), "invalid_session_token"),
    ] {
        let (status, answer) = instance.try_bapi(Method::POST, &path, body(&[changed])).await;
        assert_eq!((status, &answer["errors"][0]["code"]), (401, &json!(code)));
    }
    let other = "/sessions/sess_other/refresh";
    let (status, answer) = instance.try_bapi(Method::POST, other, body(&[])).await;
    assert_eq!((status, &answer["errors"][0]["code"]), (401, &json!("refresh_sid_mismatch")));
    let revoke = format!("/sessions/{session}/revoke");
    instance.bapi(Method::POST, &revoke, Value::Null).await;
    let (status, answer) = instance.try_bapi(Method::POST, &path, body(&[])).await;
    assert_eq!((status, &answer["errors"][0]["code"]), (401, &json!("session_refresh_inactive_session")));
}
