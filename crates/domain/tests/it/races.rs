//! The rules at the same moment: everybody has begun before anybody is done.
//!
//! `RACE_ROUNDS` says how many rounds there are in all, `RACE_SEED` who does what in them; both are printed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::audit_log::Origin;
use domain::directory::{self, OrganisationRecord, PersonRecord};
use domain::invitations::{InvitationId, acceptance};
use domain::{BaseRole, CustomRole, Error, Org, memberships, roles};
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tenancy::{Database, PoolOptions};
use testkit::{Client, Organisation, TestDatabase, World, user};
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::number;

const ROUNDS: u64 = 400;
/// Organisations that race beside each other.
const RINGS: usize = 4;
/// Who is an admin in each, when a round begins.
const ADMINS: usize = 3;
/// Connections for all of them: each round of a ring holds one per admin.
const CONNECTIONS: usize = RINGS * ADMINS + 2;
/// How many come at once where there are many.
const CROWD: usize = 200;

#[expect(clippy::print_stdout, reason = "a red run can be run again by what it printed")]
fn rounds(name: &str, share: u64) -> (u64, u64) {
    let (rounds, seed) = (number("RACE_ROUNDS", ROUNDS), number("RACE_SEED", 20_261_128));
    println!("{name}: RACE_ROUNDS={rounds} RACE_SEED={seed}");
    (rounds * share / 10, seed)
}

/// An organisation with its people, and a way to see it from behind the wall.
struct Ring {
    app: Database,
    organisation: Organisation,
    admin: Client,
}

impl Ring {
    async fn new(database: &TestDatabase, app: &Database, number: usize) -> Self {
        let organisation = testkit::organisation(&format!("ring{number}"));
        let ring = Self { app: app.clone(), organisation, admin: database.client("postgres").await };
        for admin in 0..ADMINS {
            ring.record(&ring.person(admin), Some(BaseRole::Admin)).await;
        }
        ring
    }

    fn person(&self, number: usize) -> String {
        format!("{}p{number}", self.organisation.slug)
    }

    fn door(&self, name: &str) -> Org {
        Org::new(&self.app, self.organisation.id.clone(), user(name), &self.organisation.slug)
    }

    /// What Clerk says of a person: that they are here, or nowhere.
    async fn record(&self, name: &str, role: Option<BaseRole>) {
        let slug = &self.organisation.slug;
        let at = || OrganisationRecord::new(self.organisation.id.clone(), Some(slug), "The ring");
        let memberships = role.map(|role| (at(), role)).into_iter().collect();
        let record = PersonRecord::new(user(name), &format!("{name}@example.test"), name, memberships);
        let asked_at = directory::now(&self.app).await.unwrap();
        directory::record_person(&self.app, &record, asked_at).await.unwrap();
    }

    async fn count(&self, sql: &str) -> i64 {
        self.admin.query_one(sql, &[&self.organisation.id.as_str()]).await.unwrap().get(0)
    }

    /// Everybody is an admin again, and nobody knows what was.
    async fn begin(&self) {
        let id = self.organisation.id.as_str();
        let sql = "update tenantry.memberships
                      set role = 'admin', removed_at = null, changed_at = null, waiting_since = null
                    where organisation_id = $1";
        self.admin.execute(sql, &[&id]).await.unwrap();
    }

    async fn admins(&self) -> i64 {
        self.count(
            "select count(*) from tenantry.memberships
              where organisation_id = $1 and role = 'admin' and removed_at is null and waiting_since is null",
        )
        .await
    }

    async fn members(&self) -> i64 {
        self.count(
            "select count(*) from tenantry.memberships
              where organisation_id = $1 and removed_at is null and waiting_since is null",
        )
        .await
    }

