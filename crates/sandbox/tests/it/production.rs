//! The instance with keys of production: browsers are known by the cookie of its own host.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::instance::{APP, Instance, LIVE_KEY, address};

/// A browser that keeps what it is told to, as a jar would.
struct Page<'a> {
    instance: &'a Instance,
    jar: Vec<(String, String)>,
}

impl Page<'_> {
    async fn send(&mut self, method: Method, path: &str, form: &[(&str, &str)]) -> Response {
        let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self
            .instance
            .request(method.clone(), &self.instance.url(path))
            .header("origin", APP)
            .header("cookie", cookies.join("; "));
        if method != Method::GET {
            request = request.form(form);
        }
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert_eq!(name.starts_with("__client_uat"), !attributes.contains("HttpOnly"), "{cookie:?}");
            self.jar.retain(|(kept, _)| kept != name);
            self.jar.push((name.to_owned(), value.to_owned()));
        }
        response
    }

    async fn call(&mut self, path: &str, form: &[(&str, &str)]) -> Value {
        let response = self.send(Method::POST, path, form).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        self.jar.iter().find(|(kept, _)| kept == name).map(|(_, value)| value.as_str())
    }
}

async fn sign_up(page: &mut Page<'_>) -> Value {
    let begun = page.call("/v1/client/sign_ups", &[("email_address", &address("Ada"))]).await;
    let path = format!("/v1/client/sign_ups/{}", begun["response"]["id"].as_str().unwrap());
    page.call(&format!("{path}/prepare_verification"), &[("strategy", "email_code")]).await;
    page.call(&format!("{path}/attempt_verification"), &[("strategy", "email_code"), ("code", "424242")]).await
}

#[tokio::test]
async fn a_browser_is_known_by_a_cookie_that_changes_when_it_signs_in() {
    let instance = Instance::in_production().await;
    let mut page = Page { instance: &instance, jar: Vec::new() };
    let environment: Value = page.send(Method::GET, "/v1/environment", &[]).await.json().await.unwrap();
    assert_eq!(environment["display_config"]["instance_environment_type"], "production");
    let nobody: Value = page.send(Method::GET, "/v1/client", &[]).await.json().await.unwrap();
    assert_eq!((&nobody["response"], page.cookie("__client_uat")), (&Value::Null, Some("0")));

    let begun = page.call("/v1/client/sign_ups", &[("email_address", &address("Early"))]).await;
    assert_eq!(begun["response"]["status"], "missing_requirements");
    let before = page.cookie("__client").unwrap().to_owned();
    let done = sign_up(&mut page).await;
    assert_eq!(done["response"]["status"], "complete");
    let after = page.cookie("__client").unwrap().to_owned();
    assert_ne!(before, after, "who planted the first cookie is not signed in by it");
    let changed = done["client"]["updated_at"].as_i64().unwrap() / 1000;
    assert_eq!(page.cookie("__client_uat"), Some(&*changed.to_string()));
    assert_eq!(page.cookie("__client_uat_vetgWn7v"), Some(&*changed.to_string()));

    let mut thief = Page { instance: &instance, jar: vec![("__client".to_owned(), before)] };
    let seen: Value = thief.send(Method::GET, "/v1/client", &[]).await.json().await.unwrap();
    assert_eq!(seen["response"], Value::Null);

    let response = page.send(Method::POST, "/v1/client/sessions?_method=DELETE", &[]).await;
    let left: Value = response.json().await.unwrap();
    assert_eq!((&left["response"]["sessions"], page.cookie("__client_uat")), (&json!([]), Some("0")));
    let none = page.send(Method::POST, "/v1/dev_browser", &[]).await;
    assert_eq!(none.status(), 400);
}

#[tokio::test]
async fn a_handshake_hands_over_in_a_cookie_and_leaves_the_address_alone() {
    let instance = Instance::in_production().await;
    let mut page = Page { instance: &instance, jar: Vec::new() };
    sign_up(&mut page).await;
    let path = format!("/v1/client/handshake?redirect_url={APP}/orgs?a=b&format=nonce");
    let answer = page.send(Method::GET, &path, &[]).await;
    assert_eq!(answer.status(), 307);
    assert_eq!(answer.headers()["location"], format!("{APP}/orgs?a=b"));
    let nonce = page.cookie("__clerk_handshake_nonce").unwrap();
    let payload: Value = instance
        .request(Method::GET, &instance.url(&format!("/bapi/v1/clients/handshake_payload?nonce={nonce}")))
        .bearer_auth(LIVE_KEY)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let directives: Vec<_> =
        payload["directives"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    assert!(directives.iter().any(|text| text.starts_with("__session_vetgWn7v=ey")), "{directives:?}");
    assert!(directives.iter().any(|text| text.starts_with("__clerk_handshake_nonce=;")), "it is taken away again");
    assert!(!directives.iter().any(|text| text.starts_with("__clerk_db_jwt")));
}

#[tokio::test]
async fn the_hosted_pages_lead_back_without_a_browser_in_the_address() {
    let instance = Instance::in_production().await;
    let mut page = Page { instance: &instance, jar: Vec::new() };
    let own = instance.url("");
    let send = async |page: &mut Page<'_>, path: &str, form: &[(&str, &str)]| {
        let cookies: Vec<_> = page.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = instance.request(Method::POST, &instance.url(path)).header("origin", &own);
        let response = request.header("cookie", cookies.join("; ")).form(form).send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            page.jar.retain(|(kept, _)| kept != name);
            page.jar.push((name.to_owned(), value.to_owned()));
        }
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    let query = format!("?redirect_url={APP}/welcome");
    let next = send(&mut page, &format!("/sign-up{query}"), &[("email", &address("Ada"))]).await;
    let end = send(&mut page, &next, &[("code", "424242")]).await;
    assert_eq!(end, format!("{APP}/welcome"));
    assert_ne!(page.cookie("__client_uat"), Some("0"));
}
