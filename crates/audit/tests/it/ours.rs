//! Our own database under the same eyes: clean, and red as soon as one thing is loosened.

use audit::{Report, Settings};
use testkit::{Client, TestDatabase, World};

use crate::scratch::ids;

fn settings() -> Settings {
    Settings::parse(include_str!("../../../../audit.toml")).unwrap()
}

async fn audited(client: &Client) -> Report {
    audit::examine(client, settings().subject()).await.unwrap().allow(&settings()).on_an_old_server()
}

#[tokio::test]
async fn our_database_is_clean_plain_and_signed_also_as_the_server_itself_sees_it() {
    let database = TestDatabase::create().await;
    for signed in [false, true] {
        if signed {
            database.sign_contexts().await;
        }
        for role in ["postgres", "tenantry_app", "tenantry_worker"] {
            let report = audited(&database.client(role).await).await;
            assert_eq!(
                report.findings,
                [],
                "{}after a migration that was reviewed, write the new fingerprints into audit.toml",
                audit::text(&report)
            );
            assert_eq!(report.tables, 34);
        }
    }
}

#[tokio::test]
async fn nothing_of_ours_is_reached_by_trying() {
    let world = World::create().await;
    for (admin, organisation) in [("ada", &world.acme), ("olga", &world.bolt)] {
        let procedure = world.procedure(admin, organisation, "secret").await;
        let run = world.run(admin, organisation, procedure, "secret").await;
        let (_, shown) = world.org(admin, organisation).read(domain::runs::show(run)).await.unwrap();
        let mut tx = world.org(admin, organisation).write().await.unwrap();
        domain::steps::tick(&mut tx, run, shown.steps[0].id).await.unwrap();
        domain::roles::assign(&mut tx, &testkit::user(admin), &[domain::CustomRole::ReportViewer]).await.unwrap();
        let digest = format!("{:064}", 1);
        domain::logos::set(&mut tx, vec![0; 64], &digest).await.unwrap();
        tx.enqueue("test", Default::default()).await.unwrap();
        tx.commit().await.unwrap();
        world.own_role(admin, organisation, &[domain::Permission::ReportsRead]).await;
        world.invitation(admin, organisation).await;
        world.duty(admin, organisation).await;
        let mut tx = world.org(admin, organisation).write().await.unwrap();
        let text = domain::comments::CommentText::parse(&format!("@{admin}")).unwrap();
        domain::comments::write(&mut tx, run, shown.steps[0].id, &text).await.unwrap();
        domain::viewers::arrive(&mut tx, run).await.unwrap();
        tx.commit().await.unwrap();
    }
    let admin = world.database.client("postgres").await;
    let moved = "insert into tenantry.retired_addresses (slug, organisation_id) values ('acme-old', 'org_acme'), ('bolt-old', 'org_bolt')";
    admin.batch_execute(moved).await.unwrap();
    for place in ["acme", "bolt"] {
        let billed = format!(
            "insert into tenantry.stripe_customers (customer_id, organisation_id) values ('cus_{place}', 'org_{place}');
             insert into tenantry.billing_accounts (organisation_id, customer_id) values ('org_{place}', 'cus_{place}');
             insert into tenantry.checkouts (organisation_id, id, lookup_key, with_trial, state, asked_by, expires_at, ended_at)
             values ('org_{place}', gen_random_uuid(), 'key', false, 'ended', 'user_ada', now(), now());
             insert into tenantry.invoices (organisation_id, id, status, total, amount_due, currency, created_at)
             values ('org_{place}', 'in_{place}', 'paid', 1, 1, 'usd', now());
             insert into tenantry.exports (organisation_id, id, state, asked_by, asked_by_name)
             values ('org_{place}', gen_random_uuid(), 'failed', 'user_ada', 'Ada');
             insert into tenantry.imports (organisation_id, archive) values ('org_{place}', repeat('0', 64));
             insert into tenantry.field_values (organisation_id, step_id, key, value, written_by)
             select organisation_id, id, 'f1', 'x', 'user_ada' from tenantry.steps where organisation_id = 'org_{place}';
             insert into tenantry.step_tallies (organisation_id, procedure_id, person, due_slot)
             values ('org_{place}', gen_random_uuid(), 'user_ada', now());
             insert into tenantry.schedules (organisation_id, id, procedure_id, repeats, at_time, made_by, dealt_to)
             select organisation_id, gen_random_uuid(), id, 'daily', '07:00', created_by, current_date
               from tenantry.procedures where organisation_id = 'org_{place}';
             insert into tenantry.next_starts (organisation_id) values ('org_{place}');
             insert into tenantry.closings (organisation_id) values ('org_{place}');
             insert into tenantry.erasures (organisation_id, deleted_at) values ('org_{place}', now());
             insert into tenantry.mails (organisation_id, id, key, address, notice)
             values ('org_{place}', gen_random_uuid(), 'key', '{place}@example.test', '{{}}');"
        );
        admin.batch_execute(&billed).await.unwrap();
    }
    for role in ["tenantry_app", "tenantry_worker"] {
        let client = world.database.client(role).await;
        let found = audit::attack(&client, &settings().subject(), Some(("org_acme", "org_bolt"))).await.unwrap();
        // What changes for nobody (jobs) or by the vendor's word alone (memberships) gives nothing to try with.
        let unexpected: Vec<_> =
            found.iter().filter(|finding| !(finding.lint == "D03" && by_the_system(&finding.object))).collect();
        assert!(unexpected.is_empty(), "{role}: {unexpected:#?}");
    }
}

