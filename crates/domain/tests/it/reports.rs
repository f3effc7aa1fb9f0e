//! Reports: which steps and runs count, in which week, as what, and how far back.

use std::collections::BTreeMap;

use domain::procedures::ProcedureId;
use domain::reports::figures::DueSteps;
use domain::reports::period::Period;
use domain::reports::{self, Report, Wanted, settled};
use domain::runs::{self, RunId};
use domain::{Error, Org, Plan, plans, steps};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use testkit::{Client, World};

const FOUR_WEEKS: Wanted = Wanted { period: Period::Weeks4, procedure: None };

struct House {
    world: World,
    /// Past every wall, to say when things happened.
    admin: Client,
    ada: Org,
    max: Org,
    procedure: ProcedureId,
}

impl House {
    async fn new() -> Self {
        let world = World::create().await;
        let worker = world.database.worker().await;
        plans::change(&worker, &world.acme.id, Plan::parse("business").unwrap()).await.unwrap();
        let procedure = world.procedure("ada", &world.acme, "Close").await;
        Self {
            admin: world.database.client("postgres").await,
            ada: world.org("ada", &world.acme),
            max: world.org("max", &world.acme),
            procedure,
            world,
        }
    }

    async fn run(&self) -> RunId {
        self.world.run("ada", &self.world.acme, self.procedure, "November").await
    }

    async fn step_ids(&self, run: RunId) -> Vec<steps::StepId> {
        let (_, shown) = self.ada.read(runs::show(run)).await.unwrap();
        shown.steps.iter().map(|step| step.id).collect()
    }

    /// Says when a step was due; the product would only say it of the future.
    async fn due(&self, step: steps::StepId, at: Timestamp) {
        let sql = format!("update tenantry.steps set due_at = '{at}' where id = '{step}'");
        self.admin.batch_execute(&sql).await.unwrap();
    }

    async fn sql(&self, sql: &str) {
        self.admin.batch_execute(sql).await.unwrap();
    }

