//! The audit log as evidence: what a superuser does to it behind the server's back is found.

use domain::audit_log::{self, Filter};
use domain::roles::{self, RoleFields};
use testkit::World;

/// A world whose log of Acme has some entries, and how many.
async fn logged() -> (World, i64) {
    let world = World::create().await;
    for name in ["Shift lead", "Night shift", "Buyer"] {
        let mut tx = world.org("ada", &world.acme).write().await.unwrap();
        roles::create(&mut tx, &RoleFields::parse(name, ["runs:work"]).unwrap()).await.unwrap();
        tx.commit().await.unwrap();
    }
    let newest = entries(&world, Filter::default()).await[0].sequence;
    assert!(newest >= 5, "{newest}");
    (world, newest)
}

async fn entries(world: &World, filter: Filter) -> Vec<audit_log::AuditEntry> {
    world.org("ada", &world.acme).read(audit_log::list(&filter)).await.unwrap().1.entries
}

async fn tamper(world: &World, sql: &str) {
    let admin = world.database.client("postgres").await;
    // Not even then does a trigger stand in the way.
    admin.batch_execute("set session_replication_role = replica").await.unwrap();
    let done = admin.execute(sql, &[]).await.unwrap();
    assert!(done > 0, "{sql}");
}

async fn verify(world: &World) -> Option<i64> {
    let worker = world.database.worker().await;
    audit_log::verify(&worker, &world.acme.id).await.unwrap()
}

#[tokio::test]
async fn an_untouched_log_verifies_and_says_how_far() {
    let (world, newest) = logged().await;
    assert_eq!(verify(&world).await, None);
    let (_, page) = world.org("ada", &world.acme).read(audit_log::list(&Filter::default())).await.unwrap();
    assert_eq!((page.verification.last, page.verification.through), (newest, newest));
    assert!(page.verification.at.is_some() && page.verification.broken_at.is_none());
    let numbers: Vec<i64> = page.entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!(numbers, (1..=newest).rev().collect::<Vec<_>>(), "from 1, without gaps");
}

#[tokio::test]
async fn a_changed_entry_is_found_whatever_was_changed() {
    let (world, newest) = logged().await;
    let middle = newest - 1;
    for change in [
        "actor_id = 'user_max'",
        "actor_name = 'Somebody else'",
        "actor_role = 'member'",
        "action = 'role.deleted'",
        "outcome = 'refused'",
        "object_id = ''",
        "object_name = 'Other'",
        "before = '{}'",
        "after = jsonb_set(after, '{name}', '\"Other\"')",
        "happened_at = happened_at - interval '1 second'",
        "address = '192.0.2.1'",
        "user_agent = 'curl'",
        "request_id = gen_random_uuid()",
        "impersonator = 'user_opal'",
        "hash = sha256('')",
    ] {
        let admin = world.database.client("postgres").await;
        admin.batch_execute("create temp table kept as select * from tenantry.audit_log").await.unwrap();
        let at = format!("organisation_id = 'org_acme' and sequence = {middle}");
        tamper(&world, &format!("update tenantry.audit_log set {change} where {at}")).await;
        assert_eq!(verify(&world).await, Some(middle), "{change}");
        admin
            .batch_execute(&format!(
                "set session_replication_role = replica;
                 delete from tenantry.audit_log where {at};
                 insert into tenantry.audit_log select * from kept where {at};
                 drop table kept"
            ))
            .await
            .unwrap();
        assert_eq!(verify(&world).await, None, "put back after {change}");
    }
}

