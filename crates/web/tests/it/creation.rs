//! A new organisation where Clerk does not say whether it made one.

use testkit::{ClerkAccount, Lost};

use crate::app::{Answer, As, TestApp};

const FORM: &str = "name=Delta+Works&slug=delta";

async fn clerk() -> (ClerkAccount, TestApp) {
    let clerk = ClerkAccount::start().await;
    let app = TestApp::at(&clerk).await;
    clerk.account().person("user_nadia", "Nadia");
    (clerk, app)
}

async fn send(app: &TestApp, form: &str) -> Answer {
    app.post(&As::Browser("nadia", None), "/organisations", form).await
}

fn number(answer: &Answer) -> String {
    let (_, rest) = answer.body.split_once(r#"name="number" value=""#).unwrap_or_else(|| panic!("{}", answer.body));
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_clerk_made_and_did_not_confirm_is_found_and_gone_on_with() {
    for lost in [Lost::Status(504), Lost::Status(500), Lost::Garbage, Lost::Broken] {
        let (clerk, app) = clerk().await;
        clerk.account().lose(&[lost]);
        let answer = send(&app, FORM).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/orgs/delta"), "{lost:?}");
        assert_eq!(clerk.account().organisations(), 1);
        let page = app.get(&As::Browser("nadia", None), "/organisations").await;
        assert!(page.body.contains("Delta Works"), "{}", page.body);
    }
}

#[tokio::test]
async fn where_clerk_stays_dark_nobody_says_that_nothing_was_created_and_sending_again_makes_no_second() {
    let (clerk, app) = clerk().await;
    assert!(app.get(&As::Browser("nadia", None), "/organisations").await.body.contains("Create an organisation"));
    clerk.account().lose(&[Lost::Status(504)]);
    clerk.account().refuse(&[503; 100]);
    let dark = send(&app, FORM).await;
    assert_eq!(dark.status, 503);
    for said in ["did not say whether it was created", "It may have been created", "Delta Works", "delta"] {
        assert!(dark.body.contains(said), "{said} in {}", dark.body);
    }
    assert!(!dark.body.contains("Nothing was created"), "{}", dark.body);

    let again = format!("{FORM}&number={}", number(&dark));
    let still = send(&app, &again).await;
    assert_eq!(still.status, 503);
    assert_eq!(number(&still), number(&dark));

    clerk.account().recover();
    let found = send(&app, &again).await;
    assert_eq!((found.status.as_u16(), found.header("location")), (303, "/orgs/delta"));
    assert_eq!(clerk.account().organisations(), 1);
}

#[tokio::test]
async fn what_clerk_did_not_make_is_made_when_it_is_sent_again() {
    let (clerk, app) = clerk().await;
    assert!(app.get(&As::Browser("nadia", None), "/organisations").await.body.contains("Create an organisation"));
    clerk.account().refuse(&[502]);
    let first = send(&app, FORM).await;
    assert_eq!(first.status, 503);
    assert!(first.body.contains("it is not created twice"), "{}", first.body);
    assert_eq!(clerk.account().organisations(), 0);
    let again = send(&app, &format!("{FORM}&number={}", number(&first))).await;
    assert_eq!((again.status.as_u16(), again.header("location")), (303, "/orgs/delta"));
    assert_eq!(clerk.account().organisations(), 1);
}

#[tokio::test]
async fn an_address_that_another_has_is_taken_also_with_a_number() {
    let (clerk, app) = clerk().await;
    clerk.account().organisation("org_other", "delta", "Another");
    let number = "01890a5d-ac96-774b-bcce-b302099a8057";
    for form in [FORM.to_owned(), format!("{FORM}&number={number}"), format!("{FORM}&number=%00")] {
        let answer = send(&app, &form).await;
        assert_eq!(answer.status, 422, "{form}");
        assert!(answer.body.contains("delta is taken. delta-works is free."), "{}", answer.body);
    }
    assert_eq!(clerk.account().organisations(), 1);
}
