//! Runs: pinned to a version, ticked, undone, completed.

use domain::procedures::{self, ProcedureName};
use domain::runs::{self, RunName, RunState};
use domain::step_templates::{self, StepTitle};
use domain::steps::{self, StepState};
use domain::tracker;
use domain::{Details, Error, Page};
use testkit::World;

#[tokio::test]
async fn a_run_keeps_the_version_it_was_started_with() {
    let world = World::create().await;
    let ada = world.org("ada", &world.acme);
    let procedure = world.procedure("ada", &world.acme, "opening").await;
    let run = world.run("max", &world.acme, procedure, "Monday").await;
    let before = serde_json::to_string(&ada.read(runs::show(run)).await.unwrap().1).unwrap();
    let mut tx = ada.write().await.unwrap();
    let details = Details::parse("").unwrap();
    procedures::edit(&mut tx, procedure, &ProcedureName::parse("changed").unwrap(), &details).await.unwrap();
    step_templates::add(&mut tx, procedure, &StepTitle::parse("third").unwrap(), &details).await.unwrap();
    procedures::publish(&mut tx, procedure, "").await.unwrap();
    tx.commit().await.unwrap();
    let after = serde_json::to_string(&ada.read(runs::show(run)).await.unwrap().1).unwrap();
    assert_eq!(before, after);
    let next = world.run("max", &world.acme, procedure, "Tuesday").await;
    let (_, next) = ada.read(runs::show(next)).await.unwrap();
    assert_eq!((next.summary.version, next.steps.len()), (2, 3));
}

#[tokio::test]
async fn the_last_tick_completes_a_run_and_an_undo_opens_it_again() {
    let world = World::create().await;
    let procedure = world.procedure("ada", &world.acme, "opening").await;
    let run = world.run("max", &world.acme, procedure, "Monday").await;
    let max = world.org("max", &world.acme);
    let (_, shown) = max.read(runs::show(run)).await.unwrap();
    for (index, state) in [(0, RunState::InProgress), (1, RunState::Completed)] {
        let mut tx = max.write().await.unwrap();
        steps::tick(&mut tx, run, shown.steps[index].id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(max.read(runs::show(run)).await.unwrap().1.summary.state, state);
    }
    let mut tx = max.write().await.unwrap();
    steps::undo(&mut tx, run, shown.steps[0].id).await.unwrap();
    tx.commit().await.unwrap();
    let (_, shown) = max.read(runs::show(run)).await.unwrap();
    assert_eq!((shown.summary.state, shown.summary.done), (RunState::InProgress, 1));
    assert_eq!(shown.steps[0].state, StepState::ToDo);
    assert_eq!(shown.steps[1].done_by.as_deref(), Some("max"));
}

#[tokio::test]
async fn the_second_person_to_tick_is_told_who_was_first() {
    let world = World::create().await;
    let procedure = world.procedure("ada", &world.acme, "opening").await;
    let run = world.run("max", &world.acme, procedure, "Monday").await;
    let step = world.org("max", &world.acme).read(runs::show(run)).await.unwrap().1.steps[0].id;
    for _ in 0..2 {
        let mut tx = world.org("max", &world.acme).write().await.unwrap();
        steps::tick(&mut tx, run, step).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut tx = world.org("ada", &world.acme).write().await.unwrap();
    let late = steps::tick(&mut tx, run, step).await.unwrap_err();
    assert!(matches!(&late, Error::Conflict { code: "already_done", message } if message.contains("max")), "{late}");
}

#[tokio::test]
async fn two_people_finishing_the_last_two_steps_at_once_complete_the_run() {
    let world = World::create().await;
    let procedure = world.procedure("ada", &world.acme, "opening").await;
    for round in 0..20 {
        let run = world.run("max", &world.acme, procedure, &format!("round {round}")).await;
        let (_, shown) = world.org("max", &world.acme).read(runs::show(run)).await.unwrap();
        let tick = |name: &'static str, index: usize| {
            let (org, step) = (world.org(name, &world.acme), shown.steps[index].id);
            async move {
                let mut tx = org.write().await.unwrap();
                steps::tick(&mut tx, run, step).await.unwrap();
                tx.commit().await.unwrap();
            }
        };
        tokio::join!(tick("ada", 0), tick("max", 1));
        let (_, shown) = world.org("max", &world.acme).read(runs::show(run)).await.unwrap();
        assert_eq!(shown.summary.state, RunState::Completed);
    }
}

#[tokio::test]
async fn a_draft_cannot_be_run() {
    let world = World::create().await;
    let mut tx = world.org("ada", &world.acme).write().await.unwrap();
    let name = ProcedureName::parse("Draft").unwrap();
    let procedure = procedures::create(&mut tx, &name, &Details::parse("").unwrap()).await.unwrap();
    let refused = runs::start(&mut tx, procedure, &RunName::parse("Monday").unwrap()).await.unwrap_err();
    assert!(matches!(refused, Error::Conflict { code: "not_published", .. }), "{refused}");
}

#[tokio::test]
async fn nothing_of_another_organisation_can_be_run_ticked_or_undone() {
    let world = World::create().await;
    let procedure = world.procedure("olga", &world.bolt, "bolt opens").await;
    let run = world.run("olga", &world.bolt, procedure, "Monday").await;
    let step = world.org("olga", &world.bolt).read(runs::show(run)).await.unwrap().1.steps[0].id;
    let ours = world.procedure("ada", &world.acme, "acme opens").await;
    let our_run = world.run("ada", &world.acme, ours, "Monday").await;
    let ada = world.org("ada", &world.acme);
    assert!(matches!(ada.read(runs::show(run)).await, Err(Error::NotFound)));
    let mut tx = ada.write().await.unwrap();
    assert!(matches!(runs::start(&mut tx, procedure, &RunName::parse("x").unwrap()).await, Err(Error::NotFound)));
    assert!(matches!(steps::tick(&mut tx, run, step).await, Err(Error::NotFound)));
    // A foreign step under one's own run, too.
    assert!(matches!(steps::tick(&mut tx, our_run, step).await, Err(Error::NotFound)));
    assert!(matches!(steps::undo(&mut tx, our_run, step).await, Err(Error::NotFound)));
    let (_, list) = ada.read(tracker::show(Page::default(), &tracker::Wanted::default())).await.unwrap();
    assert_eq!((list.runs.items.len(), list.startable.len()), (1, 1));
}
