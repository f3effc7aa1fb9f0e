//! A sandbox on free ports with a directory of its own, and the calls tests make.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser as _;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::{Client, Method, RequestBuilder, Response};
use sandbox::{Options, Sandbox, start};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Origin of the application in tests; nothing listens there.
pub(crate) const APP: &str = "http://localhost:4390";
pub(crate) const SECRET_KEY: &str = "sk_test_sandbox_tests";
pub(crate) const LIVE_KEY: &str = "sk_live_sandbox_tests";
pub(crate) const WEBHOOK_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
pub(crate) const ISSUER: &str = "https://tenantry-sandbox-13.clerk.accounts.dev";

/// A running sandbox.
pub(crate) struct Instance {
    sandbox: Sandbox,
    directory: TempDir,
    options: Vec<String>,
    client: Client,
}

impl Instance {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With the keys of a production instance.
    pub(crate) async fn in_production() -> Self {
        let key = "--publishable-key=pk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ";
        Self::with(&[key, "--secret-key", LIVE_KEY]).await
    }

    /// With further options.
    pub(crate) async fn with(options: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let options: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
        Self::open(directory, options).await
    }

    async fn open(directory: TempDir, options: Vec<String>) -> Self {
        let data = directory.path().join("data");
        let mut arguments = vec![
            "tenantry-sandbox",
            "--clerk-port=0",
            "--stripe-port=0",
            "--mailbox-port=0",
            "--app-url",
            APP,
            "--data-dir",
            data.to_str().unwrap(),
        ];
        if !options.iter().any(|option| option == "--secret-key") {
            arguments.extend(["--secret-key", SECRET_KEY]);
        }
        arguments.extend(options.iter().map(String::as_str));
        let sandbox = start(Options::parse_from(arguments)).await.unwrap();
        let client = Client::builder()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { sandbox, directory, options, client }
    }

    pub(crate) fn smtp_port(&self) -> u16 {
        self.sandbox.smtp_port
    }

    /// Stops and starts again with what is on disk.
    pub(crate) async fn restart(self) -> Self {
        self.sandbox.stop().await.unwrap();
        Self::open(self.directory, self.options).await
    }

    /// As [`Instance::restart`], with what is on disk changed in between.
    pub(crate) async fn restart_with(self, change: impl FnOnce(&mut Value)) -> Self {
        self.restart_changing("state.json", change).await
    }

    /// As [`Instance::restart_with`], of any file.
    pub(crate) async fn restart_changing(self, file: &str, change: impl FnOnce(&mut Value)) -> Self {
        self.sandbox.stop().await.unwrap();
        let path = self.directory.path().join("data").join(file);
        let mut state = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        change(&mut state);
        std::fs::write(&path, state.to_string()).unwrap();
        Self::open(self.directory, self.options).await
    }

    /// Uploads a logo as a server does.
    pub(crate) async fn upload_logo(&self, organization: &str, bytes: Vec<u8>) -> (u16, Value) {
        let head = "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"logo\"\r\n\r\n";
        let body = [head.as_bytes(), &bytes, b"\r\n--edge--\r\n"].concat();
        let response = self
            .request(Method::PUT, &self.url(&format!("/bapi/v1/organizations/{organization}/logo")))
            .bearer_auth(SECRET_KEY)
            .header("content-type", "multipart/form-data; boundary=edge")
            .body(body)
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// A file of the data directory.
    pub(crate) fn data(&self, file: &str) -> PathBuf {
        self.directory.path().join("data").join(file)
    }

    pub(crate) fn clerk_port(&self) -> u16 {
        self.sandbox.clerk_port
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.sandbox.clerk_port)
    }

    pub(crate) fn mailbox(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.sandbox.mailbox_port)
    }

    pub(crate) fn stripe(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.sandbox.stripe_port)
    }

    pub(crate) fn request(&self, method: Method, url: &str) -> RequestBuilder {
        self.client.request(method, url)
    }

    pub(crate) async fn get(&self, url: &str) -> Response {
        self.client.get(url).send().await.unwrap()
    }

    /// A call of the Backend API that must succeed.
    pub(crate) async fn bapi(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_bapi(method, path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// A call of the Backend API with its status.
    pub(crate) async fn try_bapi(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let mut request = self
            .request(method, &self.url(&format!("/bapi/v1{path}")))
            .bearer_auth(SECRET_KEY)
            .header("clerk-api-version", "2026-05-12");
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Something of the control page that must succeed.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_control(path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Something of the control page with its status.
    pub(crate) async fn try_control(&self, path: &str, body: Value) -> (u16, Value) {
        let url = self.mailbox(&format!("/control{path}"));
        let response = self.request(Method::POST, &url).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// A person who signs in with 424242.
    pub(crate) async fn user(&self, name: &str) -> String {
        let body = json!({"email_address": [address(name)], "first_name": name});
        let user = self.bapi(Method::POST, "/users", body).await;
        user["id"].as_str().unwrap().to_owned()
    }

    /// An organisation with its admin.
    pub(crate) async fn organization(&self, name: &str, admin: &str) -> Value {
        let body = json!({"name": name, "created_by": admin});
        self.bapi(Method::POST, "/organizations", body).await
    }

    /// The claims of a session token, checked with the published keys.
    pub(crate) async fn claims(&self, token: &str) -> Value {
        let keys: JwkSet = self.get(&self.url("/.well-known/jwks.json")).await.json().await.unwrap();
        let header = jsonwebtoken::decode_header(token).unwrap();
        let key = keys.find(&header.kid.unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "sub"]);
        jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims
    }

    /// A browser page of the application, with a development browser.
    pub(crate) async fn browser(&self) -> Browser<'_> {
        let answer: Value = self
            .request(Method::POST, &self.url("/v1/dev_browser"))
            .header("origin", APP)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        Browser { instance: self, id: answer["id"].as_str().unwrap().to_owned() }
    }
}

/// A test address.
pub(crate) fn address(name: &str) -> String {
    format!("{}+clerk_test@example.com", name.to_lowercase())
}

/// A page that calls the way ClerkJS does: forms, the browser's id and the versions in the query.
pub(crate) struct Browser<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) id: String,
}

impl Browser<'_> {
    pub(crate) async fn send(&self, method: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let url = self.instance.url(&format!("/v1{path}"));
        let (method, real) = match method {
            "GET" => (Method::GET, None),
            "POST" => (Method::POST, None),
            other => (Method::POST, Some(other)),
        };
        let mut request = self.instance.request(method.clone(), &url).header("origin", APP).query(&[
            ("__clerk_api_version", "2026-08-20"),
            ("_clerk_js_version", "6.40.0"),
            ("__clerk_db_jwt", &self.id),
        ]);
        if let Some(real) = real {
            request = request.query(&[("_method", real)]);
        }
        if method == Method::POST {
            request = request.form(form);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], APP);
        assert_eq!(response.headers()["access-control-allow-credentials"], "true");
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(crate) async fn call(&self, method: &str, path: &str, form: &[(&str, &str)]) -> Value {
        let (status, answer) = self.send(method, path, form).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Signs a known person in; answers with the session's id.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        let begun =
            self.call("POST", "/client/sign_ins", &[("identifier", &address(name)), ("strategy", "email_code")]).await;
        let id = begun["response"]["id"].as_str().unwrap();
        let done = self
            .call(
                "POST",
                &format!("/client/sign_ins/{id}/attempt_first_factor"),
                &[("strategy", "email_code"), ("code", "424242")],
            )
            .await;
        done["response"]["created_session_id"].as_str().unwrap().to_owned()
    }
}