    /// Pending invitations to these people, by the first admin; more than there are seats, as after a smaller plan.
    async fn invite(&self, names: &[String]) -> Vec<InvitationId> {
        let ids: Vec<Uuid> = names.iter().map(|_| Uuid::new_v4()).collect();
        let addresses: Vec<String> = names.iter().map(|name| format!("{name}@example.test")).collect();
        let sql = "insert into tenantry.invitations (organisation_id, id, address, role, invited_by, inviter_name, expires_at)
                   select $1, new.id, new.address, 'member', $2, 'Somebody', now() + interval '1 day'
                     from unnest($3::uuid[], $4::text[]) as new (id, address)";
        let (id, inviter) = (self.organisation.id.as_str(), user(&self.person(0)).to_string());
        self.admin.execute(sql, &[&id, &inviter, &ids, &addresses]).await.unwrap();
        ids.into_iter().map(InvitationId::from).collect()
    }

    async fn accept(&self, id: InvitationId, name: &str) -> Result<String, Error> {
        acceptance::accept(&self.app, &self.organisation.id, id, &user(name), &Origin::default()).await
    }

    /// Everybody but the admins is gone without a trace.
    async fn clear(&self) {
        let id = self.organisation.id.as_str();
        for sql in [
            "delete from tenantry.memberships where organisation_id = $1 and user_id !~ 'p[0-9]$'",
            "delete from tenantry.invitations where organisation_id = $1",
            "delete from tenantry.jobs where organisation_id = $1",
        ] {
            self.admin.execute(sql, &[&id]).await.unwrap();
        }
    }
}

/// Rings in a database of their own.
async fn rings() -> (TestDatabase, Vec<Ring>) {
    let database = TestDatabase::create().await;
    let options = PoolOptions { size: CONNECTIONS, wait: std::time::Duration::from_secs(120), ..database.options() };
    let app = database.connect("tenantry_app", options).await;
    let rings = join_all((0..RINGS).map(|number| Ring::new(&database, &app, number))).await;
    (database, rings)
}

/// What an admin can do to have one admin less.
#[derive(Debug, Clone, Copy)]
enum Way {
    Leave,
    StepDown,
    Demote(usize),
    Remove(usize),
}

impl Way {
    /// By whom, if by another: somebody else among the admins.
    fn random(random: &mut StdRng, me: usize) -> Self {
        let other = (me + random.random_range(1..ADMINS)) % ADMINS;
        match random.random_range(0..4) {
            0 => Self::Leave,
            1 => Self::StepDown,
            2 => Self::Demote(other),
            _ => Self::Remove(other),
        }
    }
}

/// Begins, waits until all have begun, and does it.
async fn go(ring: &Ring, me: usize, way: Way, all: &Barrier) -> Result<(), Error> {
    let name = ring.person(me);
    let tx = ring.door(&name).write().await;
    all.wait().await;
    let mut tx = tx?;
    match way {
        Way::Leave => memberships::leave(&mut tx).await?,
        Way::StepDown => memberships::change_role(&mut tx, &user(&name), BaseRole::Member).await?,
        Way::Demote(other) => memberships::change_role(&mut tx, &user(&ring.person(other)), BaseRole::Member).await?,
        Way::Remove(other) => memberships::remove(&mut tx, &user(&ring.person(other))).await?,
    }
    tx.commit().await
}

/// The ways of saying no that belong to a race; a database that fails does not.
fn is_an_answer(error: &Error) -> bool {
    match error {
        Error::Conflict { code, .. } => ["last_admin", "rights_changed"].contains(code),
        Error::NotFound => true,
        _ => false,
    }
}

#[tokio::test]
async fn of_two_admins_that_leave_at_once_one_stays() {
    let (rounds, seed) = rounds("two leave", 4);
    let (_database, rings) = rings().await;
    let one = async |ring: &Ring, number: u64| {
        ring.begin().await;
        // The third is none in these rounds.
        let sql = "update tenantry.memberships set role = 'member' where organisation_id = $1 and user_id = $2";
        let third = user(&ring.person(2)).to_string();
        ring.admin.execute(sql, &[&ring.organisation.id.as_str(), &third]).await.unwrap();
        let both = Barrier::new(2);
        let (a, b) = tokio::join!(go(ring, 0, Way::Leave, &both), go(ring, 1, Way::Leave, &both));
        let at = format!("seed {seed}, round {number}: {a:?} and {b:?}");
        assert_eq!(ring.admins().await, 1, "{at}");
        assert!(a.is_ok() != b.is_ok(), "{at}");
        let error = a.err().or(b.err()).unwrap();
        assert!(matches!(error, Error::Conflict { code: "last_admin", .. }), "{at}");
    };
    shared(&rings, rounds, one).await;
}

