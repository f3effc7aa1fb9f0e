//! The end of an organisation: asked for, stopped, come to, taken back, and final.

mod model;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::audit_log::Origin;
use domain::lifecycle::closing::{self, Stage};
use domain::lifecycle::erasure::{self, Step};
use domain::lifecycle::{FinalInvoice, deleted, rounds};
use domain::{Error, Org, Permission};
use tenancy::{Database, OrganisationId};
use testkit::{Client, Organisation, World, organisation, user};

use crate::number;

/// What Acme is called.
const ACME: &str = "The acme company";

/// An organisation on its way out, and what its worker and an administrator see of it.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) worker: Database,
    pub(crate) admin: Client,
}

impl Scene {
    async fn set() -> Self {
        let world = World::create().await;
        Self { worker: world.database.worker().await, admin: world.database.client("postgres").await, world }
    }

    async fn asks(&self, name: &str, at: &Organisation, typed: &str) -> Result<(), Error> {
        let mut tx = self.world.org(name, at).write().await?;
        closing::begin(&mut tx, typed).await?;
        tx.commit().await
    }

    async fn stops(&self, name: &str, at: &Organisation) -> Result<(), Error> {
        let mut tx = self.world.org(name, at).write().await?;
        closing::stop(&mut tx).await?;
        tx.commit().await
    }

    /// As the job does it where nothing is paid.
    async fn ends(&self, at: &OrganisationId) {
        if closing::ending(&self.worker, at).await.unwrap() == Stage::Ending {
            closing::ended(&self.worker, at, None).await.unwrap();
        }
        closing::delete(&self.worker, at, 30).await.unwrap();
    }

    async fn restores(&self, name: &str, at: &OrganisationId) -> Result<String, Error> {
        deleted::restore(&self.world.app, at, &user(name), &Origin::default()).await
    }

    /// So many days later, for this organisation: its moments lie so much further back.
    async fn days_pass(&self, at: &OrganisationId, days: f64) {
        let sql = "update tenantry.organisations
                      set deleted_at = deleted_at - make_interval(secs => $2::float8 * 86400),
                          erase_at = erase_at - make_interval(secs => $2::float8 * 86400)
                    where id = $1";
        self.admin.execute(sql, &[&at.as_str(), &days]).await.unwrap();
    }

    /// As the worker does it, vendors left out; ends after so many steps, as if it were killed.
    async fn erases(&self, at: &OrganisationId, most: usize) {
        for _ in 0..most {
            let step = erasure::step(&self.worker, at).await.unwrap();
            match step {
                Step::Jobs => erasure::erase_jobs(&self.worker, at, &tokio::time::sleep).await.unwrap(),
                Step::Tables => erasure::erase_tables(&self.worker, at, &tokio::time::sleep).await.unwrap(),
                Step::Files => erasure::erase_files(&self.worker, &self.world.files, at).await.unwrap(),
                Step::Directory => {
                    erasure::erase_from_directories(&self.worker, at, &tokio::time::sleep).await.unwrap()
                }
                Step::Stripe => _ = erasure::customers(&self.worker, at).await.unwrap(),
                Step::Record => erasure::seal(&self.worker, at, |text| testkit::signer().sign(text)).await.unwrap(),
                Step::Clerk => {}
                Step::Done => return,
            }
            erasure::did(&self.worker, at, step).await.unwrap();
        }
    }

    async fn is_deleted(&self, at: &OrganisationId) -> bool {
        let sql = "select count(*) from tenantry.organisations where id = $1 and deleted_at is not null";
        self.admin.query_one(sql, &[&at.as_str()]).await.unwrap().get::<_, i64>(0) == 1
    }

    async fn due(&self) -> Vec<String> {
        erasure::due(&self.worker).await.unwrap().into_iter().map(|one| one.id.to_string()).collect()
    }

