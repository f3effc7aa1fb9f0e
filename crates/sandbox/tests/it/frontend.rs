//! The Frontend API, called as ClerkJS calls it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{APP, Browser, Instance, SECRET_KEY, address};

fn code_of((status, answer): (u16, Value)) -> (u16, String) {
    (status, answer["errors"][0]["code"].as_str().unwrap().to_owned())
}

async fn sign_up(browser: &Browser<'_>, name: &str) -> Value {
    let begun = browser
        .call(
            "POST",
            "/client/sign_ups",
            &[("email_address", &address(name)), ("first_name", name), ("locale", "en-GB")],
        )
        .await;
    assert_eq!(begun["response"]["status"], "missing_requirements");
    assert_eq!(begun["response"]["unverified_fields"], json!(["email_address"]));
    let id = begun["response"]["id"].as_str().unwrap();
    browser.call("POST", &format!("/client/sign_ups/{id}/prepare_verification"), &[("strategy", "email_code")]).await;
    let (status, wrong) = browser
        .send(
            "POST",
            &format!("/client/sign_ups/{id}/attempt_verification"),
            &[("strategy", "email_code"), ("code", "000000")],
        )
        .await;
    assert_eq!((status, &wrong["errors"][0]["code"]), (422, &json!("form_code_incorrect")));
    assert_eq!(wrong["errors"][0]["meta"]["param_name"], "code");
    browser
        .call(
            "POST",
            &format!("/client/sign_ups/{id}/attempt_verification"),
            &[("strategy", "email_code"), ("code", "424242")],
        )
        .await
}

