//! The hosted pages, used without script.

use reqwest::{Method, Response};
use serde_json::Value;

use crate::instance::{APP, Instance, address};

/// A browser without script: it keeps its cookie and follows nothing.
pub(crate) struct Visitor<'a> {
    instance: &'a Instance,
    cookie: Option<String>,
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(instance: &'a Instance) -> Self {
        Self { instance, cookie: None }
    }

    async fn send(&mut self, method: Method, path: &str, form: &[(&str, &str)]) -> Response {
        let own = self.instance.url("");
        let mut request = self.instance.request(method.clone(), &self.instance.url(path));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if method == Method::POST {
            request = request.header("origin", own).form(form);
        }
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            if pair.starts_with("__clerk_db_jwt=") {
                self.cookie = Some(pair.to_owned());
            }
        }
        response
    }

    pub(crate) async fn get(&mut self, path: &str) -> Response {
        self.send(Method::GET, path, &[]).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Response {
        self.send(Method::POST, path, form).await
    }

    /// Signs up; answers with where the browser is sent at the end.
    async fn sign_up(&mut self, query: &str, name: &str) -> String {
        let form = [("email", &*address(name)), ("first_name", name), ("last_name", "")];
        let sent = self.post(&format!("/sign-up{query}"), &form).await;
        let next = location(&sent);
        assert!(next.starts_with("/sign-up/code"), "{next}");
        let done = self.post(&next, &[("code", "424242")]).await;
        location(&done)
    }
}

pub(crate) fn location(response: &Response) -> String {
    assert_eq!(response.status(), 303);
    response.headers()["location"].to_str().unwrap().to_owned()
}

const BACK: &str = "?redirect_url=http%3A%2F%2Flocalhost%3A4390%2Forgs%2Facme%3Ftab%3Dopen";

#[tokio::test]
async fn signing_up_leads_back_to_where_one_came_from() {
    let instance = Instance::start().await;
    let mut visitor = Visitor::new(&instance);
    let page = visitor.get(&format!("/sign-in{BACK}")).await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains(APP), "{policy}");
    let html = page.text().await.unwrap();
    assert!(html.contains("<html lang=") && html.contains("<h1>") && html.contains("<label for=\"email\">"));

    let unknown = visitor.post(&format!("/sign-in{BACK}"), &[("email", &address("Ada"))]).await;
    assert_eq!(unknown.status(), 422);
    let html = unknown.text().await.unwrap();
    assert!(html.contains("Nobody has signed up with this address."));
    assert!(html.contains("/sign-up?redirect_url=http%3A%2F%2Flocalhost%3A4390%2Forgs%2Facme%3Ftab%3Dopen&#38;email_address=ada%2Bclerk_test%40example.com"), "{html}");

    let end = visitor.sign_up(BACK, "Ada").await;
    assert!(end.starts_with(&format!("{APP}/orgs/acme?tab=open&__clerk_db_jwt=dvb_")), "{end}");
    let again = visitor.get(&format!("/sign-in{BACK}")).await;
    assert!(location(&again).starts_with(&format!("{APP}/orgs/acme")), "already signed in");

    let mut other = Visitor::new(&instance);
    let known = other.post("/sign-up", &[("email", &address("Ada"))]).await;
    assert_eq!(known.status(), 422);
    assert!(known.text().await.unwrap().contains("href=\"/sign-in?email_address=ada%2Bclerk_test%40example.com\""));
}

