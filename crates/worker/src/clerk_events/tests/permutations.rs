//! Every order of each story's events, each event delivered more than once: what we have at the end is what Clerk has.
//!
//! An event is delivered once what it tells has happened, and Clerk has gone no further by then than it must have: the
//! order in which our questions fall between Clerk's changes is part of what is permuted.

use std::time::Duration;

use domain::inbound_events::{self, APPLY_CLERK_EVENT, Vendor};
use domain::{Error, directory, drift};
use serde_json::{Value, json};
use tenancy::UserId;
use testkit::{Account, ClerkAccount, Dice};
use tokio::task::JoinSet;

use crate::State;
use crate::stage::{Stage, until};

/// Orders that are played side by side; as many as there are connections.
const AT_ONCE: usize = 8;
/// Where late deliveries fall.
const SEED: u64 = 20_261_128;

/// One thing that happens at Clerk, and the event about it. `$` in an id stands for the number of the order.
struct Step {
    change: fn(&mut Account, &str),
    kind: &'static str,
    data: fn(&str) -> Value,
}

fn user(at: &str) -> Value {
    json!({ "id": format!("user_ada{at}") })
}

fn organisation(at: &str) -> Value {
    json!({ "id": format!("org_acme{at}") })
}

fn other(at: &str) -> Value {
    json!({ "id": format!("org_bolt{at}") })
}

fn membership(at: &str) -> Value {
    json!({ "public_user_data": { "user_id": format!("user_ada{at}") }, "organization": organisation(at) })
}

fn anothers_membership(at: &str) -> Value {
    json!({ "public_user_data": { "user_id": format!("user_bea{at}") }, "organization": organisation(at) })
}

fn invitation(at: &str) -> Value {
    json!({
        "object": "organization_invitation", "id": format!("orginv_{at}"), "organization_id": format!("org_acme{at}"),
        "email_address": format!("user_bea{at}@example.test"), "role": "org:member", "status": "pending",
    })
}

fn session(at: &str) -> Value {
    json!({ "id": format!("sess_{at}"), "user_id": format!("user_ada{at}") })
}

const fn step(kind: &'static str, data: fn(&str) -> Value, change: fn(&mut Account, &str)) -> Step {
    Step { change, kind, data }
}

fn comes(account: &mut Account, at: &str) {
    account.person(&format!("user_ada{at}"), "Ada");
}

fn founds(account: &mut Account, at: &str) {
    account.organisation(&format!("org_acme{at}"), &format!("acme-{at}"), "Acme");
}

fn joins(account: &mut Account, at: &str) {
    account.member(&format!("user_ada{at}"), &format!("org_acme{at}"), "member");
}

fn rises(account: &mut Account, at: &str) {
    account.member(&format!("user_ada{at}"), &format!("org_acme{at}"), "admin");
}

fn leaves(account: &mut Account, at: &str) {
    account.leave(&format!("user_ada{at}"), &format!("org_acme{at}"));
}

fn renames(account: &mut Account, at: &str) {
    account.organisation(&format!("org_acme{at}"), &format!("acme-new-{at}"), "Acme New");
}

fn dissolves(account: &mut Account, at: &str) {
    account.delete_organisation(&format!("org_acme{at}"));
}

fn is_banned(account: &mut Account, at: &str) {
    account.ban(&format!("user_ada{at}"), true);
}

fn is_let_in_again(account: &mut Account, at: &str) {
    account.ban(&format!("user_ada{at}"), false);
}

fn goes(account: &mut Account, at: &str) {
    account.delete_person(&format!("user_ada{at}"));
}

/// The other one takes the address that the first has given up.
fn takes_over(account: &mut Account, at: &str) {
    account.organisation(&format!("org_bolt{at}"), &format!("acme-{at}"), "Bolt");
}

/// Signs up by accepting an invitation.
fn another_joins(account: &mut Account, at: &str) {
    account.person(&format!("user_bea{at}"), "Bea");
    account.member(&format!("user_bea{at}"), &format!("org_acme{at}"), "member");
}

fn another_rises(account: &mut Account, at: &str) {
    account.member(&format!("user_bea{at}"), &format!("org_acme{at}"), "admin");
}

fn nothing(_: &mut Account, _: &str) {}

/// How the events of an order are delivered.
#[derive(Debug, Clone, Copy)]
enum Delivery {
    /// One after the other is looked into.
    InTurn,
    /// Recorded as they come, and a worker takes them from the queue while others come.
    ThroughTheQueue,
}

