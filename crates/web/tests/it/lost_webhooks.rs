//! No webhook comes: what Clerk's tokens do not say, the directory says, and no older than a token could be.

use std::time::{Duration, Instant};

use domain::BaseRole;
use http::{Method, Request};
use testkit::ClerkAccount;

use crate::app::{Answer, As, TestApp, from_htmx, request};
use crate::tokens;

const PAGE: &str = "/orgs/acme/procedures";
const MAX: &str = "/v1/users/user_max";

/// From within a page: nobody is sent anywhere.
async fn htmx(app: &TestApp, who: &As) -> Answer {
    app.send(from_htmx(request(who, Method::GET, PAGE).body("".into()).unwrap())).await
}

/// A page load that has been to Clerk's handshake so often, and came back with a token of this organisation.
async fn after_handshakes(app: &TestApp, name: &str, slug: Option<&str>, times: u8) -> Answer {
    back_with(app, &tokens::token(name, slug), times).await
}

async fn back_with(app: &TestApp, token: &str, times: u8) -> Answer {
    let since = tokens::now() - 100;
    let cookies =
        format!("__session={token}; __client_uat={since}; __clerk_db_jwt=dvb; __clerk_redirect_count={times}");
    let page = Request::get(PAGE).header("host", "localhost:3000").header("accept", "text/html");
    app.send(page.header("sec-fetch-dest", "document").header("cookie", cookies).body("".into()).unwrap()).await
}

#[tokio::test]
async fn whoever_was_removed_reads_no_longer_than_their_token_lives() {
    let clerk = ClerkAccount::start().await;
    let app = TestApp::beside(&clerk).await;
    let before = tokens::token("max", Some("acme"));
    clerk.account().leave("user_max", "org_acme");
    assert_eq!(app.get(&As::Cookie(before), PAGE).await.status, 200, "as long as the last token says so");
    // The next token says nothing of the organisation, and the handshake cannot change that.
    assert_eq!(after_handshakes(&app, "max", None, 0).await.status, 307);
    assert_eq!(clerk.account().asked(MAX), 0);
    let back = after_handshakes(&app, "max", None, 3).await;
    assert_eq!((back.status.as_u16(), back.header("location")), (404, ""));
    // From here on the directory knows, and nobody is sent round any more.
    assert_eq!(after_handshakes(&app, "max", None, 0).await.status, 404);
    assert_eq!(app.get(&As::Program("max", Some("acme")), "/api/v1/orgs/acme/procedures").await.status, 404);
}

/// Clerk asks whoever was removed from their last organisation to choose another one.
#[tokio::test]
async fn whoever_has_no_organisation_left_is_not_sent_round_for_the_one_they_had() {
    let clerk = ClerkAccount::start().await;
    let app = TestApp::beside(&clerk).await;
    clerk.account().leave("user_max", "org_acme");
    let mut claims = tokens::claims("max", None);
    claims["sts"] = "pending".into();
    let pending = tokens::TRUSTED.sign(&tokens::header(), &claims);
    assert_eq!(back_with(&app, &pending, 0).await.status, 307);
    for times in [3, 0] {
        let answer = back_with(&app, &pending, times).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/organisations"), "{times}");
    }
    let list = app.get(&As::Cookie(pending), "/organisations").await;
    assert!(!list.body.contains("The acme company"), "{}", list.body);
}

#[tokio::test]
async fn a_page_that_is_open_tells_them_as_well() {
    for elsewhere in [None, Some("bolt")] {
        let clerk = ClerkAccount::start().await;
        let app = TestApp::beside(&clerk).await;
        clerk.account().leave("user_max", "org_acme");
        assert_eq!(htmx(&app, &As::Browser("max", elsewhere)).await.status, 404, "{elsewhere:?}");
    }
}

#[tokio::test]
async fn a_person_with_two_organisations_in_two_tabs_is_asked_about_once_a_minute() {
    let clerk = ClerkAccount::start().await;
    let app = TestApp::beside(&clerk).await;
    app.world.record("max", &[(&app.world.acme, BaseRole::Member), (&app.world.bolt, BaseRole::Member)]).await;
    clerk.account().member("user_max", "org_bolt", "member");
    for _ in 0..10 {
        assert_eq!(htmx(&app, &As::Browser("max", Some("bolt"))).await.status, 200);
    }
    assert_eq!(after_handshakes(&app, "max", Some("bolt"), 3).await.status, 200);
    assert_eq!(clerk.account().asked(MAX), 1, "asked about once");
    for _ in 0..10 {
        assert_eq!(htmx(&app, &As::Browser("max", Some("acme"))).await.status, 200);
    }
    assert_eq!(clerk.account().asked(MAX), 1, "a token that names the organisation needs no second word");
}

/// The next token says it, a minute later at the most: then Clerk is asked, once for each token.
#[tokio::test]
async fn whoever_was_demoted_may_no_longer_than_their_token_lives() {
    for written in [false, true] {
        let clerk = ClerkAccount::start().await;
        let app = TestApp::beside(&clerk).await;
        let both = [(&app.world.acme, BaseRole::Admin)];
        app.world.record("max", &both).await;
        clerk.account().member("user_max", "org_acme", "member");
        let (may_not, asks) = ("You need roles:manage", "/orgs/acme/settings/roles/new");
        let token = |role: &str| {
            let mut claims = tokens::claims("max", Some("acme"));
            claims["o"]["rol"] = role.into();
            As::Cookie(tokens::TRUSTED.sign(&tokens::header(), &claims))
        };
        assert_eq!(app.get(&token("admin"), asks).await.status, 200, "as long as the last token says so");
        assert_eq!(clerk.account().asked(MAX), 0);
        let answer = if written {
            app.post(&token("member"), "/orgs/acme/settings/roles", "name=Mine&permission=runs:work").await
        } else {
            app.get(&token("member"), asks).await
        };
        assert_eq!(answer.status, 403, "{written}");
        assert!(written || answer.body.contains(may_not), "{}", answer.body);
        assert_eq!(clerk.account().asked(MAX), 1);
        // An old token brings nothing back.
        assert_eq!(app.get(&token("admin"), asks).await.status, 403);
    }
}

/// A role that changes here is with Clerk a moment later, and with the token a minute later.
#[tokio::test]
async fn whoever_was_promoted_here_is_asked_about_once_for_a_token() {
    let clerk = ClerkAccount::start().await;
    let app = TestApp::beside(&clerk).await;
    let change =
        app.post(&As::Browser("ada", Some("acme")), "/orgs/acme/settings/members/user_max", "role=admin").await;
    assert_eq!(change.status, 303);
    let max = As::Browser("max", Some("acme"));
    for _ in 0..5 {
        assert_eq!(app.get(&max, "/orgs/acme/settings/roles/new").await.status, 200, "what changed here stands");
    }
    assert_eq!(clerk.account().asked(MAX), 1, "and Clerk is not asked with each request");
}

#[tokio::test]
async fn a_clerk_that_is_slow_keeps_nobody_waiting_and_is_heard_all_the_same() {
    let clerk = ClerkAccount::start().await;
    let app = TestApp::beside(&clerk).await;
    clerk.account().leave("user_max", "org_acme");
    clerk.account().hang(MAX, true);
    let began = Instant::now();
    assert_eq!(htmx(&app, &As::Browser("max", None)).await.status, 200);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    clerk.account().hang(MAX, false);
    while htmx(&app, &As::Browser("max", None)).await.status != 404 {
        assert!(began.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(clerk.account().asked(MAX), 1, "what was asked first brought it");
}
