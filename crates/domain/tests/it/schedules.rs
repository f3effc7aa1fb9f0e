//! Schedules: what they start, what they leave out, and what becomes of that.

use domain::audit_log::Origin;
use domain::calendar::{Calendar, Rule, Weekdays};
use domain::jobs::Claimed;
use domain::lifecycle::deleted;
use domain::organisations::{self, TimeZone};
use domain::procedures::{self, ProcedureId, ProcedureName};
use domain::run_name::RunPattern;
use domain::scheduled_runs::{self, START_SCHEDULED_RUNS};
use domain::schedules::{self, Schedule, ScheduleId, WhyMissed};
use domain::{Details, Error, OrgJob};
use jiff::civil::{Date, Time, Weekday, time};
use jiff::{Timestamp, ToSpan as _};
use tenancy::Database;
use testkit::{Client, World, user};

const DAILY: Calendar = Calendar { rule: Rule::Daily, at: Time::midnight(), start_before: 0 };

/// Acme with one procedure, its worker, and an administrator.
struct Scene {
    world: World,
    worker: Database,
    admin: Client,
    procedure: ProcedureId,
}

impl Scene {
    async fn set() -> Self {
        let world = World::create().await;
        let procedure = world.procedure("ada", &world.acme, "opening").await;
        Self { worker: world.database.worker().await, admin: world.database.client("postgres").await, procedure, world }
    }