/// Entries of before there was an impersonator's column say what they said then; who acted in somebody's name cannot be
/// taken out of the others.
#[tokio::test]
async fn an_impersonator_is_part_of_what_is_chained_where_there_is_one() {
    let world = World::create().await;
    let origin = audit_log::Origin { impersonator: Some("user_opal".to_owned()), ..audit_log::Origin::default() };
    let mut tx = world.org("ada", &world.acme).from(origin).write().await.unwrap();
    roles::create(&mut tx, &RoleFields::parse("Buyer", ["runs:work"]).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(verify(&world).await, None);
    let admin = world.database.client("postgres").await;
    let parts = "select jsonb_array_length(tenancy.audit_text(entry)::jsonb) from tenantry.audit_log as entry
                  where entry.organisation_id = 'org_acme' order by entry.sequence desc limit 2";
    let parts: Vec<i32> = admin.query(parts, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(parts, [17, 16]);
    let newest = entries(&world, Filter::default()).await[0].clone();
    assert_eq!((newest.actor_id.as_str(), newest.impersonator.as_str()), ("user_ada", "user_opal"));
    tamper(&world, &format!("update tenantry.audit_log set impersonator = '' where sequence = {}", newest.sequence))
        .await;
    assert_eq!(verify(&world).await, Some(newest.sequence));
}

#[tokio::test]
async fn a_deleted_entry_a_cut_off_end_and_a_moved_one_are_found() {
    let (world, newest) = logged().await;
    tamper(&world, "delete from tenantry.audit_log where organisation_id = 'org_acme' and sequence = 2").await;
    assert_eq!(verify(&world).await, Some(3), "the one after the gap");
    // The page says so, and the next look finds it again.
    let (_, page) = world.org("ada", &world.acme).read(audit_log::list(&Filter::default())).await.unwrap();
    assert_eq!(page.verification.broken_at, Some(3));
    assert_eq!(verify(&world).await, Some(3));

    let (world, newest_of_another) = logged().await;
    assert_eq!(newest, newest_of_another);
    let last = format!("delete from tenantry.audit_log where organisation_id = 'org_acme' and sequence = {newest}");
    tamper(&world, &last).await;
    assert_eq!(verify(&world).await, Some(newest));

    let (world, _) = logged().await;
    tamper(&world, "delete from tenantry.audit_log where organisation_id = 'org_acme'").await;
    assert_eq!(verify(&world).await, Some(1));
}

/// Whoever cuts off the end and sets the head back as if it had never been is found where the chain was looked at before.
#[tokio::test]
async fn a_log_that_is_shorter_than_it_was_is_found_also_with_a_head_that_fits() {
    let (world, newest) = logged().await;
    assert_eq!(verify(&world).await, None);
    let last = format!("delete from tenantry.audit_log where organisation_id = 'org_acme' and sequence = {newest}");
    tamper(&world, &last).await;
    tamper(
        &world,
        "update tenantry.audit_heads as head set sequence = entry.sequence, hash = entry.hash
           from (select sequence, hash from tenantry.audit_log where organisation_id = 'org_acme'
                  order by sequence desc limit 1) as entry
          where head.organisation_id = 'org_acme'",
    )
    .await;
    assert_eq!(verify(&world).await, Some(newest));
    assert_eq!(verify(&world).await, Some(newest), "and it stays found");
}

#[tokio::test]
async fn entries_of_one_organisation_are_chained_and_verified_apart_from_anothers() {
    let (world, _) = logged().await;
    tamper(&world, "update tenantry.audit_log set actor_name = 'x' where organisation_id = 'org_acme'").await;
    let worker = world.database.worker().await;
    let all = audit_log::verify_now(&worker).await.unwrap();
    assert_eq!(all, [(world.acme.id.clone(), Some(1)), (world.bolt.id.clone(), None)]);
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let (world, newest) = logged().await;
    audit_log::refused(&world.org("max", &world.acme), "roles.create", "roles:manage").await.unwrap();
    let all = entries(&world, Filter::default()).await;
    assert_eq!(all.len() as i64, newest + 1);
    let by = |filter: Filter| entries(&world, filter);
    let refused = by(Filter { outcome: "refused".to_owned(), ..Filter::default() }).await;
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].actor_id.as_str(), refused[0].action.as_str()), ("user_max", "access.refused"));
    assert_eq!((refused[0].object_id.as_str(), refused[0].object_name.as_str()), ("roles.create", "roles:manage"));
    assert_eq!(by(Filter { actor: "user_max".to_owned(), ..Filter::default() }).await.len(), 1);
    assert_eq!(by(Filter { action: "role".to_owned(), ..Filter::default() }).await.len(), 3);
    assert_eq!(by(Filter { action: "role.created".to_owned(), ..Filter::default() }).await.len(), 3);
    assert_eq!(by(Filter { action: "rol".to_owned(), ..Filter::default() }).await.len(), 0);
    assert_eq!(by(Filter { before: Some(3), ..Filter::default() }).await.len(), 2);
    let (from, until) = (all[1].happened_at, all[0].happened_at);
    let between = by(Filter { from, until, ..Filter::default() }).await;
    assert_eq!(between.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [newest]);
    // Outsiders are nobody whose attempts an organisation records.
    let outsider = audit_log::refused(&world.org("olga", &world.acme), "roles.create", "roles:manage").await;
    assert!(matches!(outsider, Err(domain::Error::NotFound)));
}