#[tokio::test]
async fn a_person_signs_up_creates_an_organisation_and_signs_out() {
    let instance = Instance::start().await;
    let browser = instance.browser().await;
    assert_eq!(browser.call("GET", "/client", &[]).await, json!({"response": null, "client": null}));

    let done = sign_up(&browser, "Ada").await;
    assert_eq!(done["response"]["status"], "complete");
    let session = done["response"]["created_session_id"].as_str().unwrap();
    let kept = &done["client"]["sessions"][0];
    assert_eq!(kept["id"], session);
    assert_eq!(kept["status"], "pending");
    assert_eq!(kept["tasks"], json!([{"key": "choose-organization"}]));
    assert_eq!(done["client"]["sign_up"], Value::Null);
    let pending = instance.claims(kept["last_active_token"]["jwt"].as_str().unwrap()).await;
    assert_eq!((&pending["sts"], &pending["o"]), (&json!("pending"), &Value::Null));

    let created = browser.call("POST", "/organizations", &[("name", "Acme Provisions"), ("slug", "")]).await;
    let organization = created["response"]["id"].as_str().unwrap();
    assert_eq!(created["response"]["slug"], "acme-provisions");
    assert_eq!(created["client"]["sessions"][0]["status"], "pending", "creating does not activate");
    assert_eq!(created["client"]["sessions"][0]["user"]["organization_memberships"][0]["role"], "org:admin");

    let touched = browser
        .call(
            "POST",
            &format!("/client/sessions/{session}/touch"),
            &[("active_organization_id", organization), ("intent", "select_org")],
        )
        .await;
    assert_eq!(touched["response"]["status"], "active");
    assert_eq!(touched["response"]["tasks"], Value::Null);

    let token =
        browser.call("POST", &format!("/client/sessions/{session}/tokens"), &[("organization_id", organization)]).await;
    assert_eq!(token["object"], "token");
    let claims = instance.claims(token["jwt"].as_str().unwrap()).await;
    assert_eq!(claims["o"], json!({"id": organization, "rol": "admin", "slg": "acme-provisions"}));
    assert_eq!(claims["azp"], APP);
    assert_eq!(claims["sts"], "active");
    assert_eq!(claims["v"], 2);
    assert_eq!(claims["sid"], session);
    let (exp, iat, nbf) = (claims["exp"].as_i64(), claims["iat"].as_i64(), claims["nbf"].as_i64());
    assert_eq!((exp, nbf), (iat.map(|at| at + 60), iat.map(|at| at - 10)));

    let memberships = browser.call("GET", "/me/organization_memberships?paginated=true", &[]).await;
    assert_eq!(memberships["response"]["total_count"], 1);

    let out = browser.call("DELETE", "/client/sessions", &[]).await;
    assert_eq!(out["response"]["sessions"], json!([]));
    let (status, refused) = browser.send("GET", "/me", &[]).await;
    assert_eq!((status, &refused["errors"][0]["code"]), (401, &json!("signed_out")));
    let (status, _) = browser.send("POST", &format!("/client/sessions/{session}/tokens"), &[]).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn v1_claims_are_there_for_the_asking() {
    let instance = Instance::with(&["--claims-version=1"]).await;
    let ada = instance.user("Ada").await;
    let organization = instance.organization("Acme", &ada).await;
    let browser = instance.browser().await;
    let session = browser.sign_in("Ada").await;
    let token = browser.call("POST", &format!("/client/sessions/{session}/tokens"), &[]).await;
    let claims = instance.claims(token["jwt"].as_str().unwrap()).await;
    assert_eq!(claims["org_id"], organization["id"]);
    assert_eq!(claims["org_role"], "org:admin");
    assert_eq!(claims["org_slug"], "acme");
    assert!(claims.get("v").is_none() && claims.get("o").is_none());
}

#[tokio::test]
async fn known_and_unknown_addresses_are_told_apart_and_one_session_is_enough() {
    let instance = Instance::start().await;
    instance.user("Ada").await;
    let browser = instance.browser().await;
    let taken = browser.send("POST", "/client/sign_ups", &[("email_address", &address("Ada"))]).await;
    assert_eq!(code_of(taken), (422, "form_identifier_exists".to_owned()));
    let unknown = browser.send("POST", "/client/sign_ins", &[("identifier", "nobody@example.com")]).await;
    assert_eq!(code_of(unknown), (422, "form_identifier_not_found".to_owned()));
    browser.sign_in("Ada").await;
    let again = browser.send("POST", "/client/sign_ins", &[("identifier", &address("Ada"))]).await;
    assert_eq!(code_of(again), (400, "session_exists".to_owned()));
}

#[tokio::test]
async fn foreign_organisations_look_like_unknown_ones() {
    let instance = Instance::start().await;
    instance.user("Ada").await;
    let eve = instance.user("Eve").await;
    let foreign = instance.organization("Foreign", &eve).await;
    let foreign = foreign["id"].as_str().unwrap();
    let browser = instance.browser().await;
    let session = browser.sign_in("Ada").await;
    for id in [foreign, "org_000000000000000000000000000"] {
        for (method, path, form) in [
            ("GET", format!("/organizations/{id}"), vec![]),
            ("GET", format!("/organizations/{id}/memberships"), vec![]),
            ("DELETE", format!("/organizations/{id}"), vec![]),
            ("POST", format!("/client/sessions/{session}/touch"), vec![("active_organization_id", id)]),
            ("POST", format!("/client/sessions/{session}/tokens"), vec![("organization_id", id)]),
        ] {
            let (status, answer) = browser.send(method, &path, &form).await;
            assert_eq!(status, 404, "{path}");
            assert_eq!(answer["errors"][0]["code"], "organization_not_found_or_unauthorized");
        }
    }
    let other = instance.browser().await;
    other.sign_in("Eve").await;
    let (status, _) = other.send("POST", &format!("/client/sessions/{session}/touch"), &[]).await;
    assert_eq!(status, 404, "another client's session");
}

#[tokio::test]
async fn origins_browsers_and_versions_are_checked() {
    let instance = Instance::start().await;
    let browser = instance.browser().await;
    let url = instance.url("/v1/client");
    let ask = |origin: Option<&'static str>, query: Vec<(&'static str, String)>, key: bool| {
        let mut request = instance.request(Method::POST, &url).query(&query);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        if key {
            request = request.bearer_auth("x");
        }
        async move {
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let cors = response.headers().contains_key("access-control-allow-origin");
            let answer: Value = response.json().await.unwrap_or_default();
            let code = answer["errors"][0]["code"].as_str().unwrap_or_default().to_owned();
            (status, code, cors)
        }
    };
    let known = || vec![("__clerk_db_jwt", browser.id.clone()), ("_method", "DELETE".to_owned())];
    let refused = |status: u16, code: &str, cors: bool| (status, code.to_owned(), cors);
    assert_eq!(ask(Some("http://evil.example"), known(), false).await, refused(400, "origin_invalid", false));
    assert_eq!(ask(None, known(), false).await, refused(400, "origin_missing", false));
    assert_eq!(ask(Some(APP), known(), true).await, refused(400, "origin_authorization_headers_conflict", false));
    let foreign = vec![("__clerk_db_jwt", "dvb_nobody".to_owned()), ("_method", "DELETE".to_owned())];
    assert_eq!(ask(Some(APP), foreign, false).await, refused(401, "dev_browser_unauthenticated", true));
    let mut old = known();
    old.push(("__clerk_api_version", "1999-01-01".to_owned()));
    assert_eq!(ask(Some(APP), old, false).await, refused(400, "api_version_invalid", false));
    assert_eq!(ask(Some(APP), known(), false).await.0, 200);

    let preflight = instance
        .request(Method::OPTIONS, &url)
        .header("origin", APP)
        .header("access-control-request-headers", "content-type")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 204);
    assert_eq!(preflight.headers()["access-control-allow-headers"], "content-type");
}

