//! Histories of chance: of what happens at Clerk some events are lost, some come twice, late, or in another order; then
//! one comparison, and both sides are equal.
//!
//! `HISTORIES` says how many, `HISTORY_SEED` which: a red run names its seed.

use std::collections::BTreeSet;

use domain::inbound_events::{self, Vendor};
use serde_json::{Value, json};
use testkit::{Account, Dice, number_from};
use tokio::task::JoinSet;

use crate::State;
use crate::stage::Stage;

/// Histories in one database, with one comparison.
const TOGETHER: u64 = 250;
/// Histories that happen side by side.
const AT_ONCE: usize = 8;
const PEOPLE: usize = 2;
const ORGANISATIONS: usize = 2;
/// Addresses that the organisations of a history take from each other.
const ADDRESSES: usize = 3;
/// Changes that are tried; many of them cannot be.
const TRIED: usize = 20;

/// What Clerk says happened.
struct Event {
    kind: &'static str,
    data: Value,
}

/// One history's part of the account.
struct History {
    number: u64,
    dice: Dice,
    people: [Life; PEOPLE],
    organisations: [Life; ORGANISATIONS],
    addresses: [Option<usize>; ORGANISATIONS],
    members: BTreeSet<(usize, usize)>,
}

/// Ids are never given a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    ToCome,
    Here,
    Gone,
}

impl History {
    fn new(seed: u64, number: u64) -> Self {
        Self {
            number,
            dice: Dice::seeded(seed ^ number.wrapping_mul(0x9e37_79b9)),
            people: [Life::ToCome; PEOPLE],
            organisations: [Life::ToCome; ORGANISATIONS],
            addresses: [None; ORGANISATIONS],
            members: BTreeSet::new(),
        }
    }

    fn user(&self, person: usize) -> String {
        format!("user_p{person}h{}", self.number)
    }

    fn organisation(&self, organisation: usize) -> String {
        format!("org_o{organisation}h{}", self.number)
    }

    /// Something happens that can happen; `None` where chance chose what cannot.
    fn change(&mut self, account: &mut Account) -> Option<Event> {
        let (person, organisation) = (self.dice.below(PEOPLE), self.dice.below(ORGANISATIONS));
        let (user, org) = (self.user(person), self.organisation(organisation));
        let is_here = (self.people[person] == Life::Here, self.organisations[organisation] == Life::Here);
        let membership = json!({ "public_user_data": { "user_id": user }, "organization": { "id": org } });
        let event = |kind, data| Some(Event { kind, data });
        match (self.dice.below(12), is_here) {
            (0..=2, (here, _)) if self.people[person] != Life::Gone => {
                self.people[person] = Life::Here;
                account.person(&user, &format!("Somebody {}", self.dice.below(3)));
                event(if here { "user.updated" } else { "user.created" }, json!({ "id": user }))
            }
            (3, (true, _)) => {
                account.ban(&user, self.dice.percent(60));
                event("user.updated", json!({ "id": user }))
            }
            (4, (true, _)) => {
                self.people[person] = Life::Gone;
                self.members.retain(|(one, _)| *one != person);
                account.delete_person(&user);
                event("user.deleted", json!({ "id": user }))
            }
            (5..=6, (_, here)) if self.organisations[organisation] != Life::Gone => {
                let address = self.dice.below(ADDRESSES);
                let taken =
                    self.addresses.iter().enumerate().any(|(at, one)| at != organisation && *one == Some(address));
                if taken {
                    return None;
                }
                self.organisations[organisation] = Life::Here;
                self.addresses[organisation] = Some(address);
                let name = format!("Something {}", self.dice.below(3));
                account.organisation(&org, &format!("a{address}-{}", self.number), &name);
                event(if here { "organization.updated" } else { "organization.created" }, json!({ "id": org }))
            }
            (7, (_, true)) => {
                self.organisations[organisation] = Life::Gone;
                self.addresses[organisation] = None;
                self.members.retain(|(_, one)| *one != organisation);
                account.delete_organisation(&org);
                event("organization.deleted", json!({ "id": org, "deleted": true }))
            }
            (8..=10, (true, true)) => {
                let new = self.members.insert((person, organisation));
                account.member(&user, &org, ["admin", "member"][self.dice.below(2)]);
                event(if new { "organizationMembership.created" } else { "organizationMembership.updated" }, membership)
            }
            (11, _) if self.members.remove(&(person, organisation)) => {
                account.leave(&user, &org);
                event("organizationMembership.deleted", membership)
            }
            _ => None,
        }
    }

