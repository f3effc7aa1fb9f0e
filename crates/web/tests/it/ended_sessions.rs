//! A session that ends in the middle of work: nothing typed is lost, and nothing more is answered to its last token.

use domain::directory;
use http::Method;
use testkit::{ClerkAccount, user};

use crate::app::{As, TestApp, mailer, request};
use crate::tokens;

#[tokio::test]
async fn a_form_without_a_session_comes_back_with_everything_in_it() {
    let app = TestApp::start().await;
    let form = "name=Opening+%26+closing&details=%3Cscript%3Ealert(1)%3C%2Fscript%3E%0D%0ASecond+line";
    for who in [As::Nobody, As::late("ada", 70)] {
        let answer = app.post(&who, "/orgs/acme/procedures", form).await;
        assert_eq!(answer.status, 401);
        for kept in [
            r#"action="/orgs/acme/procedures""#,
            r#"name="name" value="Opening &#38; closing""#,
            "&#60;script&#62;alert(1)&#60;/script&#62;\r\nSecond line",
            r#"href="/sign-in"#,
            r#"target="_blank""#,
        ] {
            assert!(answer.body.contains(kept), "{kept} in {}", answer.body);
        }
        assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
    }
    // What is sent again is what was typed.
    let again = app.post(&As::Browser("ada", Some("acme")), "/orgs/acme/procedures", form).await;
    assert_eq!(again.status, 303);
    let page = app.get(&As::Browser("ada", Some("acme")), "/orgs/acme/procedures").await;
    assert!(page.body.contains("Opening &#38; closing"));
}

#[tokio::test]
async fn htmx_leaves_the_page_as_it_is() {
    let app = TestApp::start().await;
    let ask = request(&As::late("ada", 70), Method::POST, "/orgs/acme/procedures")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("hx-request", "true")
        .header("hx-current-url", "http://localhost:3000/orgs/acme/procedures/new");
    let answer = app.send(ask.body("name=Opening".into()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.header("hx-retarget")), (401, "#toasts"));
    assert_eq!(answer.header("hx-redirect"), "");
    assert!(answer.body.contains("/sign-in?redirect_url=/orgs/acme/procedures/new"), "{}", answer.body);
}

#[tokio::test]
async fn an_ended_session_is_out_at_once_on_every_surface() {
    let app = TestApp::start().await;
    let token = tokens::token("ada", Some("acme"));
    let asks = [
        (As::Cookie(token.clone()), Method::GET, "/orgs/acme/procedures"),
        (As::Cookie(token.clone()), Method::GET, "/organisations"),
        (As::Cookie(token.clone()), Method::GET, "/"),
        (As::Cookie(token.clone()), Method::POST, "/orgs/acme/procedures"),
        (As::Bearer(token.clone()), Method::GET, "/api/v1/orgs/acme/procedures"),
        (As::Bearer(token.clone()), Method::GET, "/api/v1/me"),
    ];
    for (who, method, path) in &asks {
        let answer = app.send(request(who, method.clone(), path).body("".into()).unwrap()).await;
        assert_ne!(answer.status, 401, "{method} {path} before");
    }
    directory::session_ended(&app.world.app, &user("ada"), &tokens::session_of(&token)).await.unwrap();
    for (who, method, path) in &asks {
        let answer = app.send(request(who, method.clone(), path).body("".into()).unwrap()).await;
        let bearer = matches!(who, As::Bearer(_));
        if *method == Method::GET && !bearer {
            assert_eq!(answer.status, 303, "{path}");
            assert!(answer.header("location").starts_with("/sign-in"), "{path}");
        } else {
            assert_eq!(answer.status, 401, "{method} {path}");
        }
        if !bearer {
            let forgets = |cookie: &http::HeaderValue| cookie.to_str().unwrap().starts_with("__session=;");
            assert!(answer.headers.get_all("set-cookie").iter().any(forgets), "{path}: {:?}", answer.headers);
        }
    }
    let other = As::Browser("ada", Some("acme"));
    assert_eq!(app.get(&other, "/orgs/acme/procedures").await.status, 200, "another session of hers");
}

#[tokio::test]
async fn signing_out_here_ends_the_session_though_clerk_does_not_answer() {
    let app = TestApp::start().await;
    let token = tokens::token("max", Some("acme"));
    let who = As::Cookie(token.clone());
    assert_eq!(app.post(&who, "/sign-out", "").await.status, 303);
    assert_eq!(app.get(&As::Bearer(token), "/api/v1/orgs/acme/procedures").await.status, 401);
}