/// Plays every order of the story, each event once; and again each of these orders, or one of so many, with every event
/// delivered once more somewhere after its first delivery.
async fn every_order_of(story: &'static [Step], one_of: usize) -> Stage {
    let orders = permutations(story.len());
    let count = orders.len();
    assert!(count == (1..=story.len()).product::<usize>() && count > 1);
    let mut dice = Dice::seeded(SEED);
    let again: Vec<Vec<usize>> = orders.iter().step_by(one_of).map(|order| late(order, &mut dice)).collect();
    play_all(story, orders.into_iter().chain(again), Delivery::InTurn).await
}

/// Plays orders side by side, each with people and organisations of its own; then nothing may differ from Clerk.
async fn play_all(story: &'static [Step], orders: impl Iterator<Item = Vec<usize>>, delivery: Delivery) -> Stage {
    let stage = Stage::set().await;
    let worker = matches!(delivery, Delivery::ThroughTheQueue).then(|| stage.run());
    let mut playing = JoinSet::new();
    for (number, order) in orders.enumerate() {
        if playing.len() == AT_ONCE {
            playing.join_next().await.unwrap().unwrap();
        }
        let (state, clerk) = (stage.state.clone(), stage.clerk.clone());
        playing.spawn(async move { play(&state, &clerk, story, &number.to_string(), &order, delivery).await });
    }
    while let Some(played) = playing.join_next().await {
        played.unwrap();
    }
    if let Some(worker) = worker {
        let nothing_left = async || stage.jobs(APPLY_CLERK_EVENT, "ready").await == 0;
        until(Duration::from_secs(120), "all events are looked into", nothing_left).await;
        worker.end().await.unwrap();
    }
    assert_eq!(stage.jobs(APPLY_CLERK_EVENT, "parked").await, 0);
    let report = stage.state.mirror.reconcile().await.unwrap();
    assert!(report.found.is_empty(), "{} differ, as {:?}", report.found.len(), report.found[0]);
    stage
}

/// The order with every event once more, anywhere after its first delivery.
fn late(order: &[usize], dice: &mut Dice) -> Vec<usize> {
    let mut all = order.to_vec();
    for &step in order {
        let first = all.iter().position(|&one| one == step).unwrap();
        let at = first + 1 + dice.below(all.len() - first);
        all.insert(at, step);
    }
    all
}

async fn play(state: &State, clerk: &ClerkAccount, story: &[Step], at: &str, order: &[usize], how: Delivery) {
    let mut happened = 0;
    for (delivery, &step) in order.iter().enumerate() {
        while happened <= step {
            (story[happened].change)(&mut clerk.account(), at);
            happened += 1;
        }
        deliver(state, &story[step], at, &format!("msg_{at}_{delivery}"), how).await;
    }
}

/// A delivery of its own, with an id of its own.
async fn deliver(state: &State, step: &Step, at: &str, id: &str, how: Delivery) {
    let body = json!({ "type": step.kind, "object": "event", "data": (step.data)(at) }).to_string();
    inbound_events::record(&state.database, Vendor::Clerk, id, step.kind, body.as_bytes()).await.unwrap();
    if let Delivery::InTurn = how {
        super::super::look_into(state, step.kind, &body).await.unwrap();
    }
}

fn permutations(length: usize) -> Vec<Vec<usize>> {
    if length == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(length - 1);
    let with_last = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, length - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..length).map(move |at| with_last(order, at))).collect()
}

const JOINS_RISES_AND_LEAVES: &[Step] = &[
    step("user.created", user, comes),
    step("organization.created", organisation, founds),
    step("organizationMembership.created", membership, joins),
    step("organizationMembership.updated", membership, rises),
    step("organization.updated", organisation, renames),
    step("organizationMembership.deleted", membership, leaves),
];

const IS_INVITED_AND_TAKES_OVER: &[Step] = &[
    step("organizationMembership.created", membership, |account, at| {
        comes(account, at);
        founds(account, at);
        rises(account, at);
    }),
    step("organizationInvitation.created", invitation, nothing),
    step("organizationMembership.created", anothers_membership, another_joins),
    step("organizationInvitation.accepted", invitation, nothing),
    step("organizationMembership.updated", anothers_membership, another_rises),
    step("organizationMembership.deleted", membership, leaves),
];