#[tokio::test]
async fn admins_that_take_the_role_from_each_other_by_all_ways_leave_one() {
    let (rounds, seed) = rounds("all ways", 4);
    let (_database, rings) = rings().await;
    let outcomes = std::sync::Mutex::new(BTreeMap::<(usize, i64), u64>::new());
    let one = async |ring: &Ring, number: u64| {
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(number));
        let ways: Vec<Way> = (0..ADMINS).map(|me| Way::random(&mut random, me)).collect();
        ring.begin().await;
        let all = Barrier::new(ADMINS);
        let done = join_all(ways.iter().enumerate().map(|(me, way)| go(ring, me, *way, &all))).await;
        let left = ring.admins().await;
        let at = format!("seed {seed}, round {number}: {ways:?}: {done:?}");
        assert!(left >= 1, "{at}");
        let good = done.iter().filter(|answer| answer.is_ok()).count();
        assert!(good >= 1, "{at}");
        assert!(done.iter().filter_map(|answer| answer.as_ref().err()).all(is_an_answer), "{at}");
        *outcomes.lock().unwrap().entry((good, left)).or_default() += 1;
    };
    shared(&rings, rounds, one).await;
    let outcomes = outcomes.into_inner().unwrap();
    println!("(done, admins left): {outcomes:?}");
    assert!(outcomes.len() >= 2, "the races all went one way: {outcomes:?}");
}

/// Three seats, three admins less one: one is left, for those who were promised it and those whom Clerk brings.
#[tokio::test]
async fn of_those_who_come_to_the_last_seat_at_once_one_comes_in() {
    let (rounds, seed) = rounds("last seat", 1);
    let (_database, rings) = rings().await;
    let one = async |ring: &Ring, number: u64| {
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(number));
        come(ring, number, random.random_range(2..4), 2).await;
    };
    shared(&rings, rounds, one).await;
    let crowd = CROWD / 2;
    come(&rings[0], rounds + 1, crowd, crowd).await;
}

/// So many accept, and so many others are brought by Clerk, at once.
async fn come(ring: &Ring, number: u64, accepting: usize, brought: usize) {
    ring.begin().await;
    ring.clear().await;
    let sql = "update tenantry.memberships set removed_at = now() where organisation_id = $1 and user_id = $2";
    let third = user(&ring.person(2)).to_string();
    ring.admin.execute(sql, &[&ring.organisation.id.as_str(), &third]).await.unwrap();
    let name = |kind: &str, one: usize| format!("{}{kind}{number}x{one}", ring.organisation.slug);
    let invited: Vec<String> = (0..accepting).map(|one| name("invited", one)).collect();
    for name in &invited {
        ring.record(name, None).await;
    }
    let ids = ring.invite(&invited).await;
    let accepting = join_all(ids.iter().zip(&invited).map(|(id, name)| ring.accept(*id, name)));
    let strangers: Vec<String> = (0..brought).map(|one| name("stranger", one)).collect();
    let brought = join_all(strangers.iter().map(|name| ring.record(name, Some(BaseRole::Member))));
    let (accepted, _) = tokio::join!(accepting, brought);
    assert_eq!(ring.members().await, 3, "round {number}: {accepted:?}");
    let good = accepted.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(good, 1, "the seat was promised: round {number}: {accepted:?}");
    let full = |error: &Error| matches!(error, Error::LimitReached { code: "no_seat_left", .. });
    assert!(accepted.iter().filter_map(|answer| answer.as_ref().err()).all(full), "round {number}: {accepted:?}");
    // Whoever waits comes in once there is room, and no sooner.
    memberships::settle(&ring.app, &ring.organisation.id).await.unwrap();
    assert_eq!(ring.members().await, 3, "round {number}");
}

