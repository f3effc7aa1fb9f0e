//! The reconciler: with every webhook lost, one run makes our tables equal to Clerk's.

use domain::drift;
use domain::inbound_events::Vendor;
use mirror::Mirror;
use testkit::{ClerkAccount, TestDatabase};

async fn reconciler() -> (TestDatabase, ClerkAccount, Mirror) {
    let database = TestDatabase::create().await;
    let clerk = ClerkAccount::start().await;
    let mirror = Mirror::new(database.worker().await, clerk.backend());
    (database, clerk, mirror)
}

/// Ids and what differed, in order.
async fn run(mirror: &Mirror) -> Vec<(String, String)> {
    let report = mirror.reconcile().await.unwrap();
    assert!(report.found.iter().all(|difference| difference.repaired), "{report:?}");
    report.found.into_iter().map(|difference| (difference.id, difference.what)).collect()
}

#[tokio::test]
async fn with_every_webhook_lost_one_run_makes_both_sides_equal() {
    let (_database, clerk, mirror) = reconciler().await;
    assert_eq!(run(&mirror).await, [], "nobody is the same as nobody");
    {
        let mut account = clerk.account();
        // More than a page of each.
        for number in 0..620 {
            account.person(&format!("user_{number}"), "Somebody");
            account.organisation(&format!("org_{number}"), &format!("o-{number}"), "Something");
            account.member(&format!("user_{number}"), &format!("org_{}", number / 3), "member");
        }
        account.ban("user_7", true);
    }
    let found = run(&mirror).await;
    assert_eq!(found.len(), 620 + 619 + 619, "all but the banned person and their membership");
    assert_eq!(run(&mirror).await, []);

    {
        let mut account = clerk.account();
        account.person("user_1", "Renamed");
        account.ban("user_2", true);
        account.member("user_3", "org_1", "admin");
        account.leave("user_4", "org_1");
        account.delete_person("user_5");
        account.organisation("org_6", "moved", "Something");
        account.delete_organisation("org_3");
        account.member("user_600", "org_9", "member");
    }
    let ids: std::collections::BTreeSet<String> = run(&mirror).await.into_iter().map(|(id, _)| id).collect();
    for id in ["user_1", "user_2", "user_3", "user_4", "user_5", "org_6", "org_3", "user_600", "user_9"] {
        assert!(ids.contains(id), "{id} in {ids:?}");
    }
    assert_eq!(run(&mirror).await, []);
}

#[tokio::test]
async fn a_refusal_or_two_do_not_stop_it_and_the_report_says_what_was_found() {
    let (database, clerk, mirror) = reconciler().await;
    clerk.account().person("user_1", "Somebody");
    clerk.account().refuse(&[429, 429]);
    assert_eq!(run(&mirror).await, [("user_1".to_owned(), "was not known here".to_owned())]);
    let reports = drift::last(&database.app().await, Vendor::Clerk, 5).await.unwrap();
    assert_eq!((reports.len(), reports[0].compared, reports[0].found.len()), (1, 1, 1));
}

/// Half an account must never look like an account that has lost half its people.
#[tokio::test]
async fn while_clerk_does_not_tell_everything_nothing_is_changed() {
    let (_database, clerk, mirror) = reconciler().await;
    clerk.account().person("user_1", "Somebody");
    clerk.account().organisation("org_1", "one", "One");
    clerk.account().member("user_1", "org_1", "admin");
    run(&mirror).await;
    clerk.account().refuse(&[403]);
    mirror.reconcile().await.unwrap_err();
    assert_eq!(run(&mirror).await, []);
}

/// Written is what a row says: a row that is as it was has not been repaired, however well the writing went.
#[tokio::test]
async fn repaired_is_what_was_compared_again() {
    let (database, clerk, mirror) = reconciler().await;
    for user in ["user_1", "user_2"] {
        clerk.account().person(user, "Somebody");
    }
    run(&mirror).await;
    // As if a clock had gone wrong: no answer is ever later than what is written.
    let admin = database.client("postgres").await;
    let resist = "update tenantry.users set mirrored_at = now() + interval '1 day' where id = 'user_1'";
    admin.execute(resist, &[]).await.unwrap();
    for user in ["user_1", "user_2"] {
        clerk.account().person(user, "Renamed");
    }
    let found = mirror.reconcile().await.unwrap().found;
    let found: Vec<_> = found.iter().map(|difference| (difference.id.as_str(), difference.repaired)).collect();
    assert_eq!(found, [("user_1", false), ("user_2", true)]);
}

#[tokio::test]
async fn a_change_at_clerk_in_the_middle_is_no_failed_repair() {
    let (_database, clerk, mirror) = reconciler().await;
    clerk.account().person("user_1", "Somebody");
    clerk.account().organisation("org_1", "one", "One");
    run(&mirror).await;
    clerk.account().member("user_1", "org_1", "member");
    clerk.account().hang("/v1/users/user_1", true);
    let running = tokio::spawn(async move { run(&mirror).await });
    while clerk.account().asked("/v1/users/user_1") < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // It was told of a membership, and is about to ask about the person, who has gone again.
    clerk.account().leave("user_1", "org_1");
    clerk.account().hang("/v1/users/user_1", false);
    let found = running.await.unwrap();
    assert_eq!(found, [("user_1".to_owned(), "is a member of org_1, and was not one here".to_owned())]);
}