#[tokio::test]
async fn clerk_is_told_of_a_sign_out_when_it_answers_again() {
    let clerk = ClerkAccount::start().await;
    let app = TestApp::at(&clerk).await;
    let worker = worker::State {
        files: files::Files::default(),
        database: app.world.database.worker().await,
        mirror: mirror::Mirror::new(app.world.database.worker().await, clerk.backend()),
        billing: billing::Billing::new(app.world.database.worker().await, testkit::stripe_nowhere(), tokens::APP),
        ends: worker::Ends::new(testkit::signer()),
        mailer: mailer(),
    };
    let token = tokens::token("max", Some("acme"));
    clerk.account().refuse(&[503; 20]);
    assert_eq!(app.post(&As::Cookie(token.clone()), "/sign-out", "").await.status, 303);
    assert!(clerk.account().revoked().is_empty());
    // Still away: the job waits for as long as it takes.
    let admin = app.world.database.client("postgres").await;
    admin.execute("update tenantry.jobs set attempts = 40", &[]).await.unwrap();
    assert_eq!(worker::work_once(&worker).await.unwrap(), 1);
    let state: String = admin.query_one("select state from tenantry.jobs", &[]).await.unwrap().get(0);
    assert_eq!(state, "ready");

    clerk.account().recover();
    admin.execute("update tenantry.jobs set run_at = now()", &[]).await.unwrap();
    assert_eq!(worker::work_once(&worker).await.unwrap(), 1);
    assert_eq!(clerk.account().revoked(), [tokens::session_of(&token)]);
    let state: String = admin.query_one("select state from tenantry.jobs", &[]).await.unwrap().get(0);
    assert_eq!(state, "done");
}

/// Clerk was away when they signed out. It is back, knows nothing of it, and gives the same session once more.
#[tokio::test]
async fn a_session_that_clerk_brings_back_is_ended_there_before_anybody_goes_in_circles() {
    let clerk = ClerkAccount::start().await;
    let app = TestApp::at(&clerk).await;
    let token = tokens::token("max", Some("acme"));
    directory::session_ended(&app.world.app, &user("max"), &tokens::session_of(&token)).await.unwrap();
    let answer = app.get(&As::Cookie(token.clone()), "/orgs/acme/procedures").await;
    assert_eq!(answer.status, 303);
    assert_eq!(clerk.account().revoked(), [tokens::session_of(&token)]);
}

/// The door lets a good token in, and the database says that its session has ended: the form is read by then.
#[tokio::test]
async fn a_form_comes_back_whatever_ended_the_session_or_keeps_it_from_beginning() {
    let app = TestApp::start().await;
    let token = tokens::token("ada", Some("acme"));
    directory::session_ended(&app.world.app, &user("ada"), &tokens::session_of(&token)).await.unwrap();
    let mut pending = tokens::claims("max", None);
    pending["sts"] = "pending".into();
    let pending = tokens::TRUSTED.sign(&tokens::header(), &pending);
    for (who, status, title, link) in [
        (As::Cookie(token), 401, "You were signed out", r#"href="/sign-in"#),
        (As::Cookie(pending.clone()), 401, "Your session is not complete yet", r#"href="/organisations""#),
    ] {
        let answer = app.post(&who, "/orgs/acme/procedures", "name=Kept+%26+more&details=All").await;
        assert_eq!(answer.status, status, "{title}: {}", answer.body);
        for kept in [title, link, "Kept &#38; more", r#"action="/orgs/acme/procedures""#, "Send it again"] {
            assert!(answer.body.contains(kept), "{kept} in {}", answer.body);
        }
    }
    let ask = request(&As::Cookie(pending), Method::POST, "/orgs/acme/procedures")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("hx-request", "true");
    let answer = app.send(ask.body("name=Opening".into()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.header("hx-retarget")), (401, "#toasts"));
    assert_eq!(answer.header("hx-redirect"), "", "the page is left as it is");
    assert!(answer.body.contains("Choose an organisation"), "{}", answer.body);
}

#[tokio::test]
async fn a_form_comes_back_from_a_database_that_went_away() {
    let app = TestApp::start().await;
    let admin = app.world.database.client("postgres").await;
    // Of this database alone: other tests stand on the same server.
    let connect = async |word: &str| {
        let sql = format!("do $$ begin execute format('{word} tenantry_app', current_database()); end $$");
        admin.batch_execute(&sql).await.unwrap();
    };
    connect("revoke connect on database %I from").await;
    admin
        .batch_execute(
            "select pg_terminate_backend(pid) from pg_stat_activity
              where usename = 'tenantry_app' and datname = current_database()",
        )
        .await
        .unwrap();
    let answer = app.post(&As::Browser("ada", Some("acme")), "/orgs/acme/procedures", "name=Kept&details=All").await;
    connect("grant connect on database %I to").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    for kept in ["Whether what you sent was saved is not known", r#"value="Kept""#, "Send it again"] {
        assert!(answer.body.contains(kept), "{kept} in {}", answer.body);
    }
}

#[tokio::test]
async fn whoever_clerk_does_not_know_any_more_is_signed_out_and_not_told_to_wait() {
    let app = TestApp::start().await;
    let now = directory::now(&app.world.app).await.unwrap();
    directory::forget_person(&app.world.app, &user("ada"), now).await.unwrap();
    let member = As::Program("ada", Some("acme"));
    assert_eq!(app.get(&member, "/api/v1/orgs/acme/procedures").await.status, 404);
    // Clerk does not answer in this test, so nobody can say that the person is gone for good.
    assert_eq!(app.get(&member, "/api/v1/me").await.status, 503);
}