#[tokio::test]
async fn the_environment_names_the_hosted_pages() {
    let instance = Instance::start().await;
    let browser = instance.browser().await;
    for method in ["GET", "PATCH"] {
        let environment = browser.call(method, "/environment", &[]).await;
        assert_eq!(environment["display_config"]["sign_in_url"], instance.url("/sign-in"));
        assert_eq!(environment["organization_settings"]["force_organization_selection"], true);
        assert_eq!(environment["display_config"]["instance_environment_type"], "development");
    }
    let health = instance.get(&instance.url("/v1/health")).await;
    assert_eq!(health.status(), 200);
}

#[tokio::test]
async fn the_script_is_served_and_nothing_else_of_the_disk() {
    let package = tempfile::tempdir().unwrap();
    let dist = package.path().join("dist");
    std::fs::create_dir(&dist).unwrap();
    std::fs::write(dist.join("clerk.browser.js"), "script").unwrap();
    std::fs::write(package.path().join("secret.js"), "secret").unwrap();
    let instance = Instance::with(&["--clerk-js", dist.to_str().unwrap()]).await;
    for version in ["6", "6.40.0"] {
        let url = instance.url(&format!("/npm/@clerk/clerk-js@{version}/dist/clerk.browser.js"));
        let script = instance.get(&url).await;
        assert_eq!(script.status(), 200);
        assert!(script.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
    }
    for bad in [
        "clerk-js@6/dist/..%2fsecret.js",
        "clerk-js@6/dist/%2e%2e%2fsecret.js",
        "clerk-js@6/dist/nothing.js",
        "clerk-js@7/dist/clerk.browser.js",
        "clerk-js@60/dist/clerk.browser.js",
        "backend@6/dist/clerk.browser.js",
    ] {
        let answer = instance.get(&instance.url(&format!("/npm/@clerk/{bad}"))).await;
        assert_eq!(answer.status(), 404, "{bad}");
    }
}

#[tokio::test]
async fn members_are_found_by_role_and_words() {
    let instance = Instance::start().await;
    let (ada, ben) = (instance.user("Ada").await, instance.user("Ben").await);
    let acme = instance.organization("Acme", &ada).await["id"].as_str().unwrap().to_owned();
    let path = format!("/organizations/{acme}/memberships");
    instance.bapi(Method::POST, &path, json!({"user_id": ben, "role": "org:member"})).await;
    let browser = instance.browser().await;
    browser.sign_in("Ben").await;
    let url = instance.url(&format!("/v1{path}"));
    for (query, wanted) in [
        ("", vec!["Ada", "Ben"]),
        ("role=org%3Aadmin", vec!["Ada"]),
        ("role=org%3Aadmin&role=org%3Amember", vec!["Ada", "Ben"]),
        ("query=BEN%2B", vec!["Ben"]),
        ("query=nobody", vec![]),
    ] {
        let request = instance.request(Method::GET, &format!("{url}?{query}")).header("origin", APP);
        let request = request.query(&[("__clerk_db_jwt", browser.id.as_str()), ("paginated", "true")]);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let names: Vec<_> = answer["response"]["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member["public_user_data"]["first_name"].as_str().unwrap())
            .collect();
        assert_eq!(names, wanted, "{query}");
    }
    let role = json!({"key": "org:guest", "name": "Guest"});
    instance.bapi(Method::POST, "/organization_roles", role).await;
    instance.bapi(Method::PATCH, &format!("{path}/{ben}"), json!({"role": "org:guest"})).await;
    assert_eq!(code_of(browser.send("GET", &path, &[]).await), (403, "missing_organization_permission".to_owned()));
}

#[tokio::test]
async fn a_proxy_is_told_whether_it_is_set_up_right() {
    let instance = Instance::start().await;
    let ask = |domain: &'static str, headers: Vec<(&'static str, &'static str)>| {
        let mut request =
            instance.request(Method::GET, &instance.url("/v1/proxy-health")).query(&[("domain_id", domain)]);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        }
    };
    let right = || {
        vec![
            ("clerk-proxy-url", "http://localhost:4390/__clerk"),
            ("clerk-secret-key", SECRET_KEY),
            ("x-forwarded-for", "192.0.2.7"),
        ]
    };
    assert_eq!(ask("dmn_1", right()).await, (200, json!({"status": "healthy", "x_forwarded_for": "192.0.2.7"})));
    for missing in 0..3 {
        let mut headers = right();
        headers.remove(missing);
        assert_eq!(ask("dmn_1", headers).await.0, 400);
    }
    assert_eq!(ask("", right()).await.0, 422);
    for wrong in [("clerk-proxy-url", "https://evil.example/__clerk"), ("clerk-secret-key", "sk_test_other")] {
        let headers = right().into_iter().map(|header| if header.0 == wrong.0 { wrong } else { header }).collect();
        let (status, answer) = ask("dmn_1", headers).await;
        assert_eq!((status, &answer["status"]), (503, &json!("unhealthy")));
    }
}