    async fn tick(&self, org: &Org, run: RunId, step: steps::StepId) {
        let mut tx = org.write().await.unwrap();
        steps::tick(&mut tx, run, step).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn report(&self, wanted: Wanted) -> Report {
        self.ada.read(reports::show(wanted)).await.unwrap().1
    }

    /// What stands in the tallies, and what should.
    async fn tallies(&self) -> [BTreeMap<String, String>; 2] {
        let stored = "
            select concat_ws(' ', organisation_id, procedure_id, person, due_slot at time zone 'UTC'),
                   concat_ws(' ', done, on_time, skipped)
              from tenantry.step_tallies where (done, on_time, skipped) <> (0, 0, 0)";
        let counted = "
            select concat_ws(' ', step.organisation_id, place.procedure_id, place.person,
                             date_bin('15 minutes', step.due_at, '2001-01-01Z') at time zone 'UTC'),
                   concat_ws(' ', count(*) filter (where not step.skipped),
                             count(*) filter (where not step.skipped and step.done_at <= step.due_at),
                             count(*) filter (where step.skipped))
              from tenantry.steps as step join tenantry.runs as run on run.id = step.run_id
             cross join lateral (values (run.procedure_id, ''),
                                        ('00000000-0000-0000-0000-000000000000'::uuid, coalesce(step.assignee, step.done_by)),
                                        (run.procedure_id, coalesce(step.assignee, step.done_by))) as place (procedure_id, person)
             where step.done_at is not null and step.due_at is not null
             group by 1";
        let mut read = [BTreeMap::new(), BTreeMap::new()];
        for (side, sql) in read.iter_mut().zip([stored, counted]) {
            let rows = self.admin.query(sql, &[]).await.unwrap();
            side.extend(rows.iter().map(|row| (row.get::<_, String>(0), row.get::<_, String>(1))));
        }
        read
    }
}

fn ago(hours: i64) -> Timestamp {
    Timestamp::now() - hours.hours()
}

#[tokio::test]
async fn what_was_due_is_counted_as_what_became_of_it() {
    let house = House::new().await;
    let (ada, max) = (&house.ada, &house.max);
    let (first, second) = (house.run().await, house.run().await);
    let (one, two) = (house.step_ids(first).await, house.step_ids(second).await);
    assert_eq!((one.len(), two.len()), (2, 2), "the procedure has two steps");

    // Nothing was due: nothing counts.
    house.tick(ada, first, one[0]).await;
    assert_eq!(house.report(FOUR_WEEKS).await.steps, DueSteps::default());

    // Done in time, by Max although it was Ada's: whose it was counts.
    house.due(one[0], Timestamp::now() + 1.second()).await;
    house.due(one[1], ago(1)).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let report = house.report(FOUR_WEEKS).await;
    assert_eq!(report.steps, DueSteps { due: 2, on_time: 1, late: 1, open: 1, skipped: 0 });
    let names = |report: &Report| {
        report.people.iter().map(|one| (one.name.clone().unwrap(), one.steps.due, one.steps.late)).collect::<Vec<_>>()
    };
    assert_eq!(names(&report), [("ada".to_owned(), 2, 1)]);
    house.tick(max, first, one[1]).await;
    let report = house.report(FOUR_WEEKS).await;
    assert_eq!(report.steps, DueSteps { due: 2, on_time: 1, late: 1, open: 0, skipped: 0 });
    assert_eq!(names(&report), [("ada".to_owned(), 2, 1)]);
    assert_eq!((report.runs.started, report.runs.completed, report.runs.cancelled), (2, 1, 0));
    assert_eq!(report.procedures.len(), 1);
    assert_eq!((report.procedures[0].name.as_str(), report.procedures[0].steps), ("Close", report.steps));

    // Skipped is neither in time nor late.
    house.due(two[0], ago(2)).await;
    assert_eq!(house.report(FOUR_WEEKS).await.steps.open, 1);
    let mut tx = ada.write().await.unwrap();
    steps::skip(&mut tx, second, two[0], None, "Nothing to count").await.unwrap();
    tx.commit().await.unwrap();
    let settled = DueSteps { due: 2, on_time: 1, late: 1, open: 0, skipped: 1 };
    assert_eq!(house.report(FOUR_WEEKS).await.steps, settled);

    // Nothing of a cancelled run is due any more; what was done of it stays.
    house.due(two[1], ago(3)).await;
    assert_eq!(house.report(FOUR_WEEKS).await.steps.open, 1);
    let mut tx = ada.write().await.unwrap();
    runs::cancel(&mut tx, second, "Twice").await.unwrap();
    tx.commit().await.unwrap();
    let report = house.report(FOUR_WEEKS).await;
    assert_eq!(report.steps, settled);
    assert_eq!((report.runs.started, report.runs.completed, report.runs.cancelled), (2, 1, 1));
    assert_eq!(report.runs.completion_rate(), Some(50.0));

    // What is taken back is open again.
    let mut tx = max.write().await.unwrap();
    steps::undo(&mut tx, first, one[1]).await.unwrap();
    tx.commit().await.unwrap();
    let report = house.report(FOUR_WEEKS).await;
    assert_eq!(report.steps, DueSteps { due: 2, on_time: 1, late: 1, open: 1, skipped: 1 });
    assert_eq!(report.runs.completed, 0);
    let [stored, counted] = house.tallies().await;
    assert_eq!(stored, counted);
    assert!(!stored.is_empty());

    // Another procedure's report has none of it, and Bolt's neither.
    let other = house.world.procedure("ada", &house.world.acme, "Other").await;
    let of_other = house.report(Wanted { procedure: Some(other), ..FOUR_WEEKS }).await;
    assert_eq!((of_other.steps, of_other.runs.started), (DueSteps::default(), 0));
    let of_this = house.report(Wanted { procedure: Some(house.procedure), ..FOUR_WEEKS }).await;
    assert_eq!((of_this.steps, of_this.people.len()), (report.steps, 1));
    let olga = house.world.org("olga", &house.world.bolt);
    let (_, theirs) = olga.read(reports::show(FOUR_WEEKS)).await.unwrap();
    assert_eq!((theirs.steps, theirs.runs.started, theirs.choices.len()), (DueSteps::default(), 0, 0));
}

/// Whatever is done to steps, by whom and in which order: the tallies say what the steps say.
#[tokio::test]
async fn tallies_say_what_the_steps_say() {
    let house = House::new().await;
    let mut random = 0x5eed_u64;
    let mut dice = |sides: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % sides
    };
    let mut all = Vec::new();
    for _ in 0..4 {
        let run = house.run().await;
        all.extend(house.step_ids(run).await.into_iter().map(|step| (run, step)));
    }
    for round in 0..60 {
        let (run, step) = all[usize::try_from(dice(8)).unwrap()];
        let org = if dice(2) == 0 { &house.ada } else { &house.max };
        let mut tx = org.write().await.unwrap();
        let done = match dice(5) {
            0 | 1 => steps::tick(&mut tx, run, step).await,
            2 => steps::undo(&mut tx, run, step).await,
            3 => steps::skip(&mut tx, run, step, None, "So be it").await,
            _ => {
                let to = house.max.user().to_string();
                steps::assign(&mut tx, run, step, None, Some(&to)).await
            }
        };
        if done.is_ok() {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }
        if dice(3) == 0 {
            house.due(step, ago(i64::try_from(dice(100)).unwrap() - 50)).await;
        }
        let [stored, counted] = house.tallies().await;
        assert_eq!(stored, counted, "round {round}");
    }
    assert!(!house.tallies().await[0].is_empty());
}

