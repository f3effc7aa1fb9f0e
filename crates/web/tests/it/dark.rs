//! Clerk does not answer: people who are signed in notice nothing, and what needs Clerk says so.

use domain::{BaseRole, directory};
use http::Method;
use testkit::user;

use crate::app::{As, TestApp, request};
use crate::tokens;

/// Half an hour after the last token ended. The cookies are older than that, as Clerk's are.
fn browser(name: &str, method: Method, path: &str) -> http::request::Builder {
    let As::Cookie(token) = As::late(name, 1800) else { unreachable!() };
    let since = tokens::now() - 4000;
    let cookies = format!("__session={token}; __client_uat={since}; __clerk_db_jwt=dvb_test; __refresh_TeaZz7fV=old");
    let request = request(&As::Nobody, method, path).header("cookie", cookies);
    request.header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn people_who_are_signed_in_work_on() {
    let app = TestApp::in_the_dark().await;
    app.world.record("max", &[(&app.world.acme, BaseRole::Admin), (&app.world.bolt, BaseRole::Member)]).await;
    let page = browser("max", Method::GET, "/orgs/acme/procedures").header("sec-fetch-dest", "document");
    assert_eq!(app.send(page.body("".into()).unwrap()).await.status, 200);
    let form = browser("max", Method::POST, "/orgs/acme/procedures").body("name=In+the+dark".into()).unwrap();
    assert_eq!(app.send(form).await.status, 303);
    // To the other organisation, without the detour that would take the cookie there.
    let other = browser("max", Method::GET, "/orgs/bolt/procedures").header("sec-fetch-dest", "document");
    assert_eq!(app.send(other.body("".into()).unwrap()).await.status, 200);
}

#[tokio::test]
async fn what_needs_clerk_says_so_and_keeps_what_was_typed() {
    let app = TestApp::in_the_dark().await;
    let form = browser("ada", Method::POST, "/organisations").body("name=Delta+Works&slug=delta".into()).unwrap();
    let answer = app.send(form).await;
    assert_eq!(answer.status, 503);
    for kept in ["Clerk, which keeps organisations, does not answer", "Delta Works", "delta"] {
        assert!(answer.body.contains(kept), "{kept} in {}", answer.body);
    }
}

#[tokio::test]
async fn the_excuse_ends_with_the_hour_the_session_and_the_person() {
    let app = TestApp::in_the_dark().await;
    let page = |who: &As| request(who, Method::GET, "/orgs/acme/procedures").header("sec-fetch-dest", "document");
    let long_ago = app.send(page(&As::late("ada", 3700)).body("".into()).unwrap()).await;
    assert_eq!(long_ago.status, 307, "to Clerk, as ever");
    assert_eq!(app.get(&As::Bearer(tokens::token("ada", Some("acme"))), "/api/v1/me").await.status, 200);

    let ended = browser("ada", Method::GET, "/orgs/acme/procedures").body("".into()).unwrap();
    let cookie = ended.headers()["cookie"].to_str().unwrap().to_owned();
    let token = cookie.split("__session=").nth(1).unwrap().split(';').next().unwrap().to_owned();
    directory::session_ended(&app.world.app, &user("ada"), &tokens::session_of(&token)).await.unwrap();
    assert_eq!(app.send(ended).await.status, 303, "to sign in: signed out is signed out");

    let now = directory::now(&app.world.app).await.unwrap();
    directory::forget_person(&app.world.app, &user("ben"), now).await.unwrap();
    let gone = browser("ben", Method::GET, "/orgs/acme/procedures").body("".into()).unwrap();
    assert_eq!(app.send(gone).await.status, 404);
}
