//! Jobs of an organisation: they enter it as a request does, and no payload leads them elsewhere.

use domain::jobs::{self, Claimed, Lane};
use domain::{Error, OrgJob};
use serde_json::json;
use tenancy::{Query, Statement, Tables};
use testkit::World;
use uuid::Uuid;

const RENAME: Statement = Statement::new(
    "RENAME",
    "update procedures set name = 'renamed by a job' where organisation_id = $1 and id = $2 returning id",
    Tables::Tenant,
);
/// As a job that forgot its filter would ask.
const EVERYTHING: Statement = Statement::new("EVERYTHING", "select organisation_id from procedures", Tables::Directory);

async fn claimed(world: &World, payload: serde_json::Value) -> Claimed {
    let mut tx = world.org("ada", &world.acme).write().await.unwrap();
    tx.enqueue("rename", payload).await.unwrap();
    tx.commit().await.unwrap();
    let worker = world.database.worker().await;
    jobs::claim(&worker, Lane::Patient, 16).await.unwrap().remove(0)
}

async fn names(world: &World) -> Vec<String> {
    let admin = world.database.client("postgres").await;
    let rows = admin.query("select name from tenantry.procedures order by name", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_job_works_in_the_organisation_it_was_enqueued_in_whatever_its_payload_says() {
    let world = World::create().await;
    let ours = world.procedure("ada", &world.acme, "acme opens").await;
    let theirs = world.procedure("olga", &world.bolt, "bolt opens").await;
    let worker = world.database.worker().await;
    let job = claimed(&world, json!({ "organisation": "org_bolt", "organisation_id": "org_bolt" })).await;
    assert_eq!(job.organisation.as_ref(), Some(&world.acme.id));

    let mut inside = OrgJob::enter(&worker, &job, "rename").await.unwrap();
    assert_eq!(inside.organisation().slug, "acme");
    let rows = inside.rows(Query::new(EVERYTHING)).await.unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row.get::<_, &str>(0) == "org_acme"));
    let rename = |id: &str| Query::new(RENAME).bind(id.parse::<Uuid>().unwrap());
    assert!(inside.rows(rename(&theirs.to_string())).await.unwrap().is_empty(), "an object of another organisation");
    assert_eq!(inside.rows(rename(&ours.to_string())).await.unwrap().len(), 1);
    inside.commit().await.unwrap();
    assert_eq!(names(&world).await, ["bolt opens", "renamed by a job"]);
}

#[tokio::test]
async fn a_job_without_an_organisation_or_of_a_deleted_one_enters_nothing() {
    let world = World::create().await;
    let worker = world.database.worker().await;
    let job = claimed(&world, json!({})).await;
    let homeless = Claimed { organisation: None, ..job.clone() };
    assert!(matches!(OrgJob::enter(&worker, &homeless, "rename").await, Err(Error::NotFound)));
    let asked_at = domain::directory::now(&world.app).await.unwrap();
    domain::directory::organisation_gone(&world.app, &world.acme.id, asked_at).await.unwrap();
    assert!(matches!(OrgJob::enter(&worker, &job, "rename").await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_job_that_is_tried_again_keeps_its_organisation() {
    let world = World::create().await;
    let worker = world.database.worker().await;
    let first = claimed(&world, json!({})).await;
    jobs::fail(&worker, &first, "the vendor is dark", false).await.unwrap();
    let admin = world.database.client("postgres").await;
    admin.execute("update tenantry.jobs set run_at = now()", &[]).await.unwrap();
    let second = jobs::claim(&worker, Lane::Patient, 16).await.unwrap().remove(0);
    assert_eq!((second.attempt, second.organisation), (2, Some(world.acme.id.clone())));
}

#[tokio::test]
async fn nobody_enqueues_a_job_for_another_organisation_or_sees_its_jobs() {
    let world = World::create().await;
    claimed(&world, json!({ "secret": "of acme" })).await;
    let server = world.database.client("tenantry_app").await;
    server.batch_execute("begin; set local app.current_org_id = 'org_bolt'").await.unwrap();
    let seen = server.query("select payload from jobs", &[]).await.unwrap();
    assert!(seen.is_empty());
    for attempt in [
        "insert into jobs (kind, organisation_id, payload) values ('rename', 'org_acme', '{}')",
        "insert into jobs (kind, organisation_id, payload) values ('rename', null, '{}')",
    ] {
        server.batch_execute("savepoint before").await.unwrap();
        let refused = server.batch_execute(attempt).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{attempt}");
        server.batch_execute("rollback to before").await.unwrap();
    }
    assert_eq!(server.execute("update jobs set last_error = ''", &[]).await.unwrap(), 0);
}

#[tokio::test]
async fn what_comes_round_is_enqueued_when_it_is_due_and_not_while_one_waits() {
    let world = World::create().await;
    let worker = world.database.worker().await;
    let round = async || jobs::come_round(&worker, "round", 3600.0).await.unwrap();
    assert!(round().await);
    assert!(!round().await, "one waits");
    let job = jobs::claim(&worker, Lane::Patient, 16).await.unwrap().remove(0);
    assert!(jobs::extend(&worker, &job).await.unwrap());
    jobs::finish(&worker, &job).await.unwrap();
    assert!(!round().await, "one began within the hour");
    assert!(!jobs::extend(&worker, &job).await.unwrap(), "whoever is done holds nothing");
    let admin = world.database.client("postgres").await;
    admin.batch_execute("update tenantry.jobs set created_at = now() - interval '2 hours'").await.unwrap();
    assert!(round().await);
}
