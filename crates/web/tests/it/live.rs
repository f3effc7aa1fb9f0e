//! The live channel: what changes for an open page's person is said at once, and then no more.

use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use domain::directory::{self, OrganisationRecord};
use domain::{BaseRole, CustomRole, memberships, roles};
use futures_util::StreamExt as _;
use http::Method;
use testkit::user;
use tower::ServiceExt as _;

use crate::app::{As, TestApp, request};
use crate::tokens;

/// An open page.
struct Page(BodyDataStream);

impl Page {
    async fn open(app: &TestApp, who: &As, path: &str) -> Self {
        let ask = request(who, Method::GET, path).header("sec-fetch-dest", "empty").header("accept-encoding", "gzip");
        let answer = app.router().oneshot(ask.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert!(!answer.headers().contains_key("content-encoding"), "nothing holds an event back");
        Self(answer.into_body().into_data_stream())
    }

    /// The next event that says something, within a second; `None` where the stream ends instead.
    async fn hears(&mut self) -> Option<String> {
        let next = async {
            loop {
                let frame = self.0.next().await?;
                let text = String::from_utf8(frame.unwrap().to_vec()).unwrap();
                if text.contains("event:") {
                    return Some(text);
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(1), next).await.expect("something within a second")
    }

    /// Hears nothing for a while.
    async fn is_left_alone(&mut self) {
        let heard = tokio::time::timeout(Duration::from_millis(300), self.hears()).await;
        assert!(heard.is_err(), "{heard:?}");
    }
}

/// A page that listens by now.
async fn listening(app: &TestApp, who: &As) -> Page {
    let mut page = Page::open(app, who, "/orgs/acme/live").await;
    page.is_left_alone().await;
    page
}

#[tokio::test]
async fn a_changed_role_is_said_in_words_within_a_second_and_to_nobody_else() {
    let app = TestApp::start().await;
    let mut max = listening(&app, &As::Browser("max", Some("acme"))).await;
    let mut rita = listening(&app, &As::Browser("rita", Some("acme"))).await;
    let mut tx = app.world.org("ada", &app.world.acme).write().await.unwrap();
    memberships::change_role(&mut tx, &user("max"), BaseRole::Admin).await.unwrap();
    let committed = Instant::now();
    tx.commit().await.unwrap();
    let heard = max.hears().await.unwrap();
    assert!(heard.contains("event: access") && heard.contains("you are now an admin"), "{heard}");
    assert!(committed.elapsed() < Duration::from_secs(1));
    rita.is_left_alone().await;

    let mut tx = app.world.org("ada", &app.world.acme).write().await.unwrap();
    roles::assign(&mut tx, &user("rita"), &[CustomRole::BillingAdmin]).await.unwrap();
    tx.commit().await.unwrap();
    let heard = rita.hears().await.unwrap();
    assert!(heard.contains("Your roles changed: you are now Member · Billing-admin."), "{heard}");
}

#[tokio::test]
async fn a_page_from_before_a_change_hears_of_it_when_it_connects() {
    let app = TestApp::start().await;
    let max = As::Browser("max", Some("acme"));
    let page = app.get(&max, "/orgs/acme/runs").await.body;
    let path = page.split("data-live=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    Page::open(&app, &max, &path).await.is_left_alone().await;
    let mut tx = app.world.org("ada", &app.world.acme).write().await.unwrap();
    memberships::change_role(&mut tx, &user("max"), BaseRole::Admin).await.unwrap();
    tx.commit().await.unwrap();
    let heard = Page::open(&app, &max, &path).await.hears().await.unwrap();
    assert!(heard.contains("you are now an admin"), "{heard}");
    // What it is told to say next time fits.
    let standing = heard.split("\"as\":\"").nth(1).unwrap().split('"').next().unwrap();
    Page::open(&app, &max, &format!("/orgs/acme/live?as={standing}")).await.is_left_alone().await;
}

#[tokio::test]
async fn a_removal_closes_the_page_here_and_at_clerk() {
    let app = TestApp::start().await;
    let (mut max, mut rita) = (
        listening(&app, &As::Browser("max", Some("acme"))).await,
        listening(&app, &As::Browser("rita", Some("acme"))).await,
    );
    let mut tx = app.world.org("ada", &app.world.acme).write().await.unwrap();
    memberships::remove(&mut tx, &user("max")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(max.hears().await.unwrap().contains("event: gone"));
    assert_eq!(max.hears().await, None, "and that was the last of it");
    rita.is_left_alone().await;
    // Clerk's event was applied.
    app.world.record("rita", &[]).await;
    assert!(rita.hears().await.unwrap().contains("event: gone"));

    let mut ben = listening(&app, &As::Browser("ben", Some("acme"))).await;
    let now = directory::now(&app.world.app).await.unwrap();
    directory::organisation_gone(&app.world.app, &app.world.acme.id, now).await.unwrap();
    assert!(ben.hears().await.unwrap().contains("event: deleted"));
}

#[tokio::test]
async fn an_ended_session_hears_so_and_another_one_of_the_same_person_does_not() {
    let app = TestApp::start().await;
    let token = tokens::token("max", Some("acme"));
    let mut ended = listening(&app, &As::Cookie(token.clone())).await;
    let mut other = listening(&app, &As::Browser("max", Some("acme"))).await;
    directory::session_ended(&app.world.app, &user("max"), &tokens::session_of(&token)).await.unwrap();
    assert!(ended.hears().await.unwrap().contains("event: ended"));
    assert_eq!(ended.hears().await, None);
    other.is_left_alone().await;
}

#[tokio::test]
async fn a_moved_organisation_is_followed() {
    let app = TestApp::start().await;
    let mut max = listening(&app, &As::Browser("max", Some("acme"))).await;
    let record = OrganisationRecord::new(app.world.acme.id.clone(), Some("acme-foods"), "The acme company");
    let now = directory::now(&app.world.app).await.unwrap();
    directory::record_organisation(&app.world.app, &record, now).await.unwrap();
    let heard = max.hears().await.unwrap();
    assert!(heard.contains("event: moved") && heard.contains("\"slug\":\"acme-foods\""), "{heard}");
    app.world.record("max", &[]).await;
    assert!(max.hears().await.unwrap().contains("event: gone"));
}

#[tokio::test]
async fn outsiders_hear_nothing_and_many_streams_hold_no_connection() {
    let app = TestApp::start().await;
    let foreign = app.get(&As::Browser("olga", Some("bolt")), "/orgs/acme/live").await;
    let unknown = app.get(&As::Browser("olga", Some("bolt")), "/orgs/nowhere/live").await;
    assert_eq!((foreign.status.as_u16(), unknown.status.as_u16()), (404, 404));
    let mut pages = Vec::new();
    for _ in 0..200 {
        pages.push(Page::open(&app, &As::Browser("max", Some("acme")), "/orgs/acme/live").await);
    }
    // Far more than the pool has connections: whoever asks is answered all the same.
    assert_eq!(app.get(&As::Browser("rita", Some("acme")), "/orgs/acme/runs").await.status, 200);
    app.world.record("max", &[]).await;
    for page in &mut pages {
        assert!(page.hears().await.unwrap().contains("event: gone"));
    }
}

#[tokio::test]
async fn a_server_that_ends_closes_its_streams() {
    let app = TestApp::start().await;
    let mut max = listening(&app, &As::Browser("max", Some("acme"))).await;
    app.close_streams();
    assert_eq!(max.hears().await, None);
    let mut late = Page::open(&app, &As::Browser("max", Some("acme")), "/orgs/acme/live").await;
    assert_eq!(late.hears().await, None);
}
