//! Every order of each story's events, each event delivered more than once: what we have at the end is what Clerk has.
//!
//! An event is delivered once what it tells has happened, and Clerk has gone no further by then than it must have: the
//! order in which our questions fall between Clerk's changes is part of what is permuted.

use domain::inbound_events::{self, Vendor};
use mirror::Mirror;
use serde_json::{Value, json};
use testkit::{Account, ClerkAccount, TestDatabase};
use tokio::task::JoinSet;

use crate::State;

/// Orders that are played side by side; as many as there are connections.
const AT_ONCE: usize = 8;

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

fn nothing(_: &mut Account, _: &str) {}

/// Plays every order of the story.
async fn every_order_of(story: &'static [Step]) {
    let clerk = ClerkAccount::start().await;
    let clerk: &'static ClerkAccount = Box::leak(Box::new(clerk));
    let database = TestDatabase::create().await;
    let worker = database.worker().await;
    let state = State { mirror: Mirror::new(worker.clone(), clerk.backend()), database: worker };

    let orders = permutations(story.len());
    let count = orders.len();
    // Each event once, and each event again right after itself.
    let doubled: Vec<Vec<usize>> =
        orders.iter().map(|order| order.iter().flat_map(|&one| [one, one]).collect()).collect();
    let mut playing = JoinSet::new();
    for (number, order) in orders.into_iter().chain(doubled).enumerate() {
        if playing.len() == AT_ONCE {
            playing.join_next().await.unwrap().unwrap();
        }
        let state = state.clone();
        playing.spawn(async move { play(&state, clerk, story, &number.to_string(), &order).await });
    }
    while let Some(played) = playing.join_next().await {
        played.unwrap();
    }
    let report = state.mirror.reconcile().await.unwrap();
    assert_eq!(report.found, [], "after {count} orders");
    assert!(count == (1..=story.len()).product::<usize>() && count > 1);
}

async fn play(state: &State, clerk: &ClerkAccount, story: &[Step], at: &str, order: &[usize]) {
    let mut happened = 0;
    for (delivery, &step) in order.iter().enumerate() {
        while happened <= step {
            (story[happened].change)(&mut clerk.account(), at);
            happened += 1;
        }
        let body = json!({ "type": story[step].kind, "object": "event", "data": (story[step].data)(at) }).to_string();
        let id = format!("msg_{at}_{delivery}");
        let kind = story[step].kind;
        inbound_events::record(&state.database, Vendor::Clerk, &id, kind, body.as_bytes()).await.unwrap();
        super::super::look_into(state, kind, &body).await.unwrap();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_joins_rises_and_leaves() {
    const STORY: &[Step] = &[
        step("user.created", user, comes),
        step("organization.created", organisation, founds),
        step("organizationMembership.created", membership, joins),
        step("organizationMembership.updated", membership, rises),
        step("organization.updated", organisation, renames),
        step("organizationMembership.deleted", membership, leaves),
    ];
    every_order_of(STORY).await;
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
    every_order_of(STORY).await;
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
    every_order_of(STORY).await;
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
    every_order_of(STORY).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_before_its_person_is_known() {
    const STORY: &[Step] = &[
        step("user.created", user, comes),
        step("session.created", session, nothing),
        step("session.ended", session, nothing),
        step("waitlistEntry.created", session, nothing),
    ];
    every_order_of(STORY).await;
}