#[tokio::test]
async fn an_invitation_accepted_many_times_at_once_is_one_membership() {
    let (rounds, _) = rounds("one invitation", 1);
    let (_database, rings) = rings().await;
    let one = async |ring: &Ring, number: u64| accepted_at_once(ring, number, 4).await;
    shared(&rings, rounds, one).await;
    accepted_at_once(&rings[0], rounds + 1, CROWD / 2).await;
}

async fn accepted_at_once(ring: &Ring, number: u64, times: usize) {
    ring.begin().await;
    ring.clear().await;
    let sql = "update tenantry.memberships set removed_at = now() where organisation_id = $1 and user_id = $2";
    let third = user(&ring.person(2)).to_string();
    ring.admin.execute(sql, &[&ring.organisation.id.as_str(), &third]).await.unwrap();
    let name = format!("{}once{number}", ring.organisation.slug);
    ring.record(&name, None).await;
    let id = ring.invite(std::slice::from_ref(&name)).await[0];
    let accepted = join_all((0..times).map(|_| ring.accept(id, &name))).await;
    assert!(
        accepted.iter().all(|answer| answer.as_ref().is_ok_and(|slug| *slug == ring.organisation.slug)),
        "{accepted:?}"
    );
    assert_eq!(ring.members().await, 3);
    let sql = "select count(*) from tenantry.audit_log
                where organisation_id = $1 and action = 'member.joined' and object_id = $2";
    let joined: i64 =
        ring.admin.query_one(sql, &[&ring.organisation.id.as_str(), &user(&name).as_str()]).await.unwrap().get(0);
    assert_eq!(joined, 1, "round {number}");
}

/// What somebody may do was read when they began. Where it is less by the time it is their turn, they do nothing.
#[tokio::test]
async fn rights_that_were_taken_meanwhile_give_nothing() {
    let world = World::create().await;
    let (ada, max) = (world.org("ada", &world.acme), world.org("max", &world.acme));
    let mut tx = ada.write().await.unwrap();
    let fields = roles::RoleFields::parse("Manager", ["members:manage", "roles:manage", "audit:read"]).unwrap();
    let strong = roles::create(&mut tx, &fields).await.unwrap();
    roles::assign(&mut tx, &user("max"), &[CustomRole::Own(strong)]).await.unwrap();
    tx.commit().await.unwrap();

    let mut late = max.write().await.unwrap();
    let mut later = max.write().await.unwrap();
    let mut last = max.write().await.unwrap();
    let mut tx = ada.write().await.unwrap();
    let less = roles::RoleFields::parse("Manager", ["members:manage", "roles:manage"]).unwrap();
    roles::change(&mut tx, strong, &less).await.unwrap();
    tx.commit().await.unwrap();
    // Max may still manage roles, but what he would give is not his any more.
    let mine = roles::RoleFields::parse("Mine", ["audit:read"]).unwrap();
    let made = roles::create(&mut late, &mine).await;
    assert!(matches!(made, Err(Error::Conflict { code: "rights_changed", .. })), "{made:?}");
    drop(late);

    let mut tx = ada.write().await.unwrap();
    roles::assign(&mut tx, &user("max"), &[]).await.unwrap();
    tx.commit().await.unwrap();
    let removed = memberships::remove(&mut later, &user("rita")).await;
    assert!(matches!(removed, Err(Error::Conflict { code: "rights_changed", .. })), "{removed:?}");
    drop(later);

    let mut tx = ada.write().await.unwrap();
    memberships::remove(&mut tx, &user("max")).await.unwrap();
    tx.commit().await.unwrap();
    let gone = memberships::change_role(&mut last, &user("rita"), BaseRole::Admin).await;
    assert!(matches!(gone, Err(Error::NotFound)), "{gone:?}");
}

/// The rounds, each ring taking the next one when it is done with its last.
#[expect(clippy::print_stdout, reason = "what the rounds cost")]
async fn shared(rings: &[Ring], rounds: u64, one: impl AsyncFn(&Ring, u64)) {
    let begun = std::time::Instant::now();
    let next = AtomicU64::new(0);
    join_all(rings.iter().map(async |ring| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= rounds {
                break;
            }
            one(ring, number).await;
        }
    }))
    .await;
    println!("{rounds} rounds in {:.1} s", begun.elapsed().as_secs_f64());
}
