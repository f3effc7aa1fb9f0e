//! The checks that try: held where it is sound, found where it is not, and never held where nobody can tell.

use audit::{Finding, Subject};

use crate::scratch::{Scratch, ids};

async fn attacked(scratch: &Scratch, tenants: Option<(&str, &str)>) -> Vec<Finding> {
    let app = audit::connect(&scratch.app_url()).await.unwrap();
    audit::attack(&app, &scratch.subject(), tenants).await.unwrap()
}

#[tokio::test]
async fn a_sound_database_holds_and_is_left_as_it_was() {
    let scratch = Scratch::sound().await;
    let found = attacked(&scratch, Some(("a", "b"))).await;
    assert_eq!(found, []);
    let row = scratch.admin.query_one("select count(*), min(title) from app.task", &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, &str>(1)), (2, "ours"));
}

#[tokio::test]
async fn rows_without_a_tenant_are_found() {
    let scratch = Scratch::sound().await;
    scratch
        .run(
            "alter policy tenant on app.task using
               (coalesce(current_setting('app.current_org_id', true), '') = '' or organisation_id = current_setting('app.current_org_id'))",
        )
        .await;
    let found = attacked(&scratch, None).await;
    assert_eq!(ids(&found), ["D01"]);
    assert_eq!(found[0].object, "app.task");
}

#[tokio::test]
async fn every_way_to_anothers_rows_is_found() {
    for (sql, way) in [
        ("alter policy tenant on app.task using (true)", "read: 1 rows were shown"),
        ("alter policy tenant on app.task using (true)", "delete: 1 rows were written"),
        ("alter policy tenant on app.task using (true)", "update: 1 rows were written"),
        (
            "alter policy tenant on app.task with check (true)",
            "move to the other: no policy refused it, a constraint did",
        ),
        (
            "alter policy tenant on app.task with check (true)",
            "insert for the other: no policy refused it, a constraint did",
        ),
        (
            "alter table app.task drop constraint task_organisation_id_project_id_fkey;
             alter table app.project add constraint by_id unique (id);
             alter table app.task add constraint loose foreign key (project_id) references app.project (id)",
            "refer to the other: the reference was accepted",
        ),
        (
            "alter table app.project add constraint by_id unique (id);
             alter table app.task add column aim text,
               add column project int generated always as (aim::int) stored references app.project (id)",
            "refer to the other: the reference was accepted",
        ),
    ] {
        let scratch = Scratch::sound().await;
        scratch.run(sql).await;
        let found = attacked(&scratch, Some(("a", "b"))).await;
        assert!(found.iter().any(|finding| finding.lint == "D02" && finding.what == way), "{way} in {found:#?}");
    }
}

#[tokio::test]
async fn a_reference_that_is_computed_holds_where_it_carries_the_key_and_is_told_where_it_cannot_be_tried() {
    let scratch = Scratch::sound().await;
    let computed =
        "alter table app.task add column aim text, add column project int generated always as (aim::int) stored,
                      add foreign key (organisation_id, project) references app.project (organisation_id, id)";
    scratch.run(computed).await;
    assert_eq!(attacked(&scratch, Some(("a", "b"))).await, []);
    let scratch = Scratch::sound().await;
    scratch.run(&computed.replace("(aim::int)", "((aim || title)::int)").replace("title)", "aim || title)")).await;
    let found = attacked(&scratch, Some(("a", "b"))).await;
    assert_eq!(ids(&found), ["D03"]);
    assert!(found[0].what.contains("computed from several"), "{found:#?}");
}

#[tokio::test]
async fn an_attempt_without_a_result_is_not_called_held() {
    let scratch = Scratch::sound().await;
    // A trigger that fails for a reason of its own, and tenants without rows.
    scratch
        .run(
            "create function app.broken() returns trigger language plpgsql as $$ begin raise exception 'out of order'; end $$;
             grant execute on function app.broken() to APP;
             create trigger broken before update on app.task for each row execute function app.broken()",
        )
        .await;
    let found = attacked(&scratch, Some(("a", "b"))).await;
    assert!(found.iter().any(|finding| finding.lint == "D03" && finding.what.contains("out of order")), "{found:#?}");
    let nobody = attacked(&Scratch::sound().await, Some(("c", "d"))).await;
    assert!(nobody.iter().all(|finding| finding.lint == "D03"), "{nobody:#?}");
    assert!(nobody.iter().any(|finding| finding.what.contains("no row of one's own")), "{nobody:#?}");
}

#[tokio::test]
async fn another_key_and_another_setting_are_only_a_matter_of_naming_them() {
    let scratch = Scratch::empty().await;
    scratch
        .run(
            "create role APP login; create schema app; grant usage on schema app to APP;
             create table app.note (account_id text not null, text text);
             alter table app.note enable row level security;
             create policy own on app.note to APP using (account_id = current_setting('my.account'));
             grant select, insert, update, delete on app.note to APP;
             insert into app.note values ('a', 'ours'), ('b', 'theirs')",
        )
        .await;
    let app = audit::connect(&scratch.app_url()).await.unwrap();
    let subject = Subject {
        keys: vec!["account_id".to_owned()],
        policies: vec!["({key} = current_setting('my.account'::text))".to_owned()],
        ..scratch.subject()
    };
    assert_eq!(audit::attack(&app, &subject, Some(("a", "b"))).await.unwrap(), []);
    let report = audit::examine(&app, subject).await.unwrap().on_an_old_server();
    assert!(ids(&report.findings).contains(&"L04"), "{}", audit::text(&report));
    assert!(!ids(&report.findings).contains(&"L07"), "{}", audit::text(&report));
}
