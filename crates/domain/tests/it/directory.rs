//! The directory: a copy of Clerk's answers in which the answer asked for later wins.

use domain::audit_log::{self, Filter, RECORD_AUDIT_ENTRY};
use domain::directory::{self, OrganisationRecord, PersonRecord};
use domain::jobs::{self, Lane};
use domain::{BaseRole, Error, OrgJob, Read};
use serde_json::json;
use testkit::{World, user};

#[tokio::test]
async fn an_earlier_answer_never_overwrites_a_later_one() {
    let world = World::create().await;
    let asked_first = directory::now(&world.app).await.unwrap();
    world.record("ada", &[(&world.acme, BaseRole::Member)]).await;
    let stale = PersonRecord::new(user("ada"), "old@example.test", "old", vec![]);
    directory::record_person(&world.app, &stale, asked_first).await.unwrap();
    directory::forget_person(&world.app, &user("ada"), asked_first).await.unwrap();
    let home = directory::person(&world.app, &user("ada"), None).await.unwrap().unwrap();
    assert_eq!((home.person.name.as_str(), home.organisations.len()), ("ada", 1));
}

#[tokio::test]
async fn a_forgotten_person_is_nobody_and_nowhere() {
    let world = World::create().await;
    let now = directory::now(&world.app).await.unwrap();
    directory::forget_person(&world.app, &user("ada"), now).await.unwrap();
    assert!(directory::person(&world.app, &user("ada"), None).await.unwrap().is_none());
    assert!(matches!(world.org("ada", &world.acme).read(Read::access_only()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn an_organisation_that_is_gone_lets_nobody_in_and_keeps_its_rows() {
    let world = World::create().await;
    world.procedure("ada", &world.acme, "opening").await;
    let now = directory::now(&world.app).await.unwrap();
    directory::organisation_gone(&world.app, &world.acme.id, now).await.unwrap();
    assert!(matches!(world.org("ada", &world.acme).read(Read::access_only()).await, Err(Error::NotFound)));
    assert!(directory::organisation_for(&world.app, &user("ada"), "acme").await.unwrap().is_none());
    let backup = world.database.client("tenantry_backup").await;
    let rows: i64 = backup.query_one("select count(*) from procedures", &[]).await.unwrap().get(0);
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn an_address_leads_only_its_members_to_the_organisation() {
    let world = World::create().await;
    for (name, slug, found) in [("ada", "acme", true), ("olga", "acme", false), ("ada", "unknown", false)] {
        let organisation = directory::organisation_for(&world.app, &user(name), slug).await.unwrap();
        assert_eq!(organisation.as_ref(), found.then_some(&world.acme.id), "{name} to {slug}");
    }
}

/// A person may call their own organisation whatever a vendor lets them; that keeps no rights in another's.
#[tokio::test]
async fn an_organisation_that_cannot_be_written_does_not_stop_a_removal() {
    let world = World::create().await;
    world.record("max", &[(&world.acme, BaseRole::Admin)]).await;
    let admin = world.database.client("postgres").await;
    // Whatever it is that refuses the row.
    admin.batch_execute("alter table tenantry.organisations add check (name <> 'The refused company')").await.unwrap();
    let refused = testkit::organisation("refused");
    let name = "The refused company";
    let memberships = vec![(OrganisationRecord::new(refused.id.clone(), Some("refused"), name), BaseRole::Admin)];
    let record = PersonRecord::new(user("max"), "max@example.test", "max", memberships);
    let asked_at = directory::now(&world.app).await.unwrap();
    assert!(directory::record_person(&world.app, &record, asked_at).await.is_err(), "said, so that it is tried again");
    assert!(matches!(world.org("max", &world.acme).read(Read::access_only()).await, Err(Error::NotFound)));
}

/// Links that people have kept lead nobody into another organisation, in whatever order Clerk's news come.
#[tokio::test]
async fn an_address_stays_with_the_organisation_that_had_it_first() {
    let world = World::create().await;
    let record = async |who: &str, id: &str, slug: &str| {
        let organisation =
            OrganisationRecord::new(tenancy::OrganisationId::parse(id).unwrap(), Some(slug), "A company");
        let now = directory::now(&world.app).await.unwrap();
        let person = PersonRecord::new(user(who), "n@example.test", who, vec![(organisation, BaseRole::Admin)]);
        directory::record_person(&world.app, &person, now).await.unwrap();
    };
    let found = async |who: &str, slug: &str| {
        let found = directory::organisation_for(&world.app, &user(who), slug).await.unwrap();
        found.map(|id| id.to_string())
    };
    // Clerk has given it away before we heard that Acme has another.
    record("nadia", "org_Second", "acme").await;
    assert_eq!(found("nadia", "acme").await, None);
    assert_eq!(found("nadia", "second").await.as_deref(), Some("org_Second"), "reached by its id");
    assert_eq!(found("ada", "acme").await.as_deref(), Some("org_acme"));

    record("ada", "org_acme", "acme-provisions").await;
    assert_eq!(found("ada", "acme").await, None);
    assert_eq!(
        directory::moved_to(&world.app, &user("ada"), "acme").await.unwrap().as_deref(),
        Some("acme-provisions")
    );
    assert_eq!(directory::moved_to(&world.app, &user("olga"), "acme").await.unwrap(), None, "for its members alone");
    assert!(directory::address_is_taken(&world.app, "acme").await.unwrap());
    record("nadia", "org_Second", "acme").await;
    assert_eq!(found("nadia", "acme").await, None, "also now that nobody has it");

    let admin = world.database.client("postgres").await;
    admin.execute("update tenantry.retired_addresses set retired_at = now() - interval '91 days'", &[]).await.unwrap();
    assert_eq!(directory::moved_to(&world.app, &user("ada"), "acme").await.unwrap(), None, "ninety days are over");
    assert!(directory::address_is_taken(&world.app, "acme").await.unwrap());
    record("ada", "org_acme", "acme").await;
    assert_eq!(found("ada", "acme").await.as_deref(), Some("org_acme"), "its own it can have back");
}

#[tokio::test]
async fn whatever_a_vendor_allows_in_names_can_be_written() {
    let world = World::create().await;
    let long = "x".repeat(5000);
    for (name, slug) in [("a\0b", "mal--two"), ("", "-"), (long.as_str(), "UPPER"), ("\u{1b}[31m", "ünï")] {
        let record = OrganisationRecord::new(testkit::organisation("odd").id, Some(slug), name);
        let person =
            PersonRecord::new(user("nadia"), &format!("{name}@example.test"), name, vec![(record, BaseRole::Admin)]);
        let now = directory::now(&world.app).await.unwrap();
        directory::record_person(&world.app, &person, now).await.unwrap();
        let found = directory::organisation_for(&world.app, &user("nadia"), "odd").await.unwrap();
        assert!(found.is_some(), "reached by its id instead of {slug:?}");
    }
}

/// Its last token may be good for another minute.
#[tokio::test]
async fn an_ended_session_is_answered_nothing_and_others_of_the_person_are() {
    let world = World::create().await;
    let ada = user("ada");
    assert!(directory::session_ended(&world.app, &ada, "sess_ended").await.unwrap());
    assert!(directory::session_ended(&world.app, &ada, "sess_ended").await.unwrap(), "twice is once");
    assert!(!directory::session_ended(&world.app, &user("nobody"), "sess_ended").await.unwrap());
    let door = |session| world.org("ada", &world.acme).with_session(session, domain::Presence::Fresh);
    assert!(matches!(door("sess_ended").read(Read::access_only()).await, Err(Error::SessionEnded)));
    assert!(matches!(door("sess_ended").write().await, Err(Error::SessionEnded)));
    assert!(door("sess_other").read(Read::access_only()).await.is_ok());
    let home = |session| directory::person(&world.app, &ada, Some(session));
    assert!(matches!(home("sess_ended").await, Err(Error::SessionEnded)));
    assert!(home("sess_other").await.unwrap().is_some());

    for number in 0..150 {
        directory::session_ended(&world.app, &ada, &format!("sess_{number}")).await.unwrap();
    }
    assert!(matches!(home("sess_149").await, Err(Error::SessionEnded)));
    assert!(matches!(home("sess_50").await, Err(Error::SessionEnded)));
    assert!(home("sess_49").await.is_ok(), "the list does not grow without end");
}

#[tokio::test]
async fn whoever_has_asked_sees_what_they_asked_for_though_somebody_asks_beside_them() {
    let world = World::create().await;
    for round in 0..60 {
        let user = user(&format!("beside{round}"));
        let organisation = tenancy::OrganisationId::parse(&format!("org_beside{round}")).unwrap();
        let slug = format!("beside-{round}");
        let record = OrganisationRecord::new(organisation, Some(&slug), "Beside");
        let person = PersonRecord::new(user.clone(), "b@example.com", "B", vec![(record, BaseRole::Admin)]);
        let earlier = directory::now(&world.app).await.unwrap();
        let later = directory::now(&world.app).await.unwrap();
        let (app, beside) = (world.app.clone(), person.clone());
        let other = tokio::spawn(async move { directory::record_person(&app, &beside, later).await });
        directory::record_person(&world.app, &person, earlier).await.unwrap();
        let seen = directory::organisation_for(&world.app, &user, &slug).await.unwrap();
        assert!(seen.is_some(), "round {round}: recorded, and not to be seen");
        other.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_new_name_and_address_stand_in_the_log_once_under_who_changed_them() {
    let world = World::create().await;
    let door = world.org("ada", &world.acme);
    let (access, ()) = door.read(Read::access_only()).await.unwrap();
    let named = |slug: &str, name: &str| OrganisationRecord::new(world.acme.id.clone(), Some(slug), name);
    let now = directory::now(&world.app).await.unwrap();
    directory::record_renamed(&world.app, &named("acme-foods", "Acme Foods"), now, &access, &door).await.unwrap();
    // Clerk's event about it comes too, and says nothing new.
    let now = directory::now(&world.app).await.unwrap();
    directory::record_organisation(&world.app, &named("acme-foods", "Acme Foods"), now).await.unwrap();
    // And somebody changes the name at Clerk.
    let now = directory::now(&world.app).await.unwrap();
    directory::record_organisation(&world.app, &named("acme-foods", "Acme Fine Foods"), now).await.unwrap();
    let worker = world.database.worker().await;
    let mut jobs = jobs::claim(&worker, Lane::Prompt, 16).await.unwrap();
    jobs.extend(jobs::claim(&worker, Lane::Patient, 16).await.unwrap());
    jobs.retain(|job| job.kind == RECORD_AUDIT_ENTRY);
    for job in jobs {
        let mut inside = OrgJob::enter(&worker, &job, RECORD_AUDIT_ENTRY).await.unwrap();
        inside.record_for_clerk(serde_json::from_value(job.payload).unwrap()).await.unwrap();
        inside.commit().await.unwrap();
    }
    let filter = Filter { action: "organisation.changed".to_owned(), ..Filter::default() };
    let mut moved = world.acme.clone();
    moved.slug = "acme-foods".to_owned();
    let (_, log) = world.org("ada", &moved).read(audit_log::list(&filter)).await.unwrap();
    // Jobs of one moment are done in any order.
    let mut told: Vec<_> = log
        .entries
        .iter()
        .map(|one| (&*one.actor_id, &*one.actor_role, one.before.clone(), one.after.clone()))
        .collect();
    told.sort_by_key(|(who, ..)| *who);
    let all = |name: &str, address: &str| Some(json!({ "name": name, "address": address }));
    assert_eq!(
        told,
        [
            ("clerk", "", Some(json!({ "name": "Acme Foods" })), Some(json!({ "name": "Acme Fine Foods" }))),
            ("user_ada", "admin", all("The acme company", "acme"), all("Acme Foods", "acme-foods")),
        ]
    );
}

#[tokio::test]
async fn an_address_is_anothers_also_after_they_left_it() {
    let world = World::create().await;
    let record = OrganisationRecord::new(world.acme.id.clone(), Some("acme-foods"), "Acme");
    let now = directory::now(&world.app).await.unwrap();
    directory::record_organisation(&world.app, &record, now).await.unwrap();
    for (slug, organisation, expected) in [
        ("acme", &world.bolt.id, true),
        ("acme-foods", &world.bolt.id, true),
        ("acme", &world.acme.id, false),
        ("free", &world.bolt.id, false),
    ] {
        let answer = directory::address_is_anothers(&world.app, slug, organisation).await.unwrap();
        assert_eq!(answer, expected, "{slug} for {organisation}");
    }
}