#[tokio::test]
async fn a_week_begins_where_the_organisation_is() {
    let house = House::new().await;
    house.sql("update tenantry.organisations set time_zone = 'Pacific/Auckland' where id = 'org_acme'").await;
    let zone = TimeZone::get("Pacific/Auckland").unwrap();
    let report = house.report(FOUR_WEEKS).await;
    assert_eq!(report.slices.len(), 4);
    for slice in &report.slices {
        assert_eq!(slice.first_day.weekday(), jiff::civil::Weekday::Monday);
    }
    // A minute before the second week begins there is the first week, though it is Sunday noon in Greenwich.
    let begin = report.slices[1].first_day.to_zoned(zone).unwrap().timestamp();
    let run = house.run().await;
    let ids = house.step_ids(run).await;
    house.tick(&house.ada, run, ids[0]).await;
    house.tick(&house.ada, run, ids[1]).await;
    house.due(ids[0], begin - 1.minute()).await;
    house.due(ids[1], begin).await;
    let report = house.report(FOUR_WEEKS).await;
    assert_eq!(report.slices.iter().map(|slice| slice.steps.late).collect::<Vec<_>>(), [1, 1, 0, 0]);
    let months = house.report(Wanted { period: Period::Months12, procedure: None }).await;
    assert_eq!(months.slices.len(), 12);
    assert!(months.slices.iter().all(|slice| slice.first_day.day() == 1));
    assert_eq!(months.steps.late, 2);
}

#[tokio::test]
async fn the_time_before_is_as_long_as_this_one_has_come() {
    let house = House::new().await;
    let run = house.run().await;
    let ids = house.step_ids(run).await;
    let report = house.report(FOUR_WEEKS).await;
    let a_week = 24 * 7;
    for (hours, now, before) in [(0, 1, 0), (a_week * 4 + 1, 0, 1), (a_week * 4 - 1, 0, 0)] {
        let at = report.frame.until - 5.minutes() - hours.hours();
        if hours == a_week * 4 - 1 && at >= report.frame.from {
            // The first week has just begun: there is no gap between the two.
            continue;
        }
        house.due(ids[0], at).await;
        let report = house.report(FOUR_WEEKS).await;
        assert_eq!((report.steps.open, report.before.unwrap().steps.open), (now, before), "{hours}");
    }
    // How long it took: from the start to the last tick.
    house.tick(&house.ada, run, ids[0]).await;
    house.tick(&house.ada, run, ids[1]).await;
    house
        .sql(&format!("update tenantry.runs set started_at = completed_at - interval '90 minutes' where id = '{run}'"))
        .await;
    let report = house.report(FOUR_WEEKS).await;
    assert_eq!((report.runs.median_seconds, report.runs.ninetieth_seconds), (Some(5400), Some(5400)));
}

