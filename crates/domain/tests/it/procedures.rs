//! Procedures: drafts, order, publishing.

use domain::Place;
use domain::procedures::{self, ProcedureId, ProcedureName, ProcedureState};
use domain::step_templates::{self, StepTitle};
use domain::{Details, Error, PAGE_SIZE, Page};
use testkit::World;

async fn titles(world: &World, procedure: ProcedureId) -> Vec<String> {
    let (_, shown) = world.org("ada", &world.acme).read(procedures::show(procedure)).await.unwrap();
    shown.steps.into_iter().map(|step| step.title).collect()
}

#[tokio::test]
async fn steps_keep_their_order_through_adding_moving_and_removing() {
    let world = World::create().await;
    let mut tx = world.org("ada", &world.acme).write().await.unwrap();
    let details = Details::parse("").unwrap();
    let procedure = procedures::create(&mut tx, &ProcedureName::parse("Open").unwrap(), &details).await.unwrap();
    let mut steps = Vec::new();
    for title in ["a", "b", "c", "d"] {
        steps.push(step_templates::add(&mut tx, procedure, &StepTitle::parse(title).unwrap(), &details).await.unwrap());
    }
    for (step, direction) in [(3, Place::Up), (0, Place::Down), (0, Place::Down), (1, Place::Up)] {
        step_templates::shift(&mut tx, procedure, steps[step], direction).await.unwrap();
    }
    step_templates::remove(&mut tx, procedure, steps[2]).await.unwrap();
    step_templates::edit(&mut tx, procedure, steps[3], &StepTitle::parse("D").unwrap(), &details).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(titles(&world, procedure).await, ["b", "D", "a"]);
}

#[tokio::test]
async fn publishing_freezes_what_the_draft_said() {
    let world = World::create().await;
    let procedure = world.procedure("ada", &world.acme, "opening").await;
    let ada = world.org("ada", &world.acme);
    let mut tx = ada.write().await.unwrap();
    let again = procedures::publish(&mut tx, procedure, "").await.unwrap_err();
    assert!(matches!(again, Error::Conflict { code: "nothing_to_publish", .. }), "{again}");
    drop(tx);
    let mut tx = ada.write().await.unwrap();
    let name = ProcedureName::parse("opening, revised").unwrap();
    procedures::edit(&mut tx, procedure, &name, &Details::parse("").unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let (_, shown) = ada.read(procedures::show(procedure)).await.unwrap();
    assert_eq!(
        (shown.summary.state, shown.summary.version, shown.summary.changed),
        (ProcedureState::Published, Some(1), true)
    );
    let mut tx = ada.write().await.unwrap();
    assert_eq!(procedures::publish(&mut tx, procedure, "Name revised").await.unwrap(), 2);
    tx.commit().await.unwrap();
    let (_, shown) = ada.read(procedures::show(procedure)).await.unwrap();
    assert!(!shown.summary.changed);
    let notes: Vec<_> = shown.versions.iter().map(|version| (version.number, version.note.as_str())).collect();
    assert_eq!(notes, [(2, "Name revised"), (1, "opening")]);
}

#[tokio::test]
async fn a_procedure_without_steps_cannot_be_published() {
    let world = World::create().await;
    let mut tx = world.org("ada", &world.acme).write().await.unwrap();
    let name = ProcedureName::parse("Empty").unwrap();
    let procedure = procedures::create(&mut tx, &name, &Details::parse("").unwrap()).await.unwrap();
    let refused = procedures::publish(&mut tx, procedure, "").await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid(fields) if fields.message("steps").is_some()), "{refused}");
}

#[tokio::test]
async fn a_foreign_procedure_and_an_unknown_one_are_the_same_nothing() {
    let world = World::create().await;
    let foreign = world.procedure("olga", &world.bolt, "bolt opens").await;
    let unknown: ProcedureId = "0190b5d4-0000-7000-8000-000000000000".parse().unwrap();
    let (name, details) = (ProcedureName::parse("Mine").unwrap(), Details::parse("").unwrap());
    for id in [foreign, unknown] {
        let ada = world.org("ada", &world.acme);
        assert!(matches!(ada.read(procedures::show(id)).await, Err(Error::NotFound)));
        let mut tx = ada.write().await.unwrap();
        assert!(matches!(procedures::edit(&mut tx, id, &name, &details).await, Err(Error::NotFound)));
        assert!(matches!(procedures::publish(&mut tx, id, "").await, Err(Error::NotFound)));
        let title = StepTitle::parse("planted").unwrap();
        assert!(matches!(step_templates::add(&mut tx, id, &title, &details).await, Err(Error::NotFound)));
    }
}

#[tokio::test]
async fn lists_page_from_the_newest_to_the_oldest_without_gap_or_repeat() {
    let world = World::create().await;
    let ada = world.org("ada", &world.acme);
    let mut tx = ada.write().await.unwrap();
    let total = PAGE_SIZE * 2 + 7;
    for index in 0..total {
        let name = ProcedureName::parse(&format!("{index}")).unwrap();
        procedures::create(&mut tx, &name, &Details::parse("").unwrap()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (mut page, mut names) = (Page::default(), Vec::new());
    loop {
        let (_, listing) = ada.read(procedures::list(page)).await.unwrap();
        names.extend(listing.items.into_iter().map(|item| item.name.parse::<usize>().unwrap()));
        match listing.older {
            Some(cursor) => page = Page { before: Some(cursor) },
            None => break,
        }
    }
    assert_eq!(names, (0..total).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn two_people_adding_steps_at_once_get_two_positions() {
    let world = World::create().await;
    world.record("max", &[(&world.acme, domain::BaseRole::Admin)]).await;
    let procedure = world.procedure("ada", &world.acme, "opening").await;
    let add = |name: &'static str| {
        let org = world.org(name, &world.acme);
        async move {
            for index in 0..10 {
                let mut tx = org.write().await.unwrap();
                let title = StepTitle::parse(&format!("{name} {index}")).unwrap();
                step_templates::add(&mut tx, procedure, &title, &Details::parse("").unwrap()).await.unwrap();
                tx.commit().await.unwrap();
            }
        }
    };
    tokio::join!(add("ada"), add("max"));
    assert_eq!(titles(&world, procedure).await.len(), 22);
}
