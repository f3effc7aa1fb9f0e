//! A person's own account: what they belong to, how they leave it, and where they are signed in.

use domain::BaseRole;

use crate::app::{As, TestApp};

#[tokio::test]
async fn the_account_shows_what_is_mine_and_says_what_clerk_does_not() {
    let app = TestApp::start().await;
    let (acme, bolt) = (&app.world.acme, &app.world.bolt);
    app.world.record("max", &[(acme, BaseRole::Member), (bolt, BaseRole::Admin)]).await;
    let page = app.get(&As::Browser("max", Some("acme")), "/account").await;
    assert_eq!(page.status, 200);
    for part in
        ["The acme company", "The bolt company", "/account?leave=bolt", "Clerk, which keeps sessions, does not answer"]
    {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    assert!(!page.body.contains("closedby=\"any\" open"), "nothing is asked yet");
    let asked = app.get(&As::Browser("max", Some("acme")), "/account?leave=bolt").await;
    assert_eq!(asked.body.matches("closedby=\"any\" open").count(), 1);
    let none = app.get(&As::Browser("nadia", None), "/account").await;
    assert!(none.body.contains("You belong to no organisation"), "{}", none.body);
}

/// There is one door to leave by, which the account's question leads to.
#[tokio::test]
async fn whoever_leaves_is_out_at_once_and_the_last_admin_is_told_why_not() {
    let app = TestApp::start().await;
    let leave = "/orgs/acme/settings/members/leave";
    let (max, ada) = (As::Browser("max", Some("acme")), As::Browser("ada", Some("acme")));
    let asked = app.get(&max, "/account?leave=acme").await;
    assert!(asked.body.contains(&format!("action=\"{leave}\"")), "{}", asked.body);
    let left = app.post(&max, leave, "sure=yes").await;
    assert_eq!((left.status.as_u16(), left.header("location")), (303, "/organisations"));
    assert_eq!(app.get(&max, "/orgs/acme/runs").await.status, 404);
    assert_eq!(app.get(&As::Program("max", Some("acme")), "/api/v1/orgs/acme/runs").await.status, 404);

    let last = app.post(&ada, leave, "sure=yes").await;
    assert_eq!(last.status, 409);
    assert!(last.body.contains("This is the last admin"), "{}", last.body);
    assert_eq!(app.get(&ada, "/orgs/acme/runs").await.status, 200);

    let admin = app.world.database.client("postgres").await;
    let sql = "select count(*), min(actor_id) from tenantry.audit_log where action = 'member.left'";
    let row = admin.query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, &str>(1)), (1, "user_max"));
}

/// Also with a session whose organisation is another one, as the account's page may have.
#[tokio::test]
async fn nobody_leaves_what_is_not_theirs_and_a_foreign_address_is_an_unknown_one() {
    let app = TestApp::start().await;
    let max = As::Browser("max", Some("acme"));
    let leave = |slug: &str| format!("/orgs/{slug}/settings/members/leave");
    let foreign = app.post(&max, &leave("bolt"), "sure=yes").await;
    let unknown = app.post(&max, &leave("nowhere"), "sure=yes").await;
    assert_eq!((foreign.status.as_u16(), foreign.visible()), (404, unknown.visible()));
    assert_eq!(app.get(&As::Browser("olga", Some("bolt")), "/orgs/bolt/runs").await.status, 200);
    let both = [(&app.world.acme, BaseRole::Member), (&app.world.bolt, BaseRole::Member)];
    app.world.record("max", &both).await;
    assert_eq!(app.post(&max, &leave("bolt"), "sure=yes").await.status, 303);
    assert_eq!(app.get(&max, "/orgs/acme/runs").await.status, 200);
}

#[tokio::test]
async fn while_clerk_is_dark_no_session_is_ended_and_the_page_says_so() {
    let app = TestApp::start().await;
    let max = As::Browser("max", Some("acme"));
    for (path, form) in [("/account/sessions/end", "session=sess_x"), ("/account/sessions/end-others", "")] {
        let answer = app.post(&max, path, form).await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.body.contains("Nothing was ended"), "{path}: {}", answer.body);
    }
    let admin = app.world.database.client("postgres").await;
    let sql = "select count(*) from tenantry.users where cardinality(ended_sessions) > 0";
    assert_eq!(admin.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 0);
}