const SIGNS_IN_AND_OUT: &[Step] = &[
    step("user.created", user, comes),
    step("session.created", session, nothing),
    step("organization.created", organisation, founds),
    step("organizationMembership.created", membership, joins),
    step("session.ended", session, nothing),
    step("user.updated", user, |account, at| account.person(&format!("user_ada{at}"), "Ada Renamed")),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_joins_rises_and_leaves() {
    every_order_of(JOINS_RISES_AND_LEAVES, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_invited_and_takes_over_from_the_founder() {
    every_order_of(IS_INVITED_AND_TAKES_OVER, 6).await;
}

/// Whatever came first: nothing is answered to the session that is over, and it is known as over once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_signs_in_joins_and_signs_out() {
    let stage = every_order_of(SIGNS_IN_AND_OUT, 6).await;
    let statement = "select count(*), count(*) filter (where ended_sessions = array['sess_' || substr(id, 9)])
                       from tenantry.users";
    let row = stage.admin.query_one(statement, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (720 + 120, 720 + 120));
    let ada = UserId::parse("user_ada7").unwrap();
    let with = async |session| directory::person(&stage.state.database, &ada, Some(session)).await;
    assert!(matches!(with("sess_7").await, Err(Error::SessionEnded)));
    assert!(with("sess_8").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_organisation_is_dissolved_and_its_only_member_goes() {
    const STORY: &[Step] = &[
        step("user.created", user, comes),
        step("organization.created", organisation, founds),
        step("organizationMembership.created", membership, rises),
        step("organization.deleted", organisation, dissolves),
        step("user.deleted", user, goes),
    ];
    every_order_of(STORY, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_banned_and_let_in_again() {
    const STORY: &[Step] = &[
        step("user.created", user, comes),
        step("organization.created", organisation, founds),
        step("organizationMembership.created", membership, joins),
        step("user.updated", user, is_banned),
        step("user.updated", user, is_let_in_again),
    ];
    every_order_of(STORY, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_goes_from_one_organisation_to_another() {
    const STORY: &[Step] = &[
        step("user.created", user, comes),
        step("organization.created", organisation, founds),
        step("organizationMembership.created", membership, joins),
        step("organization.updated", organisation, renames),
        step("organization.created", other, takes_over),
    ];
    every_order_of(STORY, 1).await;
}

/// Every place where one event can come a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_event_comes_again_anywhere_later() {
    const STORY: &[Step] = &[
        step("user.created", user, comes),
        step("organization.created", organisation, founds),
        step("organizationMembership.created", membership, rises),
        step("user.deleted", user, goes),
    ];
    let mut again = Vec::new();
    for order in permutations(STORY.len()) {
        for first in 0..order.len() {
            for at in first + 1..=order.len() {
                let mut order = order.clone();
                order.insert(at, order[first]);
                again.push(order);
            }
        }
    }
    assert_eq!(again.len(), 24 * (4 + 3 + 2 + 1));
    play_all(STORY, again.into_iter(), Delivery::InTurn).await;
}

/// Events of one person are looked into side by side, and jobs end in an order of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_the_queue_it_is_no_different() {
    let mut dice = Dice::seeded(SEED);
    let orders: Vec<_> = permutations(6).iter().step_by(12).map(|order| late(order, &mut dice)).collect();
    for story in [JOINS_RISES_AND_LEAVES, IS_INVITED_AND_TAKES_OVER] {
        play_all(story, orders.clone().into_iter(), Delivery::ThroughTheQueue).await;
    }
}

/// Old truths with fresh signatures: an attacker's, or an operator's who sends everything again.
#[tokio::test]
async fn an_old_event_that_comes_again_later_changes_nothing() {
    for story in [JOINS_RISES_AND_LEAVES, IS_INVITED_AND_TAKES_OVER, SIGNS_IN_AND_OUT] {
        let stage = Stage::set().await;
        let order: Vec<usize> = (0..story.len()).collect();
        play(&stage.state, &stage.clerk, story, "0", &order, Delivery::InTurn).await;
        let before = drift::ours(&stage.state.database).await.unwrap();
        assert!(!before.is_empty());
        for (number, step) in story.iter().enumerate() {
            deliver(&stage.state, step, "0", &format!("msg_again_{number}"), Delivery::InTurn).await;
            assert_eq!(drift::ours(&stage.state.database).await.unwrap(), before, "{} again", step.kind);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_before_its_person_is_known() {
    const STORY: &[Step] = &[
        step("user.created", user, comes),
        step("session.created", session, nothing),
        step("session.ended", session, nothing),
        step("waitlistEntry.created", session, nothing),
    ];
    let stage = every_order_of(STORY, 1).await;
    let open = "select count(*) from tenantry.users where ended_sessions <> array['sess_' || substr(id, 9)]";
    assert_eq!(stage.admin.query_one(open, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_session_ends_whose_person_has_gone_before_anybody_here_heard_of_them() {
    let stage = Stage::set().await;
    stage.record("msg_gone", "session.ended", &session("gone")).await;
    crate::work_once(&stage.state).await.unwrap();
    assert_eq!(stage.jobs(APPLY_CLERK_EVENT, "done").await, 1);
    assert!(!stage.knows("user_adagone").await);
}
