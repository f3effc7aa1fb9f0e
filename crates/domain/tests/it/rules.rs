//! The three rules, walked through at random: whatever members, the invited and Clerk do in whatever order, nobody gives
//! or gets more than the giver holds, nobody touches whoever holds more, an admin stays, and seats are kept.
//!
//! `RULES_SEED` walks a walk again, `RULES_STEPS` says how far; both are printed.

mod snapshot;
mod steps;

use std::collections::BTreeMap;

use domain::{BaseRole, Error, Plan};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use testkit::World;

use crate::number;
use snapshot::{Held, Snapshot};
use steps::{Step, do_step};

const STEPS: u64 = 400;

/// Those who act and are acted upon; the last four begin outside.
pub(crate) const PEOPLE: [&str; 8] = ["ada", "max", "rita", "ben", "nadia", "noor", "omar", "pia"];

#[tokio::test]
async fn no_walk_of_whatever_steps_breaks_a_rule() {
    let (seed, steps) = (number("RULES_SEED", 20_261_128), number("RULES_STEPS", STEPS));
    println!("RULES_SEED={seed} RULES_STEPS={steps}");
    let world = World::create().await;
    for name in &PEOPLE[4..] {
        world.record(name, &[]).await;
    }
    let mut random = StdRng::seed_from_u64(seed);
    let mut came_of_it: BTreeMap<(&'static str, bool), u64> = BTreeMap::new();
    let admin = world.database.client("postgres").await;
    let mut before = Snapshot::of(&admin).await;
    let is_covered = |came: &BTreeMap<(&'static str, bool), u64>| {
        steps::NAMES.iter().all(|name| came.contains_key(&(*name, true)))
            && steps::REFUSABLE.iter().all(|name| came.contains_key(&(*name, false)))
    };
    // A walk that never gets anywhere, or is never refused, has shown nothing: it goes on until it has.
    let longest = steps.max(STEPS) * 10;
    for number in 0..longest {
        if number >= steps && is_covered(&came_of_it) {
            break;
        }
        let step = if before.admins() == 0 { rescue(&before) } else { Step::random(&mut random, &before) };
        let actor = step.actor(&mut random, &before);
        let outcome = do_step(&world, actor, &step).await;
        let after = Snapshot::of(&admin).await;
        let at = format!("seed {seed}, step {number}: {actor} {step:?}: {outcome:?}");
        check(actor, &step, &before, &after, outcome.as_ref().err(), &at);
        *came_of_it.entry((step.name(), outcome.is_ok())).or_default() += 1;
        snapshot::an_hour_later(&admin).await;
        if random.random_ratio(1, 2) {
            steps::tell_clerk(&world).await;
        }
        before = Snapshot::of(&admin).await;
    }
    println!("{came_of_it:?}");
    assert!(is_covered(&came_of_it), "{came_of_it:?}");
}

/// Clerk left nobody an admin: it is Clerk that makes one, once there is a seat.
fn rescue(before: &Snapshot) -> Step {
    if before.taken() >= before.limit {
        Step::Plan(Plan::parse("business").unwrap())
    } else {
        Step::Clerk("ada", Some(BaseRole::Admin))
    }
}

fn check(actor: &str, step: &Step, before: &Snapshot, after: &Snapshot, error: Option<&Error>, at: &str) {
    assert!(!matches!(error, Some(Error::Database(_))), "{at}");
    assert!(after.taken() <= before.taken().max(after.limit), "more than the seats. {at}\n{before:?}\n{after:?}");
    if matches!(step, Step::Clerk(..) | Step::Plan(_)) {
        return;
    }
    if error.is_some() {
        assert_eq!(before, after, "refused, and yet something changed. {at}");
        return;
    }
    let held = before.rights_of(actor);
    if let Some(permission) = step.permission() {
        assert!(held.contains(&permission), "without {permission}. {at}");
    }
    assert!(after.admins() > 0, "nobody is an admin. {at}");
    given_within(actor, step, before, after, &held, at);
    touched_within(actor, step, before, after, &held, at);
}

/// Nobody has more than before, unless whoever gave it holds it: the actor, or the inviter of whoever accepts.
fn given_within(actor: &str, step: &Step, before: &Snapshot, after: &Snapshot, held: &Held, at: &str) {
    for name in after.members.keys() {
        let now = after.rights_of(name);
        let gained: Held = now.difference(&before.rights_of(name)).copied().collect();
        let giver = match step {
            Step::Accept(id) if name == actor => before.rights_of(&before.invitations[id].inviter),
            _ => held.clone(),
        };
        assert!(gained.is_subset(&giver), "{name} gained {gained:?} of {giver:?}. {at}");
    }
    for (id, contents) in &after.own {
        let was = before.own.get(id).cloned().unwrap_or_default();
        let more: Held = contents.difference(&was).copied().collect();
        assert!(more.is_subset(held), "a role got {more:?} of {held:?}. {at}");
    }
    for (id, invitation) in &after.invitations {
        let promised = after.rights(invitation.role, &invitation.roles);
        let was = before.invitations.get(id).map(|was| before.rights(was.role, &was.roles)).unwrap_or_default();
        let more: Held = promised.difference(&was).copied().collect();
        assert!(more.is_subset(held), "an invitation promises {more:?} of {held:?}. {at}");
        if matches!(step, Step::Resend(resent) if resent == id) {
            assert!(promised.is_subset(held), "sent again: {promised:?} of {held:?}. {at}");
        }
    }
}

/// Whoever is changed or removed by somebody else held no more than that one; what is taken from holders of a role is
/// within it too.
fn touched_within(actor: &str, step: &Step, before: &Snapshot, after: &Snapshot, held: &Held, at: &str) {
    for (name, was) in before.members.iter().filter(|(name, _)| *name != actor) {
        let had = before.rights_of(name);
        let lost: Held = had.difference(&after.rights_of(name)).copied().collect();
        assert!(lost.is_subset(held), "{name} lost {lost:?}. {at}");
        let directly = matches!(step, Step::ChangeRole(..) | Step::Assign(..) | Step::Remove(_));
        if directly && after.members.get(name) != Some(was) {
            assert!(had.is_subset(held), "{name} holds {had:?}. {at}");
        }
    }
    for (id, contents) in before.own.iter().filter(|(id, was)| after.own.get(id) != Some(was)) {
        assert!(contents.is_subset(held), "the role {id} had {contents:?} of {held:?}. {at}");
    }
    if let Step::ChangeInvitation(id, ..) = step {
        let was = &before.invitations[id];
        assert!(before.rights(was.role, &was.roles).is_subset(held), "the invitation promised more. {at}");
    }
}
