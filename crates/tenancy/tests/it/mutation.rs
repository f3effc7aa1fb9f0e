//! Loosens each policy in turn and sees the checks go red: a suite that cannot fail proves nothing.

use testkit::World;
use tokio_postgres::Client;

/// Whether Acme's context shows or changes anything of Bolt's in this table.
async fn isolated(app: &Client, table: &str) -> bool {
    app.batch_execute("begin; set local app.current_org_id = 'org_acme'; set local app.current_user_id = 'user_ada'")
        .await
        .unwrap();
    let key = if table.ends_with("organisations") { "id" } else { "organisation_id" };
    let foreign = if table.ends_with("users") {
        format!("select count(*) from {table} where id = 'user_olga'")
    } else {
        format!("select count(*) from {table} where {key} = 'org_bolt'")
    };
    let seen: i64 = app.query_one(&foreign, &[]).await.unwrap().get(0);
    app.batch_execute("rollback").await.unwrap();
    seen == 0
}

#[tokio::test]
async fn every_loosened_policy_is_noticed() {
    let world = World::create().await;
    let procedure = world.procedure("olga", &world.bolt, "bolt opens").await;
    let run = world.run("olga", &world.bolt, procedure, "monday").await;
    let (_, shown) = world.org("olga", &world.bolt).read(domain::runs::show(run)).await.unwrap();
    let mut tx = world.org("olga", &world.bolt).write().await.unwrap();
    domain::steps::tick(&mut tx, run, shown.steps[0].id).await.unwrap();
    domain::roles::assign(&mut tx, &testkit::user("olga"), &[domain::CustomRole::ReportViewer]).await.unwrap();
    tx.commit().await.unwrap();

    let admin = world.database.client("postgres").await;
    let app = world.database.client("tenantry_app").await;
    let policies = admin
        .query(
            "select polrelid::regclass::text, polname::text, pg_get_expr(polqual, polrelid) from pg_policy
             where polrelid::regclass::text !~ 'jobs|inbound_events|drift_reports' and polpermissive and polcmd in ('*', 'r') order by 1, 2",
            &[],
        )
        .await
        .unwrap();
    assert!(policies.len() >= 11);
    let (mut planted, mut noticed) = (0, 0);
    for policy in &policies {
        let (table, name, expression): (String, String, String) = (policy.get(0), policy.get(1), policy.get(2));
        // Where Bolt has nothing there is nothing to see; `prove` fills every table and does the same there.
        let key = if table.ends_with("organisations") || table.ends_with("users") { "id" } else { "organisation_id" };
        let theirs = format!("select exists (select from {table} where {key} in ('org_bolt', 'user_olga'))");
        if !admin.query_one(&theirs, &[]).await.unwrap().get::<_, bool>(0) {
            continue;
        }
        assert!(isolated(&app, &table).await, "{table} before");
        let loosened = [
            format!("alter policy {name} on {table} using (true)"),
            format!("create policy second on {table} using (true)"),
            format!("alter table {table} disable row level security"),
        ];
        for mutation in loosened {
            admin.batch_execute(&mutation).await.unwrap();
            planted += 1;
            noticed += usize::from(!isolated(&app, &table).await);
            admin
                .batch_execute(&format!(
                    "drop policy if exists second on {table}; alter table {table} enable row level security;
                     alter policy {name} on {table} using ({expression})"
                ))
                .await
                .unwrap();
        }
        assert!(isolated(&app, &table).await, "{table} after");
    }
    assert!(planted >= 33, "{planted}");
    assert_eq!(noticed, planted, "of the loosened policies");
}
