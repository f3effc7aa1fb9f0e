//! A38 to A43: keys and references that one tenant's rows feel of another's.

use crate::shapes::{B1, Tenantry, UNKNOWN, Undefended};

#[tokio::test]
async fn a38_a_reference_by_id_alone_tells_what_exists_and_holds_it_fast() {
    let u = Undefended::create().await;
    u.owner.run("create table remarks (note int references forced (id)); grant insert on remarks to @app").await;
    u.app.within("A", "insert into remarks values (3)").await;
    assert_eq!(u.app.refused_within("A", "insert into remarks values (999)").await, "23503");
    let held = u.app.error_within("B", "delete from forced where id = 3").await;
    assert!(held.detail().unwrap().contains("still referenced"), "{held:?}");

    let t = Tenantry::create().await;
    let mut errors = Vec::new();
    for id in [B1, UNKNOWN] {
        let insert = format!(
            "insert into step_templates (id, procedure_id, position, title) values ('{UNKNOWN}', '{id}', 1, 'x')"
        );
        let error = t.app.error_within("org_acme", &insert).await;
        assert_eq!(error.code().code(), "23503");
        errors.push((
            error.constraint().map(str::to_owned),
            error.message().to_owned(),
            error.detail().map(|text| text.replace(id, "…")),
        ));
    }
    assert_eq!(errors[0], errors[1], "a foreign id and an unknown one are answered alike");
}

#[tokio::test]
async fn a39_a_cascade_deletes_another_tenants_row() {
    let u = Undefended::create().await;
    u.owner
        .run(
            "create table remarks (organisation_id text, note int references forced (id) on delete cascade);
             alter table remarks enable row level security; alter table remarks force row level security;
             create policy tenant on remarks using (organisation_id = current_setting('app.current_org_id'));
             grant select, insert on remarks to @app",
        )
        .await;
    u.app.within("B", "insert into remarks values ('B', 1)").await;
    u.app.within("A", "delete from forced where id = 1").await;
    assert_eq!(u.app.within("B", "select count(*) from remarks").await, ["0"]);

    let t = Tenantry::create().await;
    assert_eq!(t.owner.refused("create table remarks (procedure_id uuid references procedures (id))").await, "42830");
    t.rule(
        "select conname from pg_constraint as reference join pg_attribute as theirs
             on theirs.attrelid = confrelid and theirs.attname = 'organisation_id'
          where contype = 'f' and not theirs.attnum = any (confkey)",
        "create unique index on procedures (id); alter table step_templates add foreign key (procedure_id) references procedures (id)",
    )
    .await;
}

#[tokio::test]
async fn a40_a_unique_key_over_all_tenants_tells_what_another_has() {
    let u = Undefended::create().await;
    u.owner.run("alter table forced add constraint one_secret unique (secret)").await;
    let taken = u.app.error_within("A", "insert into forced values (9, 'A', 'secret-b3')").await;
    assert_eq!((taken.code().code(), taken.constraint(), taken.detail()), ("23505", Some("one_secret"), None));
    let quietly =
        |secret| format!("insert into forced values (9, 'A', '{secret}') on conflict do nothing returning id");
    assert!(u.app.within("A", &quietly("secret-b3")).await.is_empty());
    assert_eq!(u.app.within("A", &quietly("free")).await, ["9"]);

    let t = Tenantry::create().await;
    let same_id = format!(
        "insert into procedures (id, name, created_by) values ('{B1}', 'x', 'user_ada') on conflict do nothing returning name"
    );
    assert_eq!(t.app.within("org_acme", &same_id).await, ["x"], "Acme may have the id that Bolt has");
    let isolate = t
        .owner
        .error("create table keys (organisation_id text, email text unique); select tenancy.isolate('keys')")
        .await;
    assert!(isolate.message().contains("unique across organisations: keys_email_key"), "{isolate}");
    // Of the directory everything is unique, and nothing may be written: the policy answers before the key.
    for id in ["org_bolt", "org_nobody"] {
        let insert =
            format!("insert into organisations (id, slug, name, mirrored_at) values ('{id}', 'bolt', 'x', now())");
        assert_eq!(t.app.refused_within("org_acme", &insert).await, "42501");
    }
}

#[tokio::test]
async fn a41_an_exclusion_without_the_tenant_tells_what_another_has() {
    let u = Undefended::create().await;
    u.owner
        .run(
            "create table bookings (organisation_id text, during int4range, exclude using gist (during with &&));
             insert into bookings values ('B', '[10,20)');
             alter table bookings enable row level security;
             create policy tenant on bookings using (organisation_id = current_setting('app.current_org_id'));
             grant select, insert on bookings to @app",
        )
        .await;
    assert_eq!(u.app.refused_within("A", "insert into bookings values ('A', '[19,30)')").await, "23P01");
    u.app.within("A", "insert into bookings values ('A', '[20,30)')").await;

    let t = Tenantry::create().await;
    t.rule(
        "select conname from pg_constraint where contype = 'x'",
        "create table bookings (during int4range, exclude using gist (during with &&))",
    )
    .await;
    let owner = t.database.client("tenantry_owner").await;
    let bookings =
        "create table bookings (organisation_id text, during int4range, exclude using gist (during with &&));
                    select tenancy.isolate('bookings')";
    let refused = owner.batch_execute(bookings).await.unwrap_err();
    assert!(refused.as_db_error().unwrap().message().contains("unique across organisations"), "{refused:?}");
}

#[tokio::test]
async fn a42_an_upsert_on_another_tenants_key_is_refused_and_tells() {
    let u = Undefended::create().await;
    let upsert = |id| format!("insert into forced values ({id}, 'A', 'x') on conflict (id) do update set secret = 'x'");
    assert_eq!(u.app.refused_within("A", &upsert(3)).await, "42501");
    u.app.within("A", &upsert(9)).await;

    let t = Tenantry::create().await;
    let upsert = |id| {
        format!(
            "insert into procedures (id, name, created_by) values ('{id}', 'x', 'user_ada')
                 on conflict (organisation_id, id) do update set name = 'changed' returning name"
        )
    };
    for id in [B1, UNKNOWN] {
        assert_eq!(t.app.within("org_acme", &upsert(id)).await, ["x"]);
    }
    assert_eq!(
        t.app.within("org_bolt", &format!("select name from procedures where id = '{B1}'")).await,
        ["secret-b1"]
    );
}

#[tokio::test]
async fn a43_merge_finds_no_row_of_another_tenant_and_makes_none() {
    let u = Undefended::create().await;
    let merge = |table, id, what| {
        format!("merge into {table} as t using (values ({id})) as given (id) on t.id = given.id when {what}")
    };
    u.app.within("A", &merge("forced", "3", "matched then update set secret = 'x'")).await;
    assert_eq!(u.boss.one("select secret from forced where id = 3").await, "secret-b3");
    let insert = merge("forced", "9", "not matched then insert values (9, 'B', 'x')");
    assert_eq!(u.app.refused_within("A", &insert).await, "42501");

    let t = Tenantry::create().await;
    let id = format!("'{B1}'::uuid");
    for what in ["matched then update set title = 'x'", "matched then delete"] {
        t.app.within("org_acme", &merge("step_templates", &id, what)).await;
    }
    assert_eq!(t.boss.one(&format!("select title from step_templates where id = '{B1}'")).await, "secret-b1");
    let insert = merge(
        "procedures",
        &id,
        "not matched then insert (organisation_id, id, name, created_by) values ('org_bolt', given.id, 'x', 'user_ada')",
    );
    assert_eq!(t.app.refused_within("org_acme", &insert).await, "42501");
}
