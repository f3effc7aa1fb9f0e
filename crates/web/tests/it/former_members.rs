//! A membership that ends while its page is open: whoever was a member is told so, and nobody else learns anything.

use domain::BaseRole;
use testkit::ClerkAccount;

use crate::app::{As, TestApp};

#[tokio::test]
async fn whoever_was_a_member_a_minute_ago_is_told_what_happened() {
    let clerk = ClerkAccount::start().await;
    let app = TestApp::at(&clerk).await;
    clerk.account().person("user_max", "Max");
    let max = As::Browser("max", Some("acme"));
    assert_eq!(app.get(&max, "/orgs/acme/procedures").await.status, 200);
    app.world.record("max", &[]).await;
    // The first asks Clerk, the second comes within seconds of it.
    for _ in 0..2 {
        let page = app.get(&max, "/orgs/acme/procedures").await;
        assert_eq!(page.status, 404);
        assert!(page.body.contains("You are no longer a member of acme"), "{}", page.body);
    }
    let form = app.post(&max, "/orgs/acme/procedures", "name=Typed").await;
    assert!(form.body.contains("You are no longer a member of acme"), "{}", form.body);
    let program = app.get(&As::Program("max", Some("acme")), "/api/v1/orgs/acme/procedures").await;
    assert_eq!((program.status.as_u16(), program.json()["code"].as_str()), (404, Some("not_found")));

    // With a token of later, which names it no more, it is an address like any other.
    let later = As::Browser("max", None);
    let (former, unknown) =
        (app.get(&later, "/orgs/acme/procedures").await, app.get(&later, "/orgs/nowhere/procedures").await);
    assert_eq!(former.visible(), unknown.visible());
}

#[tokio::test]
async fn nobody_else_is_told_anything() {
    let clerk = ClerkAccount::start().await;
    let app = TestApp::at(&clerk).await;
    app.world.record("max", &[(&app.world.bolt, BaseRole::Member)]).await;
    let max = As::Browser("max", Some("bolt"));
    let (foreign, unknown) =
        (app.get(&max, "/orgs/acme/procedures").await, app.get(&max, "/orgs/nowhere/procedures").await);
    assert_eq!(foreign.status, 404);
    assert_eq!(foreign.visible(), unknown.visible());
    // A thing that is not there, to a member.
    let missing = app.get(&max, "/orgs/bolt/procedures/01890a5d-ac96-774b-bcce-b302099a8057").await;
    assert!(missing.body.contains("There is nothing at this address"), "{}", missing.body);
    // Clerk cannot be asked, and its event may be on its way: nothing is said that may not be so.
    let dark = TestApp::start().await;
    dark.world.record("max", &[]).await;
    let page = dark.get(&As::Browser("max", Some("acme")), "/orgs/acme/procedures").await;
    assert!(page.body.contains("There is nothing at this address"), "{}", page.body);
}