    /// Files with what is in them: their path is what they are called there.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.world.files.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path.clone());
                }
                let content = if path.is_dir() { Vec::new() } else { std::fs::read(&path).unwrap() };
                found.insert(path.to_str().unwrap().to_owned(), content);
            }
        }
        found
    }

    /// Rows and a checksum of them for each table, without those of the one that goes.
    async fn others(&self, gone: &OrganisationId) -> BTreeMap<String, (i64, String)> {
        let mut all = BTreeMap::new();
        for table in self.tables().await {
            let sql = format!(
                "select count(*), coalesce(md5(string_agg(row::text, ',' order by row::text)), '') from {table} as row
                  where position($1 in row::text) = 0"
            );
            let row = self.admin.query_one(&sql, &[&gone.as_str()]).await.unwrap();
            all.insert(table, (row.get(0), row.get(1)));
        }
        all
    }

    async fn tables(&self) -> Vec<String> {
        let sql = "select oid::regclass::text from pg_class
                    where relkind = 'r' and relnamespace = 'tenantry'::regnamespace and relname <> 'erasures' order by 1";
        self.admin.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// Tables in which one of these words stands anywhere, and files that are called so or have it in them.
    async fn mentions(&self, words: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for table in self.tables().await {
            for word in words {
                let sql =
                    format!("select count(*) from {table} as row where position(lower($1) in lower(row::text)) > 0");
                let rows: i64 = self.admin.query_one(&sql, &[word]).await.unwrap().get(0);
                if rows > 0 {
                    found.push(format!("{table}: {word} {rows} times"));
                }
            }
        }
        for (path, content) in self.files() {
            let text = String::from_utf8_lossy(&content).to_lowercase();
            for word in words.iter().map(|word| word.to_lowercase()) {
                if path.to_lowercase().contains(&word) || text.contains(&word) {
                    found.push(format!("{path}: {word}"));
                }
            }
        }
        found
    }
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> &'static str {
    match outcome.unwrap_err() {
        Error::Conflict { code, .. } => code,
        Error::Invalid(_) => "invalid",
        Error::Forbidden(Permission::OrganisationDelete) => "forbidden",
        Error::NotFound => "not found",
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_an_admin_who_types_the_name_and_until_then_nothing_has_changed() {
    let scene = Scene::set().await;
    let acme = organisation("acme");
    assert_eq!(code(scene.asks("max", &acme, "The bolt company").await), "forbidden");
    assert_eq!(code(scene.asks("ada", &acme, "Bolt Cycles").await), "invalid");
    assert_eq!(code(scene.asks("ada", &acme, "").await), "invalid");
    let (access, ()) = scene.world.org("ada", &acme).read(domain::Read::access_only()).await.unwrap();
    assert!(access.require(Permission::RunsWork).is_ok());
    scene.asks("ada", &acme, &access.organisation.name).await.unwrap();
    let (access, (goes, closing)) = scene.world.org("ada", &acme).read(closing::show()).await.unwrap();
    assert!(goes.members > 1 && closing.is_some_and(|closing| !closing.ending));
    // Everything is seen, nothing is changed.
    assert!(access.require(Permission::RunsRead).is_ok() && access.require(Permission::BillingRead).is_ok());
    for refused in [Permission::RunsWork, Permission::BillingManage, Permission::MembersManage] {
        assert_eq!(code(access.require(refused)), "organisation_closing");
    }
    // Asked twice it is one end; and taken back it is as before.
    scene.asks("ada", &acme, &access.organisation.name).await.unwrap();
    scene.stops("ada", &acme).await.unwrap();
    scene.stops("ada", &acme).await.unwrap();
    let (access, ()) = scene.world.org("max", &acme).read(domain::Read::access_only()).await.unwrap();
    assert!(access.require(Permission::RunsWork).is_ok());
    assert_eq!(closing::ending(&scene.worker, &acme.id).await.unwrap(), Stage::Stopped);
    closing::delete(&scene.worker, &acme.id, 30).await.unwrap();
    assert!(!scene.is_deleted(&acme.id).await);
}

#[tokio::test]
async fn once_the_plan_is_being_ended_it_cannot_be_stopped_and_is_not_deleted_before_it_is() {
    let scene = Scene::set().await;
    let acme = organisation("acme");
    scene.asks("ada", &acme, ACME).await.unwrap();
    assert_eq!(closing::ending(&scene.worker, &acme.id).await.unwrap(), Stage::Ending);
    assert_eq!(code(scene.stops("ada", &acme).await), "closing_too_late");
    closing::troubled(&scene.worker, &acme.id, "Stripe does not answer.").await.unwrap();
    closing::delete(&scene.worker, &acme.id, 30).await.unwrap();
    assert!(!scene.is_deleted(&acme.id).await);
    let (_, (_, closing)) = scene.world.org("ada", &acme).read(closing::show()).await.unwrap();
    assert_eq!(closing.unwrap().trouble.as_deref(), Some("Stripe does not answer."));
    // The job was given up: the next look takes it up again, once.
    scene.admin.execute("update tenantry.jobs set state = 'parked'", &[]).await.unwrap();
    assert_eq!(rounds::take_up_again(&scene.worker).await.unwrap(), 1);
    assert_eq!(rounds::take_up_again(&scene.worker).await.unwrap(), 0);
    let invoice = FinalInvoice {
        number: Some("AC-1".to_owned()),
        total: -1200,
        due: 0,
        currency: "eur".to_owned(),
        hosted_url: None,
        pdf_url: None,
    };
    closing::ended(&scene.worker, &acme.id, Some(&invoice)).await.unwrap();
    // A second try finds it ended, and the first invoice stays.
    assert_eq!(closing::ending(&scene.worker, &acme.id).await.unwrap(), Stage::Ended);
    closing::ended(&scene.worker, &acme.id, None).await.unwrap();
    closing::delete(&scene.worker, &acme.id, 30).await.unwrap();
    assert!(scene.is_deleted(&acme.id).await);
    let seen = deleted::show(&scene.world.app, &acme.id, &user("ada")).await.unwrap();
    assert_eq!((seen.final_invoice.clone(), seen.days_left(), seen.may_restore()), (Some(invoice), 30, true));
    // Again it stays as it is: no second window begins.
    let until = seen.erase_at;
    closing::delete(&scene.worker, &acme.id, 90).await.unwrap();
    assert_eq!(deleted::show(&scene.world.app, &acme.id, &user("ada")).await.unwrap().erase_at, until);
}

#[tokio::test]
async fn who_belonged_there_sees_that_it_is_deleted_and_an_admin_brings_back_all_of_it() {
    let scene = Scene::set().await;
    let acme = organisation("acme");
    let before = scene.others(&organisation("nobody").id).await;
    scene.asks("ada", &acme, ACME).await.unwrap();
    scene.ends(&acme.id).await;
    // Nobody enters, on whatever surface.
    for name in ["ada", "max"] {
        assert!(matches!(scene.world.org(name, &acme).write().await, Err(Error::NotFound)), "{name}");
    }
    let member = deleted::show(&scene.world.app, &acme.id, &user("max")).await.unwrap();
    assert!(!member.admin && !member.may_restore() && member.deleted_by == "ada");
    // Strangers see nothing, and nothing is what whoever asks for an organisation that lives sees.
    assert_eq!(code(deleted::show(&scene.world.app, &acme.id, &user("olga")).await), "not found");
    assert_eq!(code(deleted::show(&scene.world.app, &organisation("bolt").id, &user("olga")).await), "not found");
    assert_eq!(code(scene.restores("olga", &acme.id).await), "not found");
    assert_eq!(code(scene.restores("max", &acme.id).await), "forbidden");
    assert_eq!(scene.restores("ada", &acme.id).await.unwrap(), "acme");
    // Again it is the same, also for a member: it is there.
    assert_eq!(scene.restores("ada", &acme.id).await.unwrap(), "acme");
    let (access, ()) = scene.world.org("max", &acme).read(domain::Read::access_only()).await.unwrap();
    assert!(access.require(Permission::RunsWork).is_ok());
    let after = scene.others(&organisation("nobody").id).await;
    let changed: Vec<&String> =
        before.iter().filter(|(table, sum)| after[*table] != **sum).map(|(table, _)| table).collect();
    assert_eq!(changed, ["tenantry.audit_heads", "tenantry.audit_log", "tenantry.jobs", "tenantry.mails"]);
    // Each of the four is told once that it is gone, and once that it is back.
    let sql = "select string_agg(kind || ' ' || people, ', ' order by kind)
                 from (select notice ->> 'kind' as kind, count(distinct recipient_id) as people
                         from tenantry.mails group by 1) as told";
    let told: String = scene.admin.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(told, "organisation_deleted 1, organisation_deleted_for_members 3, organisation_restored 4");
    let sql =
        "select string_agg(action, ' ' order by sequence) from tenantry.audit_log where action like 'organisation.%'";
    let said: String = scene.admin.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(said, "organisation.closing organisation.deleted organisation.restored");
    assert_eq!(domain::audit_log::verify(&scene.worker, &acme.id).await.unwrap(), None);
}

/// The door of what is left opens for what is taken along, and for nothing else.
#[tokio::test]
async fn admins_of_a_deleted_one_ask_for_its_data_and_do_nothing_else() {
    let scene = Scene::set().await;
    let acme = organisation("acme");
    let door = |name: &str, at: &str| Org::of_deleted(&scene.world.app, organisation(at).id, user(name));
    assert_eq!(code(door("ada", "acme").write().await), "not found", "it lives");
    scene.world.procedure("ada", &acme, "ours").await;
    scene.asks("ada", &acme, ACME).await.unwrap();
    scene.ends(&acme.id).await;
    for name in ["max", "olga", "ben", "nobody"] {
        assert_eq!(code(door(name, "acme").write().await), "not found", "{name}");
    }
    let mut tx = door("ada", "acme").write().await.unwrap();
    for permission in Permission::ALL.into_iter().filter(|permission| *permission != Permission::DataExport) {
        assert_eq!(code(tx.require(permission)), "organisation_deleted", "{permission}");
    }
    assert_eq!(code(closing::begin(&mut tx, ACME).await), "organisation_deleted");
    let id = domain::exports::ask(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let read = door("ada", "acme").read(domain::audit_log::list(&domain::audit_log::Filter::default())).await;
    assert_eq!(code(read), "organisation_deleted");
    domain::exports::make(&scene.worker, &scene.world.files, &acme.id, id, 1).await.unwrap();
    let (_, made) = door("ada", "acme").read(domain::exports::show(id)).await.unwrap();
    assert_eq!(made.state, domain::exports::ExportState::Ready, "{made:?}");
    let files = domain::exports::files_of(&scene.world.files, &acme.id).await.unwrap();
    assert_eq!(files.len(), 1);
    // Its time is over: no door, and no job finds anything to read.
    scene.days_pass(&acme.id, 30.1).await;
    assert_eq!(code(door("ada", "acme").read(domain::exports::list()).await), "not found");
    assert_eq!(domain::exports::sweep_of(&scene.worker, &scene.world.files, &acme.id).await.unwrap(), 0);
    let made = domain::exports::make(&scene.worker, &scene.world.files, &acme.id, id, 1).await;
    assert_eq!(code(made), "not found");
}

#[tokio::test]
async fn it_is_due_by_the_databases_clock_alone_and_not_a_second_early() {
    let scene = Scene::set().await;
    let acme = organisation("acme");
    scene.asks("ada", &acme, ACME).await.unwrap();
    scene.ends(&acme.id).await;
    for (days, left) in [(0.0, 30), (23.0, 7), (6.0, 1)] {
        scene.days_pass(&acme.id, days).await;
        assert_eq!(deleted::show(&scene.world.app, &acme.id, &user("ada")).await.unwrap().days_left(), left);
        // Whoever looks twice reminds once.
        for _ in 0..2 {
            rounds::remind(&scene.worker).await.unwrap();
        }
        let sql = "select count(*) from tenantry.mails
                    where notice ->> 'kind' = 'deletion_reminder' and recipient_id = 'user_ada'";
        let reminded: i64 = scene.admin.query_one(sql, &[]).await.unwrap().get(0);
        assert_eq!(reminded, [(30, 0), (7, 1), (1, 2)].into_iter().find(|(days, _)| *days == left).unwrap().1);
        assert!(scene.due().await.is_empty());
        assert!(!erasure::begin(&scene.worker, &acme.id).await.unwrap());
    }
    // 29 days, 23:59:59 and a little less.
    scene.days_pass(&acme.id, 1.0 - 2.0 / 86_400.0).await;
    assert!(scene.due().await.is_empty());
    scene.days_pass(&acme.id, 3.0 / 86_400.0).await;
    assert_eq!(scene.due().await, [acme.id.to_string()]);
    let seen = deleted::show(&scene.world.app, &acme.id, &user("ada")).await.unwrap();
    assert!(seen.over && !seen.may_restore() && seen.days_left() == 0);
    assert_eq!(code(scene.restores("ada", &acme.id).await), "restore_too_late");
    // Nobody else can be meant: what is not deleted is never begun.
    assert!(!erasure::begin(&scene.worker, &organisation("bolt").id).await.unwrap());
    assert!(!erasure::begin(&scene.worker, &OrganisationId::parse("org_unknown").unwrap()).await.unwrap());
    assert!(erasure::begin(&scene.worker, &acme.id).await.unwrap());
    assert!(!erasure::begin(&scene.worker, &acme.id).await.unwrap());
}

#[tokio::test]
async fn whatever_step_it_is_killed_at_nothing_is_left_of_it_and_all_of_everybody_else() {
    // Rounds of more steps each: killed after the first, after the second, …
    for most in [1, 2, 3, 5, 100] {
        let scene = Scene::set().await;
        let acme = organisation("acme");
        let procedure = scene.world.procedure("ada", &acme, "Canary procedure").await;
        scene.world.run("max", &acme, procedure, "Canary run").await;
        scene.world.logo("ada", &acme).await;
        scene.world.own_role("ada", &acme, &[Permission::RunsRead]).await;
        scene.world.invitation("ada", &acme).await;
        scene.world.made_export("ada", &acme).await;
        scene.world.made_export("olga", &organisation("bolt")).await;
        // A worker was killed while it wrote this one.
        let folder = scene.world.files.folder().join("org_acme/exports");
        std::fs::write(folder.join("0.zip#part"), "Canary").unwrap();
        for (number, body) in
            [(1, r#"{"data":{"id":"org_acme","name":"The acme company"}}"#), (2, r#"{"customer":"cus_acme"}"#)]
        {
            let id = format!("evt_{number}");
            let vendor = domain::inbound_events::Vendor::Clerk;
            domain::inbound_events::record(&scene.worker, vendor, &id, "x", body.as_bytes()).await.unwrap();
        }
        let sql = "insert into tenantry.stripe_customers (customer_id, organisation_id) values ('cus_acme', $1)";
        scene.admin.execute(sql, &[&acme.id.as_str()]).await.unwrap();
        // What is not of an organisation and may change meanwhile.
        scene.admin.execute("delete from tenantry.jobs where organisation_id is null", &[]).await.unwrap();
        scene.asks("ada", &acme, ACME).await.unwrap();
        scene.ends(&acme.id).await;
        let counted = erasure::count(&scene.worker, &acme.id).await.unwrap();
        let mut others = scene.others(&acme.id).await;
        // The customer's event names no organisation; it goes with it.
        let events = others.remove("tenantry.inbound_events").unwrap();
        let bolts: Vec<_> = scene.files().into_iter().filter(|(path, _)| !path.contains("org_acme")).collect();
        assert!(bolts.iter().any(|(path, content)| path.ends_with(".zip") && content.len() > 1_000), "{most}");
        scene.days_pass(&acme.id, 30.1).await;
        assert!(erasure::begin(&scene.worker, &acme.id).await.unwrap());
        while erasure::step(&scene.worker, &acme.id).await.unwrap() != Step::Done {
            scene.erases(&acme.id, most).await;
        }
        assert_eq!(scene.mentions(&["org_acme", "Canary", "cus_acme", ACME]).await, [] as [String; 0], "{most}");
        let mut after = scene.others(&acme.id).await;
        assert_eq!(after.remove("tenantry.inbound_events").unwrap().0, events.0 - 1);
        assert_eq!(after, others, "{most}");
        assert!(scene.files().into_iter().eq(bolts), "{most}: the others' files are as they were");
        // What is left says how much there was of what, and is signed.
        let records = erasure::records(&scene.worker, Some(&acme.id)).await.unwrap();
        let [(text, signature)] = &records[..] else { panic!("{records:?}") };
        assert!(signatures::erasure::is_signed(text, signature, &testkit::signer().public_key()));
        let record: erasure::ErasureRecord = serde_json::from_str(text).unwrap();
        let with_files: BTreeMap<String, i64> = counted.into_iter().chain([("files".to_owned(), 1)]).collect();
        assert_eq!(record.counts, with_files, "{most}");
        assert!(record.counts["tenantry.audit_log"] > 0 && record.counts["tenantry.runs"] == 1);
        assert!(erasure::is_erased(&scene.worker, "org_acme", "").await.unwrap());
        assert!(erasure::is_erased(&scene.worker, "", "cus_acme").await.unwrap());
        assert!(!erasure::is_erased(&scene.worker, "org_bolt", "cus_bolt").await.unwrap());
        // Nobody gets its address, and who was there sees nothing any more.
        assert!(domain::directory::address_is_taken(&scene.world.app, "acme").await.unwrap());
        assert_eq!(code(deleted::show(&scene.world.app, &acme.id, &user("ada")).await), "not found");
        assert_eq!(code(scene.restores("ada", &acme.id).await), "not found");
    }
}

/// A large table goes in batches, and between them others have their turn.
#[tokio::test]
async fn much_is_erased_with_pauses() {
    let scene = Scene::set().await;
    let acme = organisation("acme");
    let many = "insert into tenantry.mails (organisation_id, id, key, address, notice, state, settled_at)
                select 'org_acme', gen_random_uuid(), 'many ' || number, 'a@b.example', '{}', 'sent', now()
                  from generate_series(1, 2500) as number";
    scene.admin.execute(many, &[]).await.unwrap();
    assert!(erasure::once_more(&scene.worker, &acme.id).await.unwrap());
    assert!(erasure::begin(&scene.worker, &acme.id).await.unwrap());
    scene.erases(&acme.id, 1).await;
    let rests = std::sync::Mutex::new(Vec::new());
    let rest = |how_long: std::time::Duration| {
        rests.lock().unwrap().push(how_long);
        std::future::ready(())
    };
    erasure::erase_tables(&scene.worker, &acme.id, &rest).await.unwrap();
    let left = "select count(*) from tenantry.mails where organisation_id = 'org_acme'";
    assert_eq!(scene.admin.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
    let rests = rests.into_inner().unwrap();
    assert_eq!(rests.len(), 2, "after each full batch");
    assert!(rests.iter().all(|rest| !rest.is_zero() && rest.as_secs() <= 1), "{rests:?}");
}

/// Killed between the files and the note that they are gone, and with a file begun in that very moment.
#[tokio::test]
async fn files_are_counted_once_and_what_comes_too_late_is_swept() {
    let scene = Scene::set().await;
    let (acme, files) = (organisation("acme"), scene.world.files.clone());
    scene.world.made_export("ada", &acme).await;
    assert!(erasure::once_more(&scene.worker, &acme.id).await.unwrap());
    assert!(erasure::begin(&scene.worker, &acme.id).await.unwrap());
    scene.erases(&acme.id, 2).await;
    for _ in 0..2 {
        assert_eq!(erasure::step(&scene.worker, &acme.id).await.unwrap(), Step::Files);
        erasure::erase_files(&scene.worker, &files, &acme.id).await.unwrap();
    }
    scene.erases(&acme.id, 1).await;
    let late = files.folder().join("org_acme/exports");
    std::fs::create_dir_all(&late).unwrap();
    std::fs::write(late.join("1.zip#part"), "late").unwrap();
    // Whoever still believes that it is at the step counts nothing again.
    erasure::erase_files(&scene.worker, &files, &acme.id).await.unwrap();
    std::fs::create_dir_all(&late).unwrap();
    std::fs::write(late.join("1.zip#part"), "late").unwrap();
    // No job of it is left behind, and none fails over it.
    assert_eq!(domain::exports::sweep_of(&scene.worker, &files, &acme.id).await.unwrap(), 0);
    scene.erases(&acme.id, 100).await;
    let (text, _) = erasure::records(&scene.worker, Some(&acme.id)).await.unwrap().remove(0);
    let record: erasure::ErasureRecord = serde_json::from_str(&text).unwrap();
    assert_eq!(record.counts["files"], 1);
    domain::exports::sweep(&scene.worker, &files).await.unwrap();
    assert_eq!(scene.mentions(&["org_acme", "late"]).await, [] as [String; 0]);
}

/// As after a backup from before is restored: it is there, and nobody knows that it was erased.
#[tokio::test]
async fn what_a_backup_brings_back_is_erased_again() {
    let scene = Scene::set().await;
    let acme = organisation("acme");
    let archive = crate::exports::archive_of(&scene.worker, &acme).await;
    assert!(erasure::once_more(&scene.worker, &acme.id).await.unwrap());
    assert_eq!(scene.due().await, [acme.id.to_string()]);
    assert_eq!(code(scene.restores("ada", &acme.id).await), "deleted_at_clerk");
    assert!(erasure::begin(&scene.worker, &acme.id).await.unwrap());
    scene.erases(&acme.id, 100).await;
    assert_eq!(scene.mentions(&["org_acme", ACME]).await, [] as [String; 0]);
    assert!(!erasure::once_more(&scene.worker, &acme.id).await.unwrap());
    // Nor does an archive of it.
    let mut archive = crate::exports::opened(&archive);
    let refused = domain::imports::import(&scene.worker, &mut archive, &"0".repeat(64), "opal").await.unwrap_err();
    assert_eq!(refused.to_string(), "the organisation org_acme was erased here, and nothing brings it back");
    assert!(!erasure::once_more(&scene.worker, &OrganisationId::parse("org_unknown").unwrap()).await.unwrap());
}

#[tokio::test]
async fn the_server_erases_nothing_and_the_worker_only_what_is_being_erased() {
    let scene = Scene::set().await;
    let acme = organisation("acme");
    scene.asks("ada", &acme, ACME).await.unwrap();
    scene.ends(&acme.id).await;
    for (role, may) in [("tenantry_app", false), ("tenantry_worker", true)] {
        let client = scene.world.database.client(role).await;
        client.execute("set app.current_org_id = 'org_acme'", &[]).await.unwrap();
        let erased = client.execute("delete from tenantry.audit_log", &[]).await;
        // The worker has the right, and no row is shown to it: nothing is being erased.
        assert_eq!(erased.ok(), may.then_some(0), "{role}");
    }
}

/// At the same instant exactly one wins, and never half of either.
#[tokio::test]
async fn restore_against_erasure_one_wins() {
    let scene = Scene::set().await;
    let acme = organisation("acme");
    let races = number("LIFECYCLE_RACES", 1_000);
    let (mut restored, mut erased) = (0, 0);
    for round in 0..races {
        // From due at once to due in a while, so that each is first some of the time on whatever machine.
        let window = [0.0, 1.0, 1.5, 2.0, 4.0, 8.0, 16.0, 64.0][usize::try_from(round % 8).unwrap()] / 1000.0;
        let sql = "update tenantry.organisations
                      set deleted_at = clock_timestamp() - interval '30 days', closing_since = null, erasing_since = null,
                          erase_at = clock_timestamp() + make_interval(secs => $2::float8) where id = $1";
        scene.admin.execute("delete from tenantry.erasures", &[]).await.unwrap();
        scene.admin.execute(sql, &[&acme.id.as_str(), &window]).await.unwrap();
        let over = AtomicBool::new(false);
        let (back, gone) = tokio::join!(
            async {
                let back = scene.restores("ada", &acme.id).await;
                over.store(true, Ordering::SeqCst);
                back
            },
            async {
                // Once more after it is over: whoever came second is told so.
                loop {
                    let last = over.load(Ordering::SeqCst);
                    if erasure::begin(&scene.worker, &acme.id).await.unwrap() {
                        break true;
                    }
                    if last {
                        break false;
                    }
                }
            }
        );
        let sql = "select deleted_at is null, erasing_since is not null from tenantry.organisations where id = $1";
        let row = scene.admin.query_one(sql, &[&acme.id.as_str()]).await.unwrap();
        let erasures: i64 = scene.admin.query_one("select count(*) from tenantry.erasures", &[]).await.unwrap().get(0);
        match &back {
            Ok(_) => assert_eq!((row.get(0), row.get(1), gone, erasures), (true, false, false, 0)),
            Err(Error::Conflict { code: "restore_too_late", .. }) => {
                assert_eq!((row.get(0), row.get(1), gone, erasures), (false, true, true, 1));
            }
            Err(other) => panic!("{other:?}"),
        }
        *if back.is_ok() { &mut restored } else { &mut erased } += 1;
    }
    println!("{races} races: {restored} restored, {erased} erased");
    assert!(restored > 0 && erased > 0, "{restored} {erased}: a race that one always wins shows nothing");
}