fn by_the_system(table: &str) -> bool {
    ["memberships"].iter().any(|name| table.ends_with(name))
}

/// What narrows is no isolation, so no check misses it; that it is gone is a catalogue nobody has reviewed.
#[tokio::test]
async fn a_narrowing_that_is_gone_changes_the_fingerprint() {
    let database = TestDatabase::create().await;
    let admin = database.client("postgres").await;
    let narrowing =
        "select format('drop policy %I on %s', polname, polrelid::regclass) from pg_policy where not polpermissive";
    let drops: Vec<String> = admin.query(narrowing, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert!(drops.len() >= 9, "{drops:?}");
    for drop in drops {
        admin.batch_execute(&format!("begin; {drop}")).await.unwrap();
        let report = audit::examine_open_transaction(&admin, settings().subject()).await.unwrap();
        admin.batch_execute("rollback").await.unwrap();
        assert_eq!(ids(&report.allow(&settings()).on_an_old_server().findings), ["L35"], "{drop}");
    }
}

/// Planted one at a time: whatever is loosened, some check sees it.
#[tokio::test]
async fn every_loosening_of_ours_is_seen() {
    let database = TestDatabase::create().await;
    let admin = database.client("postgres").await;
    let listed = async |sql: &str| -> Vec<String> {
        admin.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };
    let tables = "from pg_class where relkind = 'r' and relnamespace = 'tenantry'::regnamespace";
    let policies = "from pg_policy join pg_class on pg_class.oid = polrelid and polpermissive";
    let mut loosenings = Vec::new();
    for sql in [
        format!("select format('alter table %s disable row level security', oid::regclass) {tables}"),
        format!("select format('alter table %s no force row level security', oid::regclass) {tables}"),
        format!("select format('grant truncate on %s to tenantry_app', oid::regclass) {tables}"),
        format!("select format('create policy second on %s to tenantry_worker using (true)', oid::regclass) {tables}"),
        format!(
            "select format('create view tenantry.v as select * from %s; grant select on tenantry.v to tenantry_app', oid::regclass) {tables}"
        ),
        format!("select format('drop policy %I on %s', polname, polrelid::regclass) {policies}"),
        format!("select format('alter policy %I on %s to public', polname, polrelid::regclass) {policies}"),
        format!(
            "select format('alter policy %I on %s using (true)', polname, polrelid::regclass) {policies} where polqual is not null"
        ),
    ] {
        loosenings.extend(listed(&sql).await);
    }
    assert!(loosenings.len() > 80, "{}", loosenings.len());
    let mut unseen = Vec::new();
    for loosening in loosenings {
        admin.batch_execute(&format!("begin; {loosening}")).await.unwrap();
        let report = audit::examine_open_transaction(&admin, settings().subject()).await.unwrap();
        admin.batch_execute("rollback").await.unwrap();
        // That something changed at all is no merit of a check.
        if ids(&report.allow(&settings()).on_an_old_server().findings).iter().all(|id| *id == "L35") {
            unseen.push(loosening);
        }
    }
    assert_eq!(unseen, Vec::<String>::new());
    assert_eq!(audited(&admin).await.findings, [], "nothing of it was kept");
}

#[tokio::test]
async fn an_allowance_that_nothing_needs_is_found() {
    let database = TestDatabase::create().await;
    let text = include_str!("../../../../audit.toml").to_owned()
        + "\n[[allow]]\nlint = \"L16\"\nobject = \"tenantry.kept\"\nreason = \"a view that was there once upon a time\"\n";
    let settings = Settings::parse(&text).unwrap();
    let report = audit::examine(&database.client("tenantry_app").await, settings.subject()).await.unwrap();
    assert_eq!(ids(&report.allow(&settings).on_an_old_server().findings), ["L00"]);
}

#[tokio::test]
async fn the_three_forms_say_the_same() {
    let database = TestDatabase::create().await;
    let admin = database.client("postgres").await;
    admin.batch_execute("alter table tenantry.runs no force row level security").await.unwrap();
    let report = audited(&admin).await;
    let text = audit::text(&report);
    assert!(text.contains("L04 HOLE") && text.contains("tenantry.runs"), "{text}");
    assert!(text.contains("mend: alter table tenantry.runs force row level security"), "{text}");
    let json = audit::json(&report);
    assert_eq!(json["findings"].as_array().unwrap().len(), report.findings.len());
    assert!(json["allowed"].as_array().unwrap().iter().all(|line| line["reason"].as_str().unwrap().len() >= 20));
    let sarif = audit::sarif(&report);
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), report.findings.len() + report.allowed.len());
    assert!(results.iter().any(|result| result["ruleId"] == "L04" && result["level"] == "error"));
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(results.iter().all(|result| rules.iter().any(|rule| rule["id"] == result["ruleId"])));
}
