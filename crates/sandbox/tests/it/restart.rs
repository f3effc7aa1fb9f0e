//! What survives a restart: people, organisations, sessions, keys and mails.

use serde_json::{Value, json};

use crate::instance::Instance;

#[tokio::test]
async fn everything_survives_a_restart() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let acme = instance.organization("Acme", &ada).await;
    let (dev_browser, session) = {
        let browser = instance.browser().await;
        let session = browser.sign_in("Ada").await;
        (browser.id, session)
    };
    let keys = keys(&instance).await;

    let instance = instance.restart().await;
    assert_eq!(self::keys(&instance).await, keys);
    let browser = crate::instance::Browser { instance: &instance, id: dev_browser };
    let client = browser.call("GET", "/client", &[]).await;
    assert_eq!(client["response"]["sessions"][0]["id"], session);
    let token = browser.call("POST", &format!("/client/sessions/{session}/tokens"), &[]).await;
    let claims = instance.claims(token["jwt"].as_str().unwrap()).await;
    assert_eq!(claims["o"]["id"], acme["id"]);
    assert_eq!(claims["sub"], json!(ada));
}

async fn keys(instance: &Instance) -> Value {
    instance.get(&instance.url("/.well-known/jwks.json")).await.json().await.unwrap()
}
