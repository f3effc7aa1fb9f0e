//! `tenancy.isolate`: any table with an organisation_id becomes a tenant table, or says what is in the way.

use testkit::World;

#[tokio::test]
async fn one_call_makes_a_tenant_table() {
    let world = World::create().await;
    let owner = world.database.client("tenantry_owner").await;
    owner
        .batch_execute(
            "create table notes (organisation_id text, id uuid, text text);
             select tenancy.isolate('notes');",
        )
        .await
        .unwrap();
    let app = world.database.client("tenantry_app").await;
    let never = app.batch_execute("select * from notes").await.unwrap_err();
    assert!(never.to_string().contains("app.current_org_id") || format!("{never:?}").contains("app.current_org_id"));
    app.batch_execute(
        "begin; set local app.current_org_id = 'org_acme'; insert into notes (text) values ('ours'); commit;
         begin; set local app.current_org_id = 'org_bolt'; insert into notes (text) values ('theirs'); commit;",
    )
    .await
    .unwrap();
    for (organisation, text) in [("org_acme", "ours"), ("org_bolt", "theirs")] {
        app.batch_execute(&format!("begin; set local app.current_org_id = '{organisation}'")).await.unwrap();
        let rows = app.query("select text, organisation_id from notes", &[]).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].get::<_, &str>(0), text);
        for attempt in [
            "insert into notes (organisation_id, text) values ('org_northlight', 'planted')",
            "update notes set organisation_id = 'org_northlight'",
        ] {
            app.batch_execute("savepoint before").await.unwrap();
            let refused = app.batch_execute(attempt).await.unwrap_err();
            assert!(format!("{refused:?}").contains("row-level security"), "{refused:?}");
            app.batch_execute("rollback to before").await.unwrap();
        }
        app.batch_execute("commit").await.unwrap();
    }
    // The context is gone with the transaction: no rows, and a write that names the defect.
    assert!(app.query("select * from notes", &[]).await.unwrap().is_empty());
    let outside = app.batch_execute("insert into notes (text) values ('nobody')").await.unwrap_err();
    assert!(format!("{outside:?}").contains("notes_written_inside_an_organisation"), "{outside:?}");
    let forced = owner
        .query_one("select relrowsecurity and relforcerowsecurity, (select count(*) from pg_indexes where tablename = 'notes') from pg_class where relname = 'notes'", &[])
        .await
        .unwrap();
    assert!(forced.get::<_, bool>(0));
    assert_eq!(forced.get::<_, i64>(1), 1, "a leading index was added");
}

#[tokio::test]
async fn refuses_what_would_be_a_hole_and_says_how_to_mend_it() {
    let world = World::create().await;
    let owner = world.database.client("tenantry_owner").await;
    for (table, words) in [
        ("create table bad (id uuid)", "no column organisation_id"),
        ("create table bad (organisation_id uuid, id uuid)", "no column organisation_id of type text"),
        (
            "create table bad (organisation_id text, id uuid, email text unique)",
            "unique across organisations: bad_email_key",
        ),
        ("create table bad (organisation_id text, id uuid primary key)", "unique across organisations"),
        (
            "create table other (organisation_id text, id uuid primary key);
             create table bad (organisation_id text, id uuid, other_id uuid references other (id))",
            "references without the organisation",
        ),
        (
            "create table other (organisation_id text, id uuid, primary key (organisation_id, id));
             create table bad (organisation_id text, id uuid, other_org text, other_id uuid,
                               foreign key (other_org, other_id) references other (organisation_id, id))",
            "references without the organisation",
        ),
    ] {
        owner.batch_execute(&format!("begin; {table}")).await.unwrap();
        let refused = owner.batch_execute("select tenancy.isolate('bad')").await.unwrap_err();
        let database_error = refused.as_db_error().unwrap();
        assert!(database_error.message().contains(words), "{}", database_error.message());
        assert!(database_error.hint().is_some());
        owner.batch_execute("rollback").await.unwrap();
    }
}

#[tokio::test]
async fn every_table_is_isolated_or_listed_with_a_reason() {
    let world = World::create().await;
    let admin = world.database.client("postgres").await;
    let loose = admin
        .query(
            "select table_.oid::regclass::text from pg_class as table_
             where table_.relkind in ('r', 'p') and table_.relnamespace = 'tenantry'::regnamespace
               and not exists (select from tenancy.directory_tables as listed
                               where listed.name = 'tenantry.' || table_.relname)
               and not (table_.relrowsecurity and table_.relforcerowsecurity
                        and (select count(*) from pg_policy where polrelid = table_.oid and polpermissive) = 1
                        and exists (select from pg_policy where polrelid = table_.oid and polcmd = '*' and polpermissive
                                      and pg_get_expr(polqual, polrelid)
                                          = '(organisation_id = current_setting(''app.current_org_id''::text))'
                                      and polwithcheck is null)
                        and exists (select from pg_attribute where attrelid = table_.oid
                                      and attname = 'organisation_id' and attnotnull))",
            &[],
        )
        .await
        .unwrap();
    let loose: Vec<String> = loose.iter().map(|row| row.get(0)).collect();
    assert!(loose.is_empty(), "call tenancy.isolate on {loose:?}, or list them in tenancy.directory_tables");
    let unforced = admin
        .query(
            "select relname::text from pg_class where relkind in ('r', 'p') and relnamespace = 'tenantry'::regnamespace
             and not (relrowsecurity and relforcerowsecurity)",
            &[],
        )
        .await
        .unwrap();
    assert!(unforced.is_empty(), "directory tables have policies of their own");
}