#[tokio::test]
async fn without_a_way_back_an_organisation_is_chosen_first() {
    let instance = Instance::start().await;
    let mut visitor = Visitor::new(&instance);
    assert_eq!(visitor.sign_up("", "Ada").await, "/sign-in/tasks");
    let tasks = visitor.get("/sign-in/tasks").await.text().await.unwrap();
    assert!(tasks.contains("You belong to no organisation yet"));
    let refused = visitor.post("/create-organization", &[("name", ""), ("slug", "Not A Slug")]).await;
    assert_eq!(refused.status(), 422);
    let done = visitor.post("/create-organization", &[("name", "Acme <3"), ("slug", "acme")]).await;
    assert_eq!(done.status(), 422, "no markup in names");
    assert!(done.text().await.unwrap().contains("value=\"Acme &#60;3\""), "what was typed is kept");
    let done = visitor.post("/create-organization", &[("name", "Acme"), ("slug", "")]).await;
    assert!(location(&done).starts_with(APP));
    let tasks = visitor.get("/sign-in/tasks").await.text().await.unwrap();
    assert!(tasks.contains("<span>Acme</span>"));
    let user = visitor.get("/user").await.text().await.unwrap();
    assert!(user.contains("Acme, admin"));
    let out = visitor.post("/sign-out", &[]).await;
    assert_eq!(location(&out), "/sign-in");
    assert_eq!(location(&visitor.get("/sign-in/tasks").await), "/sign-in");
}

#[tokio::test]
async fn a_real_address_gets_its_code_by_mail() {
    let instance = Instance::start().await;
    let mut visitor = Visitor::new(&instance);
    let sent = visitor.post("/sign-up", &[("email", "Ben@Example.com")]).await;
    let next = location(&sent);
    let wrong = visitor.post(&next, &[("code", "nope")]).await;
    assert_eq!(wrong.status(), 422);
    let html = wrong.text().await.unwrap();
    assert!(html.contains("aria-invalid=\"true\"") && html.contains("id=\"code-error\""));
    let again = visitor.post("/sign-up/code/again", &[]).await;
    assert_eq!(location(&again), "/sign-up/code");
    let box_: Value = instance.get(&instance.mailbox("/mails.json")).await.json().await.unwrap();
    let mails = box_["mails"].as_array().unwrap();
    assert_eq!((mails.len(), &mails[0]["to"]), (2, &Value::from("ben@example.com")));
    let code = mails[0]["code"].as_str().unwrap();
    assert!(code.len() == 6 && mails[0]["body"].as_str().unwrap().contains(code));
    let page = instance.get(&instance.mailbox("/")).await.text().await.unwrap();
    assert!(page.contains(code));
    let done = visitor.post("/sign-up/code", &[("code", code)]).await;
    assert_eq!(location(&done), "/sign-in/tasks");
}

#[tokio::test]
async fn nobody_is_led_astray() {
    let instance = Instance::start().await;
    for (number, bad) in [
        "https%3A%2F%2Fevil.example%2F",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "javascript%3Aalert(1)",
        "http%3A%2F%2Flocalhost%3A4390%40evil.example",
    ]
    .into_iter()
    .enumerate()
    {
        let mut visitor = Visitor::new(&instance);
        let name = format!("u{number}");
        let end = visitor.sign_up(&format!("?redirect_url={bad}"), &name).await;
        assert_eq!(end, "/sign-in/tasks", "{bad} counts as nothing said");
        let asked = visitor.get(&format!("/user?redirect_url={bad}")).await.text().await.unwrap();
        assert!(!asked.contains("evil.example") && !asked.contains("javascript:"), "{bad}");
    }
    let mut visitor = Visitor::new(&instance);
    let end = visitor.sign_up("?redirect_url=%2Forgs%2Facme", "Ada").await;
    assert!(end.starts_with(&format!("{APP}/orgs/acme?__clerk_db_jwt=")), "a path is the application's: {end}");
}

#[tokio::test]
async fn forms_of_other_pages_are_refused() {
    let instance = Instance::start().await;
    for origin in [APP, "http://evil.example", "null"] {
        let response = instance
            .request(Method::POST, &instance.url("/sign-in"))
            .header("origin", origin)
            .form(&[("email", "ada@example.com")])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 403, "{origin}");
    }
}

#[tokio::test]
async fn the_browser_the_application_names_wins() {
    let instance = Instance::start().await;
    instance.user("Ada").await;
    let browser = instance.browser().await;
    browser.sign_in("Ada").await;
    let mut visitor = Visitor::new(&instance);
    visitor.get("/sign-in").await;
    let page = visitor.get(&format!("/user?__clerk_db_jwt={}", browser.id)).await;
    assert_eq!(page.status(), 200);
    assert_eq!(visitor.cookie, Some(format!("__clerk_db_jwt={}", browser.id)));
}
