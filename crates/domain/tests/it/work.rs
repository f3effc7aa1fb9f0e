//! Work on a run: whose a step is, when it is due, what it waits for, what is written down, and who agrees.

use std::collections::HashMap;

use domain::comments::{self, CommentText, Said};
use domain::due::{After, Due};
use domain::duties::{self, DutyName};
use domain::evidence::{Field, FieldKind};
use domain::my_work::{self, Whose};
use domain::procedures::{self, ProcedureId, ProcedureName};
use domain::runs::{self, Run, RunId, RunName, RunState};
use domain::step_templates::{self, StepTitle};
use domain::steps::{self, SignOff, StepState, WriteError};
use domain::{Assignee, Details, Error, Health, Org, StepRules, activity, memberships, tracker, versions};
use testkit::World;

/// A published procedure of these steps.
async fn procedure(org: &Org, steps: &[(&str, StepRules)]) -> ProcedureId {
    let mut tx = org.write().await.unwrap();
    let details = Details::parse("").unwrap();
    let id = procedures::create(&mut tx, &ProcedureName::parse("Close").unwrap(), &details).await.unwrap();
    for (title, rules) in steps {
        let step = step_templates::add(&mut tx, id, &StepTitle::parse(title).unwrap(), &details).await.unwrap();
        step_templates::rule(&mut tx, id, step, rules).await.unwrap();
    }
    procedures::publish(&mut tx, id, "").await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn start(org: &Org, procedure: ProcedureId) -> RunId {
    let mut tx = org.write().await.unwrap();
    let run = runs::start(&mut tx, procedure, &RunName::parse("November").unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    run
}

async fn shown(org: &Org, run: RunId) -> Run {
    org.read(runs::show(run)).await.unwrap().1
}

/// Does something in a transaction of its own.
macro_rules! act {
    ($org:expr, $function:path, $($argument:expr),*) => {{
        let mut tx = $org.write().await.unwrap();
        let done = $function(&mut tx, $($argument),*).await;
        if done.is_ok() {
            tx.commit().await.unwrap();
        }
        done
    }};
}

fn code(error: &Error) -> &str {
    match error {
        Error::Conflict { code, .. } | Error::Refused { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_step_is_given_to_whoever_its_rule_names() {
    let world = World::create().await;
    let (ada, max) = (world.org("ada", &world.acme), world.org("max", &world.acme));
    let duty = act!(ada, duties::create, &DutyName::parse("Finance").unwrap()).unwrap();
    act!(ada, duties::change, duty, &DutyName::parse("Finance").unwrap(), &[max.user().to_string()]).unwrap();
    let to = |assignee| StepRules { assignee, ..StepRules::default() };
    let steps = [
        ("mine", to(Assignee::Starter)),
        ("theirs", to(Assignee::Person(max.user().to_string()))),
        ("its", to(Assignee::Duty(duty))),
    ];
    let id = procedure(&ada, &steps).await;
    let run = start(&ada, id).await;
    let got = shown(&ada, run).await.steps;
    assert_eq!(got.iter().map(|step| step.assignee.as_deref()).collect::<Vec<_>>(), [Some("ada"), Some("max"), None]);
    assert_eq!(got[2].duty.as_deref(), Some("Finance"));
    let work = async |org: &Org, whose| {
        let (_, work) = org.read(my_work::show(org.user(), whose, None)).await.unwrap();
        work.steps.into_iter().map(|step| step.title).collect::<Vec<_>>()
    };
    assert_eq!(work(&ada, Whose::Mine).await, ["mine"]);
    assert_eq!(work(&max, Whose::Mine).await, ["theirs", "its"]);
    assert_eq!(work(&max, Whose::Nobody).await, Vec::<String>::new());
    assert_eq!(work(&max, Whose::Everyone).await.len(), 3);
    // Nobody's work is lost when somebody leaves: it is nobody's, and can be handed over.
    act!(ada, memberships::remove, max.user()).unwrap();
    assert_eq!(work(&ada, Whose::Nobody).await, ["theirs", "its"]);
    let step = got[1].id;
    assert!(matches!(act!(ada, steps::assign, run, step, None, Some(max.user().as_str())), Err(Error::Invalid(_))));
    act!(ada, steps::assign, run, step, None, Some(ada.user().as_str())).unwrap();
    assert_eq!(work(&ada, Whose::Mine).await, ["mine", "theirs"]);
    // A new run gives them nothing.
    let next = start(&ada, id).await;
    assert_eq!(shown(&ada, next).await.steps[1].assignee, None);
}

#[tokio::test]
async fn a_step_is_due_after_the_start_or_after_the_one_before() {
    let world = World::create().await;
    let ada = world.org("ada", &world.acme);
    let due = |after, days| StepRules { due: Some(Due { after, days, weekdays: false }), ..StepRules::default() };
    let steps = [("a", due(After::Start, 2)), ("b", due(After::Step, 1)), ("c", StepRules::default())];
    let id = procedure(&ada, &steps).await;
    let run = start(&ada, id).await;
    let before = shown(&ada, run).await;
    let at = before.summary.started_at;
    let zone = jiff::tz::TimeZone::get(&ada.read(runs::show(run)).await.unwrap().0.organisation.time_zone).unwrap();
    let expected = Due { after: After::Start, days: 2, weekdays: false }.at(at, &zone);
    assert_eq!((before.steps[0].due_at, before.steps[1].due_at, before.steps[2].due_at), (Some(expected), None, None));
    act!(ada, steps::tick, run, before.steps[0].id).unwrap();
    assert!(shown(&ada, run).await.steps[1].due_at.is_some());
    act!(ada, steps::undo, run, before.steps[0].id).unwrap();
    assert_eq!(shown(&ada, run).await.steps[1].due_at, None);
    // Late, and told so in every list.
    let past = "2020-01-01T00:00:00Z".parse().unwrap();
    act!(ada, steps::due, run, before.steps[0].id, None, Some(past)).unwrap();
    let late = shown(&ada, run).await;
    assert!(late.steps[0].overdue && late.summary.health == Some(Health::Overdue));
    let wanted = |health| tracker::Wanted { health: Some(health), ..tracker::Wanted::default() };
    for (health, found) in [(Health::Overdue, 1), (Health::OnTrack, 0), (Health::Problem, 0)] {
        let (_, listing) = ada.read(tracker::list(domain::Page::default(), &wanted(health))).await.unwrap();
        assert_eq!(listing.items.len(), found, "{health:?}");
    }
}

#[tokio::test]
async fn a_step_waits_for_the_one_before_and_its_sign_off() {
    let world = World::create().await;
    let (ada, max) = (world.org("ada", &world.acme), world.org("max", &world.acme));
    let signed = StepRules { sign_off: true, ..StepRules::default() };
    let waiting = StepRules { must_wait: true, ..StepRules::default() };
    let id = procedure(&ada, &[("pay", signed), ("close", waiting)]).await;
    let run = start(&ada, id).await;
    let [pay, close] = [0, 1].map(async |n| shown(&ada, run).await.steps[n].id);
    let (pay, close) = (pay.await, close.await);
    assert_eq!(code(&act!(max, steps::tick, run, close).unwrap_err()), "waits");
    assert_eq!(code(&act!(max, steps::skip, run, close, None, "no").unwrap_err()), "waits");
    assert_eq!(code(&act!(max, steps::approve, run, pay).unwrap_err()), "nothing_to_sign");
    act!(max, steps::tick, run, pay).unwrap();
    assert_eq!(code(&act!(max, steps::tick, run, close).unwrap_err()), "waits");
    assert_eq!(code(&act!(max, steps::approve, run, pay).unwrap_err()), "own_work");
    // Not yet: to be done again, and it says why.
    act!(ada, steps::reject, run, pay, "The receipt is missing").unwrap();
    let rejected = shown(&ada, run).await;
    assert_eq!(
        (rejected.steps[0].state, rejected.steps[0].reason.as_str()),
        (StepState::Blocked, "The receipt is missing")
    );
    act!(max, steps::tick, run, pay).unwrap();
    act!(ada, steps::approve, run, pay).unwrap();
    act!(ada, steps::approve, run, pay).unwrap();
    act!(max, steps::tick, run, close).unwrap();
    let done = shown(&ada, run).await;
    assert_eq!((done.summary.state, done.steps[0].sign_off), (RunState::Completed, SignOff::Approved));
    assert_eq!(done.steps[0].signed_by.as_deref(), Some("ada"));
    // Taking the tick back takes the sign-off with it.
    act!(max, steps::undo, run, pay).unwrap();
    let again = shown(&ada, run).await;
    assert_eq!((again.summary.state, again.steps[0].sign_off), (RunState::InProgress, SignOff::Later));
}

#[tokio::test]
async fn what_is_asked_for_is_written_down_before_the_tick() {
    let world = World::create().await;
    let ada = world.org("ada", &world.acme);
    let field = |key: &str, label: &str, kind, required| Field {
        key: key.to_owned(),
        label: label.to_owned(),
        kind,
        required,
        choices: Vec::new(),
    };
    let fields =
        vec![field("f1", "Difference", FieldKind::Number, true), field("f2", "Delivered", FieldKind::Date, false)];
    let id = procedure(&ada, &[("count", StepRules { fields, ..StepRules::default() })]).await;
    let run = start(&ada, id).await;
    let step = shown(&ada, run).await.steps[0].id;
    assert!(matches!(act!(ada, steps::tick, run, step), Err(Error::Invalid(_))));
    let typed = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let wrong = act!(ada, steps::write, run, step, None, &typed(&[("f1", "12,5"), ("f2", "2026-02-31")]));
    assert!(matches!(wrong, Err(WriteError::Wrong(wrong)) if wrong.len() == 1 && wrong[0].0 == "f2"));
    assert!(shown(&ada, run).await.steps[0].values.is_empty(), "all of it or nothing");
    act!(ada, steps::write, run, step, None, &typed(&[("f1", "12,5"), ("f2", ""), ("other", "x")])).unwrap();
    let written = shown(&ada, run).await.steps.remove(0);
    assert_eq!((written.value("f1"), written.values.len()), ("12.5", 1));
    act!(ada, steps::tick, run, step).unwrap();
    let late = act!(ada, steps::write, run, step, None, &typed(&[("f1", "1")]));
    assert!(matches!(late, Err(WriteError::Other(error)) if code(&error) == "already_done"));
}

#[tokio::test]
async fn whoever_comes_second_is_told_what_changed() {
    let world = World::create().await;
    let (ada, max) = (world.org("ada", &world.acme), world.org("max", &world.acme));
    let id = procedure(&ada, &[("a", StepRules::default()), ("b", StepRules::default())]).await;
    let run = start(&ada, id).await;
    let step = shown(&ada, run).await.steps.remove(0);
    act!(max, steps::report, run, step.id, Some(step.revision), "The scale is broken").unwrap();
    let late = act!(ada, steps::skip, run, step.id, Some(step.revision), "none today").unwrap_err();
    assert!(
        matches!(&late, Error::Conflict { code: "changed", message } if message.starts_with("max reported a problem"))
    );
    let now = shown(&ada, run).await;
    assert_eq!((now.steps[0].state, now.summary.health), (StepState::Blocked, Some(Health::Problem)));
    act!(ada, steps::resolve, run, step.id).unwrap();
    act!(ada, steps::skip, run, step.id, None, "none today").unwrap();
    let told: Vec<_> = shown(&ada, run).await.activity.iter().rev().filter_map(|event| event.what).collect();
    use activity::What;
    assert_eq!(told, [What::Started, What::Problem, What::Resolved, What::Skipped]);
    // A run that was given up is left alone until it is taken up again.
    act!(ada, runs::cancel, run, "Wrong month").unwrap();
    let other = now.steps[1].id;
    assert_eq!(code(&act!(max, steps::tick, run, other).unwrap_err()), "run_cancelled");
    let (_, work) = max.read(my_work::show(max.user(), Whose::Everyone, None)).await.unwrap();
    assert!(work.steps.is_empty());
    act!(ada, runs::reopen, run).unwrap();
    act!(max, steps::tick, run, other).unwrap();
    assert_eq!(code(&act!(ada, runs::cancel, run, "late").unwrap_err()), "completed");
}

#[tokio::test]
async fn people_are_named_in_comments_and_find_them() {
    let world = World::create().await;
    let (ada, max) = (world.org("ada", &world.acme), world.org("max", &world.acme));
    let id = procedure(&ada, &[("a", StepRules::default())]).await;
    let run = start(&ada, id).await;
    let step = shown(&ada, run).await.steps[0].id;
    act!(ada, comments::write, run, step, &CommentText::parse("@max, is <b>that</b> right?").unwrap()).unwrap();
    let said = shown(&max, run).await.comments.remove(0).said;
    assert_eq!(said, [Said::Mention("max".to_owned()), Said::Text(", is <b>that</b> right?".to_owned())]);
    let (_, work) = max.read(my_work::show(max.user(), Whose::Mine, None)).await.unwrap();
    assert_eq!((work.mentions.len(), work.mentions[0].written_by.as_deref()), (1, Some("ada")));
    let (_, work) = ada.read(my_work::show(ada.user(), Whose::Mine, None)).await.unwrap();
    assert!(work.mentions.is_empty());
}

#[tokio::test]
async fn an_archived_procedure_starts_nothing_and_its_runs_go_on() {
    let world = World::create().await;
    let ada = world.org("ada", &world.acme);
    let id = procedure(&ada, &[("a", StepRules::default())]).await;
    let run = start(&ada, id).await;
    act!(ada, procedures::archive, id, true).unwrap();
    let refused = act!(ada, runs::start, id, &RunName::parse("x").unwrap()).unwrap_err();
    assert_eq!(code(&refused), "archived");
    let step = shown(&ada, run).await.steps[0].id;
    act!(ada, steps::tick, run, step).unwrap();
    let (_, listed) = ada.read(procedures::list(domain::Page::default())).await.unwrap();
    assert!(listed.items.is_empty());
    act!(ada, procedures::archive, id, false).unwrap();
    act!(ada, runs::start, id, &RunName::parse("x").unwrap()).unwrap();
}

#[tokio::test]
async fn versions_are_compared_step_by_step() {
    let world = World::create().await;
    let ada = world.org("ada", &world.acme);
    let id = procedure(&ada, &[("count", StepRules::default()), ("order", StepRules::default())]).await;
    let (_, before) = ada.read(procedures::show(id)).await.unwrap();
    assert!(before.changes.is_empty());
    let run = start(&ada, id).await;
    let as_it_was = shown(&ada, run).await.steps;
    let rules = StepRules { sign_off: true, section: "Stock".to_owned(), ..StepRules::default() };
    act!(ada, step_templates::rule, id, before.steps[1].id, &rules).unwrap();
    let (_, draft) = ada.read(procedures::show(id)).await.unwrap();
    use versions::Change;
    assert_eq!(draft.changes.len(), 1);
    assert_eq!(draft.changes[0].changes, [Change::Section, Change::SignOff]);
    act!(ada, procedures::publish, id, "Signed from now on").unwrap();
    let (_, second) = ada.read(versions::show(id, 2)).await.unwrap();
    assert!(second.newest && second.changes == draft.changes);
    assert!(ada.read(versions::show(id, 3)).await.is_err());
    let same = serde_json::to_string(&shown(&ada, run).await.steps).unwrap();
    assert_eq!(same, serde_json::to_string(&as_it_was).unwrap(), "a run keeps what it began with");
}