#[tokio::test]
async fn a_plan_shows_so_many_days() {
    let house = House::new().await;
    let worker = house.world.database.worker().await;
    for (plan, refused, compared) in [("free", true, false), ("team", false, true)] {
        plans::change(&worker, &house.world.acme.id, Plan::parse(plan).unwrap()).await.unwrap();
        let asked = house.ada.read(reports::show(Wanted::default())).await;
        let steps = house.ada.read(settled::some(Wanted::default(), settled::Place::BEGIN)).await;
        if refused {
            let error = asked.unwrap_err();
            assert!(matches!(&error, Error::LimitReached { code: "history_limit", .. }), "{error:?}");
            assert!(matches!(steps, Err(Error::LimitReached { .. })));
        } else {
            assert_eq!(asked.unwrap().1.before.is_some(), compared);
            assert!(steps.is_ok());
        }
        assert!(house.ada.read(reports::show(FOUR_WEEKS)).await.is_ok());
    }
    assert!(matches!(house.max.read(reports::show(FOUR_WEEKS)).await, Err(Error::Forbidden(_))));
    let steps = house.max.read(settled::some(FOUR_WEEKS, settled::Place::BEGIN)).await;
    assert!(matches!(steps, Err(Error::Forbidden(_))));
}

#[tokio::test]
async fn every_step_of_the_time_is_told_one_by_one() {
    let house = House::new().await;
    let (run, cancelled) = (house.run().await, house.run().await);
    let ids = house.step_ids(run).await;
    house.due(ids[0], ago(1)).await;
    house.due(ids[1], ago(1)).await;
    house.due(house.step_ids(cancelled).await[0], ago(1)).await;
    let mut tx = house.ada.write().await.unwrap();
    runs::cancel(&mut tx, cancelled, "Twice").await.unwrap();
    tx.commit().await.unwrap();
    house.tick(&house.max, run, ids[0]).await;
    let told = async || {
        let (mut told, mut place) = (Vec::new(), Some(settled::Place::BEGIN));
        while let Some(from) = place {
            let (_, (steps, next)) = house.ada.read(settled::some(FOUR_WEEKS, from)).await.unwrap();
            for step in steps {
                told.push((step.position, step.state(), step.late(), step.done_by.clone(), step.assignee.clone()));
            }
            place = next;
        }
        told
    };
    let (ada, max) = (Some("ada".to_owned()), Some("max".to_owned()));
    assert_eq!(told().await, [(1, "done", Some(true), max, ada.clone()), (2, "open", Some(true), None, ada)]);
    // Whoever is forgotten did it all the same.
    house
        .sql("update tenantry.steps set done_by = 'user_gone', assignee = 'user_gone' where done_at is not null")
        .await;
    let former = Some("A former member".to_owned());
    assert_eq!(told().await[0], (1, "done", Some(true), former.clone(), former));
    let people = house.report(FOUR_WEEKS).await.people;
    assert!(people.iter().any(|one| one.id.as_deref() == Some("user_gone") && one.name.is_none()), "{people:?}");
}

/// Weeks and months are cut by Postgres, in a zone that was checked here.
#[tokio::test]
async fn postgres_knows_every_zone_that_can_be_chosen() {
    let database = testkit::TestDatabase::create().await;
    let admin = database.client("postgres").await;
    let known = admin.query("select lower(name) from pg_timezone_names", &[]).await.unwrap();
    let known: Vec<String> = known.iter().map(|row| row.get(0)).collect();
    let unknown: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.to_string())
        .filter(|name| domain::organisations::TimeZone::parse(name).is_ok() && !known.contains(&name.to_lowercase()))
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
    assert!(known.len() > 400);
}