/// The one change that there is: names go, and a later entry says what is left.
#[tokio::test]
async fn an_entry_forgets_whom_it_named_and_nothing_else() {
    let (world, newest) = logged().await;
    let worker = world.database.client("tenantry_worker").await;
    let (job, ada) = (
        world.database.job_settings("org_acme", domain::forgetting::FORGET_PERSON).await,
        world.database.settings("org_acme", "user_ada").await,
    );
    let change = async |settings: &str, change: &str| {
        let at = format!("organisation_id = 'org_acme' and sequence = {}", newest - 1);
        worker.batch_execute(&format!("begin; {settings}")).await.unwrap();
        let done = worker.execute(&format!("update tenantry.audit_log set {change} where {at}"), &[]).await;
        worker.batch_execute("rollback").await.unwrap();
        done
    };
    let forgotten = format!("actor_name = 'Former member', address = '', forgotten_in = {}", newest + 1);
    assert_eq!(change(&job, &forgotten).await.unwrap(), 1);
    assert_eq!(change(&ada, &forgotten).await.unwrap(), 0, "a person changes nothing");
    for wrong in [
        "actor_name = 'Somebody else'",
        "object_name = ''",
        "address = '192.0.2.1'",
        "before = '{}'",
        "after = jsonb_set(after, '{name}', '\"Other\"')",
        "after = after - 'name'",
        "after = after || '{\"more\": \"Former member\"}'",
        "after = null",
    ] {
        let refused = change(&job, &format!("{wrong}, forgotten_in = {}", newest + 1)).await.unwrap_err();
        assert!(refused.as_db_error().unwrap().message().contains("is not rewritten"), "{wrong}: {refused:?}");
    }
    for wrong in
        ["actor_name = 'Former member'", &format!("actor_name = 'Former member', forgotten_in = {}", newest - 1)]
    {
        assert!(change(&job, wrong).await.is_err(), "{wrong}: no later entry could say so");
    }
    for closed in [
        "actor_id = ''",
        "action = 'role.deleted'",
        "outcome = 'refused'",
        "hash = ''",
        "sequence = 1",
        "happened_at = now()",
    ] {
        assert!(
            change(&job, closed).await.unwrap_err().as_db_error().unwrap().message().contains("permission denied"),
            "{closed}"
        );
    }
}

#[tokio::test]
async fn an_entry_that_was_forgotten_in_is_compared_with_what_is_left_of_it() {
    let (world, _) = logged().await;
    let database = world.database.worker().await;
    let admin = world.database.client("postgres").await;
    let named = "update tenantry.users set name = 'Ada Brandt', deleted_at = now() where id = 'user_ada'";
    admin.batch_execute(named).await.unwrap();
    domain::forgetting::forget(&database, &testkit::user("ada")).await.unwrap();
    assert_eq!(verify(&world).await, None);
    let redacted = "select sequence, actor_name, forgotten_in from tenantry.audit_log
                     where organisation_id = 'org_acme' and actor_id = 'user_ada' order by sequence";
    let rows = admin.query(redacted, &[]).await.unwrap();
    assert!(rows.len() >= 3, "{}", rows.len());
    let (first, voucher): (i64, i64) = (rows[0].get(0), rows[0].get(2));
    assert!(rows.iter().all(|row| row.get::<_, &str>(1) == "Former member" && row.get::<_, i64>(2) == voucher));
    for (change, at, broken) in [
        ("actor_name = 'Somebody else'", first, first),
        ("action = 'role.deleted'", first, first),
        ("forgotten_in = null", first, first),
        ("after = jsonb_set(after, array['entries', '1'], '\"00\"')", voucher, voucher),
    ] {
        admin.batch_execute("begin; set local session_replication_role = replica").await.unwrap();
        let sql =
            format!("update tenantry.audit_log set {change} where organisation_id = 'org_acme' and sequence = {at}");
        admin
            .batch_execute(&format!("create temp table kept as select * from tenantry.audit_log; {sql}; commit"))
            .await
            .unwrap();
        let found = verify(&world).await;
        assert!(found.is_some_and(|found| found <= broken), "{change}: {found:?}");
        let back = "begin; set local session_replication_role = replica;
                    delete from tenantry.audit_log; insert into tenantry.audit_log select * from kept; drop table kept; commit";
        admin.batch_execute(back).await.unwrap();
        assert_eq!(verify(&world).await, None, "put back after {change}");
    }
}