    async fn schedule(&self, calendar: Calendar, name: &str) -> ScheduleId {
        let mut tx = self.world.org("ada", &self.world.acme).write().await.unwrap();
        let name = RunPattern::parse(name).unwrap();
        let id = schedules::create(&mut tx, self.procedure, calendar, &name).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn edit(&self, id: ScheduleId, calendar: Calendar) {
        let mut tx = self.world.org("ada", &self.world.acme).write().await.unwrap();
        schedules::edit(&mut tx, self.procedure, id, calendar, &RunPattern::default()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn pause(&self, id: ScheduleId) {
        let mut tx = self.world.org("ada", &self.world.acme).write().await.unwrap();
        schedules::pause(&mut tx, self.procedure, id).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn resume(&self, id: ScheduleId) {
        let mut tx = self.world.org("ada", &self.world.acme).write().await.unwrap();
        schedules::resume(&mut tx, self.procedure, id).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// As if so many days had passed, and no worker had been there.
    async fn days_pass(&self, days: i32) {
        let sql = "update tenantry.schedules set dealt_to = dealt_to - $1::int, next_at = next_at - make_interval(days => $1)";
        self.admin.execute(sql, &[&days]).await.unwrap();
        self.admin.batch_execute("update tenantry.next_starts set due_at = '-infinity'").await.unwrap();
    }

    async fn enter(&self) -> OrgJob {
        let job = Claimed {
            id: uuid::Uuid::nil(),
            kind: START_SCHEDULED_RUNS.to_owned(),
            payload: serde_json::json!({}),
            attempt: 1,
            organisation: Some(self.world.acme.id.clone()),
        };
        OrgJob::enter(&self.worker, &job, START_SCHEDULED_RUNS).await.unwrap()
    }

    /// As the worker does it.
    async fn work(&self) {
        loop {
            let mut job = self.enter().await;
            let more = scheduled_runs::start_next(&mut job).await.unwrap();
            job.commit().await.unwrap();
            if !more {
                return;
            }
        }
    }

    /// Names and days of what schedules started, the earliest first.
    async fn runs(&self) -> Vec<(String, Date)> {
        let sql = "select name, occurs_on from tenantry.runs where schedule_id is not null order by occurs_on";
        self.admin.query(sql, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    async fn seen(&self) -> Schedule {
        let (_, all) = self.world.org("max", &self.world.acme).read(schedules::list(self.procedure)).await.unwrap();
        all.schedules.into_iter().next().unwrap()
    }

    async fn execute(&self, sql: &str) {
        self.admin.batch_execute(sql).await.unwrap();
    }

    /// When a worker looks at the organisation next.
    async fn due_at(&self) -> Option<Timestamp> {
        let sql = "select due_at from tenantry.next_starts where organisation_id = 'org_acme'";
        self.admin.query_one(sql, &[]).await.unwrap().get(0)
    }
}

fn utc() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::UTC
}

#[tokio::test]
async fn a_run_is_started_for_its_day_and_called_after_it() {
    let scene = Scene::set().await;
    scene.schedule(DAILY, "Opening, {date}").await;
    assert_eq!(scene.runs().await, [], "the first day is one that is still to come");
    let next = scene.seen().await.next(&utc()).next().unwrap();
    assert!(next.starts_at > Timestamp::now());
    assert_eq!(scene.due_at().await, Some(next.starts_at));
    scene.days_pass(1).await;
    scene.work().await;
    let runs = scene.runs().await;
    let (name, day) = &runs[0];
    assert_eq!(*name, day.strftime("Opening, %a %-d %b %Y").to_string());
    assert_eq!(runs.len(), 1);
    let next = scene.seen().await.next(&utc()).next().unwrap();
    assert_eq!((next.day, scene.due_at().await), (day.tomorrow().unwrap(), Some(next.starts_at)));
    assert_eq!(scene.seen().await.missed, None);
}

#[tokio::test]
async fn a_name_comes_from_the_procedure_where_the_schedule_has_none() {
    let scene = Scene::set().await;
    scene.schedule(DAILY, "").await;
    scene.days_pass(1).await;
    scene.work().await;
    assert!(scene.runs().await[0].0.starts_with("opening, "), "{:?}", scene.runs().await);
}

#[tokio::test]
async fn whoever_is_killed_before_the_end_has_done_nothing_and_another_does_it() {
    let scene = Scene::set().await;
    scene.schedule(DAILY, "").await;
    scene.days_pass(1).await;
    let mut job = scene.enter().await;
    assert!(scheduled_runs::start_next(&mut job).await.unwrap());
    drop(job);
    assert_eq!(scene.runs().await, []);
    scene.work().await;
    scene.work().await;
    assert_eq!(scene.runs().await.len(), 1);
    // Even where what was written down of it is lost.
    scene.days_pass(1).await;
    scene.work().await;
    assert_eq!(scene.runs().await.len(), 1);
    assert_eq!(scene.seen().await.missed, None, "it has had its run");
}

#[tokio::test]
async fn after_days_without_a_worker_the_last_one_gets_its_run_and_the_others_are_told() {
    let scene = Scene::set().await;
    scene.schedule(DAILY, "").await;
    scene.days_pass(4).await;
    scene.work().await;
    let runs = scene.runs().await;
    let missed = scene.seen().await.missed.unwrap();
    assert_eq!((runs.len(), missed.days, missed.why), (1, 3, WhyMissed::Late));
    assert_eq!(missed.day, runs[0].1.yesterday().unwrap());
    // A week late is still its run, where none came after it.
    let weekly = Weekdays::of([runs[0].1.weekday()]).unwrap();
    let scene = Scene::set().await;
    scene.schedule(Calendar { rule: Rule::Weekly(weekly), ..DAILY }, "").await;
    scene.days_pass(10).await;
    scene.work().await;
    assert_eq!(scene.runs().await.len(), 1);
}

#[tokio::test]
async fn nothing_is_started_where_nothing_may_be_and_it_is_not_made_up_for() {
    for (so, no_more, why) in [
        (
            "update tenantry.procedures set archived_at = now()",
            "update tenantry.procedures set archived_at = null",
            WhyMissed::Archived,
        ),
        (
            "update tenantry.organisations set billing_status = 'unpaid' where id = 'org_acme'",
            "update tenantry.organisations set billing_status = 'active' where id = 'org_acme'",
            WhyMissed::Unpaid,
        ),
        (
            "update tenantry.organisations set closing_since = now() where id = 'org_acme'",
            "update tenantry.organisations set closing_since = null where id = 'org_acme'",
            WhyMissed::Closing,
        ),
    ] {
        let scene = Scene::set().await;
        scene.schedule(DAILY, "").await;
        scene.days_pass(2).await;
        scene.execute(so).await;
        scene.work().await;
        assert_eq!(scene.runs().await, [], "{why:?}");
        let missed = scene.seen().await.missed.unwrap();
        assert_eq!((missed.days, missed.why), (2, why));
        scene.execute(no_more).await;
        scene.work().await;
        assert_eq!(scene.runs().await, [], "{why:?}");
        assert!(scene.due_at().await.unwrap() > Timestamp::now());
        // The next day is as ever; what was missed is still told.
        scene.execute("update tenantry.schedules set dealt_to = dealt_to - 1").await;
        scene.days_pass(0).await;
        scene.execute("update tenantry.schedules set next_at = now()").await;
        scene.work().await;
        assert_eq!((scene.runs().await.len(), scene.seen().await.missed), (1, Some(missed)));
    }
}

#[tokio::test]
async fn a_draft_starts_nothing() {
    let scene = Scene::set().await;
    let mut tx = scene.world.org("ada", &scene.world.acme).write().await.unwrap();
    let name = ProcedureName::parse("Draft").unwrap();
    let draft = procedures::create(&mut tx, &name, &Details::parse("").unwrap()).await.unwrap();
    schedules::create(&mut tx, draft, DAILY, &RunPattern::default()).await.unwrap();
    tx.commit().await.unwrap();
    scene.days_pass(1).await;
    scene.work().await;
    assert_eq!(scene.runs().await, []);
    let (_, all) = scene.world.org("max", &scene.world.acme).read(schedules::list(draft)).await.unwrap();
    assert_eq!(all.schedules[0].missed.unwrap().why, WhyMissed::Unpublished);
    assert!(!all.published);
}

#[tokio::test]
async fn a_pause_is_not_made_up_for() {
    let scene = Scene::set().await;
    let id = scene.schedule(DAILY, "").await;
    scene.pause(id).await;
    scene.pause(id).await;
    assert_eq!(scene.due_at().await, None);
    assert_eq!(scene.seen().await.next(&utc()).count(), 0);
    scene.days_pass(5).await;
    scene.work().await;
    assert_eq!(scene.runs().await, []);
    scene.resume(id).await;
    scene.work().await;
    assert_eq!((scene.runs().await, scene.seen().await.missed), (vec![], None));
    let next = scene.seen().await.next(&utc()).next().unwrap();
    assert!(next.starts_at > Timestamp::now());
    assert_eq!(scene.due_at().await, Some(next.starts_at));
    // Resumed again it goes on, and takes nothing back that is due.
    scene.days_pass(1).await;
    scene.resume(id).await;
    scene.work().await;
    assert_eq!(scene.runs().await.len(), 1);
}

#[tokio::test]
async fn another_zone_moves_what_is_to_come_and_nothing_twice() {
    let scene = Scene::set().await;
    // Late in the day everywhere west, and early east of it.
    scene.schedule(Calendar { at: time(12, 0, 0, 0), ..DAILY }, "").await;
    scene.days_pass(1).await;
    scene.work().await;
    let before = scene.runs().await;
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", "UTC"] {
        let mut tx = scene.world.org("ada", &scene.world.acme).write().await.unwrap();
        organisations::set_time_zone(&mut tx, &TimeZone::parse(zone).unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(scene.due_at().await.unwrap() <= Timestamp::now(), "looked at again");
        scene.work().await;
        let there = jiff::tz::TimeZone::get(zone).unwrap();
        let next = scene.seen().await.next(&there).next().unwrap();
        assert_eq!(next.starts_at.to_zoned(there).time(), time(12, 0, 0, 0), "{zone}");
        assert_eq!(scene.due_at().await, Some(next.starts_at), "{zone}");
        assert!(next.starts_at > Timestamp::now());
    }
    let after = scene.runs().await;
    // Where it was noon already, that day has its run; no day has two, and none was left out.
    assert_eq!(after[..before.len()], before);
    for (run, later) in after.iter().zip(&after[1..]) {
        assert_eq!(later.1, run.1.tomorrow().unwrap());
    }
    assert!(after.len() - before.len() <= 2, "{after:?}");
}

#[tokio::test]
async fn another_rule_counts_from_now_and_a_day_has_one_run() {
    let scene = Scene::set().await;
    // Three days ahead: the coming three have their runs already.
    let id = scene.schedule(Calendar { start_before: 3, ..DAILY }, "").await;
    let first = scene.seen().await.next(&utc()).next().unwrap().day;
    for days in [2, 3, 4] {
        let sql = "update tenantry.schedules set dealt_to = $1, next_at = now()";
        scene.admin.execute(sql, &[&first.checked_sub(days.days()).unwrap()]).await.unwrap();
        scene.work().await;
    }
    let started = scene.runs().await;
    assert_eq!(started.len(), 3);
    assert_eq!(scene.seen().await.missed, None, "days that have their runs are not missed");
    scene.edit(id, DAILY).await;
    let schedule = scene.seen().await;
    let next = schedule.next(&utc()).next().unwrap();
    assert_eq!(next.day, started[2].1.tomorrow().unwrap());
    // What the page says before it is saved is what comes.
    let told = schedule.next_by(DAILY, Timestamp::now(), &utc()).next().unwrap();
    assert_eq!(told, next);
    scene.edit(id, Calendar { rule: Rule::Weekly(Weekdays::of([Weekday::Friday]).unwrap()), ..DAILY }).await;
    assert_eq!(scene.seen().await.next(&utc()).next().unwrap().day.weekday(), Weekday::Friday);
}

#[tokio::test]
async fn an_organisation_that_comes_back_goes_on_with_what_is_to_come() {
    let scene = Scene::set().await;
    scene.schedule(DAILY, "").await;
    scene.days_pass(3).await;
    let gone = "update tenantry.organisations set deleted_at = now(), erase_at = now() + interval '30 days'
                 where id = 'org_acme'";
    scene.execute(gone).await;
    let acme = &scene.world.acme.id;
    deleted::restore(&scene.world.app, acme, &user("ada"), &Origin::default()).await.unwrap();
    scene.work().await;
    assert_eq!((scene.runs().await, scene.seen().await.missed), (vec![], None));
    let next = scene.seen().await.next(&utc()).next().unwrap();
    assert!(next.starts_at > Timestamp::now());
    assert_eq!(scene.due_at().await, Some(next.starts_at));
}

#[tokio::test]
async fn a_schedule_goes_and_its_runs_stay() {
    let scene = Scene::set().await;
    let id = scene.schedule(DAILY, "").await;
    scene.days_pass(1).await;
    scene.work().await;
    let mut tx = scene.world.org("ada", &scene.world.acme).write().await.unwrap();
    schedules::delete(&mut tx, scene.procedure, id).await.unwrap();
    assert!(matches!(schedules::delete(&mut tx, scene.procedure, id).await, Err(Error::NotFound)));
    tx.commit().await.unwrap();
    assert_eq!((scene.runs().await.len(), scene.due_at().await), (1, None));
}

#[tokio::test]
async fn a_schedule_is_changed_by_whoever_manages_procedures_and_under_its_own_procedure() {
    let scene = Scene::set().await;
    let id = scene.schedule(DAILY, "").await;
    let other = scene.world.procedure("ada", &scene.world.acme, "closing").await;
    let mut tx = scene.world.org("ada", &scene.world.acme).write().await.unwrap();
    let name = RunPattern::default();
    assert!(matches!(schedules::edit(&mut tx, other, id, DAILY, &name).await, Err(Error::NotFound)));
    assert!(matches!(schedules::pause(&mut tx, other, id).await, Err(Error::NotFound)));
    assert!(matches!(schedules::resume(&mut tx, other, id).await, Err(Error::NotFound)));
    assert!(matches!(schedules::delete(&mut tx, other, id).await, Err(Error::NotFound)));
    for _ in 0..19 {
        schedules::create(&mut tx, scene.procedure, DAILY, &name).await.unwrap();
    }
    let full = schedules::create(&mut tx, scene.procedure, DAILY, &name).await.unwrap_err();
    assert!(matches!(full, Error::Conflict { code: "too_many_schedules", .. }), "{full}");
    let mut tx = scene.world.org("max", &scene.world.acme).write().await.unwrap();
    assert!(matches!(schedules::pause(&mut tx, scene.procedure, id).await, Err(Error::Forbidden(_))));
    // Nothing of another organisation's.
    let theirs = scene.world.org("olga", &scene.world.bolt);
    assert!(matches!(theirs.read(schedules::list(scene.procedure)).await, Err(Error::NotFound)));
    let mut tx = theirs.write().await.unwrap();
    assert!(matches!(schedules::create(&mut tx, scene.procedure, DAILY, &name).await, Err(Error::NotFound)));
    assert!(matches!(schedules::pause(&mut tx, scene.procedure, id).await, Err(Error::NotFound)));
}