    /// All of it, with what chance makes of the deliveries.
    async fn happen(mut self, stage: &Stage, state: &State) {
        let mut on_their_way: Vec<Event> = Vec::new();
        let mut delivery = 0;
        for _ in 0..TRIED {
            let Some(event) = self.change(&mut stage.clerk.account()) else { continue };
            if !self.dice.percent(25) {
                on_their_way.push(event);
            }
            while !on_their_way.is_empty() && self.dice.percent(45) {
                self.deliver(state, &mut on_their_way, &mut delivery).await;
            }
        }
        while !on_their_way.is_empty() {
            self.deliver(state, &mut on_their_way, &mut delivery).await;
        }
    }

    /// One event that is on its way, whichever; sometimes two side by side; sometimes it comes again later.
    async fn deliver(&mut self, state: &State, on_their_way: &mut Vec<Event>, delivery: &mut usize) {
        let first = on_their_way.swap_remove(self.dice.below(on_their_way.len()));
        let second = on_their_way.pop_if(|_| self.dice.percent(25));
        *delivery += 1 + usize::from(second.is_some());
        let id = |at: usize| format!("msg_{}_{at}", self.number);
        let one = arrive(state, &first, id(*delivery));
        match &second {
            Some(second) => _ = tokio::join!(one, arrive(state, second, id(*delivery - 1))),
            None => one.await,
        }
        if self.dice.percent(20) {
            on_their_way.push(first);
        }
    }
}

/// Recorded and looked into. One that fails would be tried again; here it is as good as lost.
async fn arrive(state: &State, event: &Event, id: String) {
    let body = json!({ "type": event.kind, "object": "event", "data": event.data }).to_string();
    inbound_events::record(&state.database, Vendor::Clerk, &id, event.kind, body.as_bytes()).await.unwrap();
    if let Err(failure) = super::super::look_into(state, event.kind, &body).await {
        println!("{id} {}: {failure}", event.kind);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_lost_one_comparison_makes_both_sides_equal() {
    let (count, seed) = (number_from("HISTORIES", 700), number_from("HISTORY_SEED", 20_261_128));
    println!("HISTORIES={count} HISTORY_SEED={seed}");
    let (mut first, mut drifted) = (0, 0);
    while first < count {
        let last = count.min(first + TOGETHER);
        drifted += histories(seed, first..last).await;
        first = last;
    }
    // Chance that never loses anything would prove nothing.
    assert!(drifted as u64 > count / 4, "{drifted} differences in {count} histories");
}

/// Lets these happen, compares, and says how much differed before.
async fn histories(seed: u64, numbers: std::ops::Range<u64>) -> usize {
    let stage = std::sync::Arc::new(Stage::set().await);
    let mut happening = JoinSet::new();
    for number in numbers.clone() {
        if happening.len() == AT_ONCE {
            happening.join_next().await.unwrap().unwrap();
        }
        let stage = std::sync::Arc::clone(&stage);
        happening.spawn(async move { History::new(seed, number).happen(&stage, &stage.state).await });
    }
    while let Some(happened) = happening.join_next().await {
        happened.unwrap();
    }
    let report = stage.state.mirror.reconcile().await.unwrap();
    let unrepaired: Vec<_> = report.found.iter().filter(|difference| !difference.repaired).collect();
    assert!(unrepaired.is_empty(), "HISTORY_SEED={seed}, {numbers:?}: {unrepaired:?}");
    let (ours, clerks) = (stage.told().await, stage.clerk.account().told());
    let differs: Vec<_> = ours.symmetric_difference(&clerks).collect();
    assert!(differs.is_empty(), "HISTORY_SEED={seed}, {numbers:?}: {differs:?}");
    report.found.len()
}
