//! The life of an organisation beside a model of it: whatever is done in whatever order, both say the same.
//!
//! `LIFECYCLE_STEPS` says how far, `LIFECYCLE_SEED` walks a walk again; both are printed.

use std::collections::BTreeMap;

use domain::directory;
use domain::lifecycle::closing::{self, Stage};
use domain::lifecycle::erasure;
use domain::{BaseRole, Error, Read};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use testkit::{Organisation, organisation};

use super::{Scene, code};
use crate::number;

const STEPS: u64 = 1_500;
/// Of an erasure, from the point of no return on.
const ERASURE: usize = 6;
const WINDOW: f64 = 30.0;

/// What an organisation is, as far as the rules go.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Model {
    Lives,
    /// Asked for, and perhaps at the point from which it cannot be stopped, or with nothing left that costs.
    Closing {
        ending: bool,
        ended: bool,
    },
    /// For so many days; gone at Clerk, its plan may not be ended yet.
    Deleted {
        days: f64,
        at_clerk: bool,
        ended: bool,
        window: bool,
    },
    /// So many steps are done.
    Erasing {
        steps: usize,
    },
    Gone,
}

#[derive(Debug, Clone, Copy)]
enum Command {
    Ask,
    AskAsMember,
    AskByAnotherName,
    Stop,
    JobBegins,
    JobFails,
    JobEnds,
    JobDeletes,
    GoneAtClerk,
    DaysPass(f64),
    Restore,
    RestoreAsMember,
    Begin,
    EraseSome(usize),
    Work,
}

impl Command {
    const NAMES: [&str; 15] = [
        "Ask",
        "AskAsMember",
        "AskByAnotherName",
        "Stop",
        "JobBegins",
        "JobFails",
        "JobEnds",
        "JobDeletes",
        "GoneAtClerk",
        "DaysPass",
        "Restore",
        "RestoreAsMember",
        "Begin",
        "EraseSome",
        "Work",
    ];

    fn random(random: &mut StdRng) -> Self {
        match random.random_range(0..19) {
            0 | 1 => Self::Ask,
            2 => Self::AskAsMember,
            3 => Self::AskByAnotherName,
            4 => Self::Stop,
            5 | 6 => Self::JobBegins,
            7 => Self::JobFails,
            8 | 9 => Self::JobEnds,
            10 | 11 => Self::JobDeletes,
            12 if random.random_ratio(1, 4) => Self::GoneAtClerk,
            12 | 13 => Self::DaysPass(f64::from(random.random_range(1..80)) / 2.0),
            14 => Self::Restore,
            15 => Self::RestoreAsMember,
            16 => Self::Begin,
            17 => Self::EraseSome(random.random_range(1..4)),
            _ => Self::Work,
        }
    }

    fn name(self) -> &'static str {
        let said = format!("{self:?}");
        Self::NAMES.into_iter().find(|name| said.split('(').next() == Some(name)).unwrap()
    }
}

impl Model {
    /// What the command comes to: the words it may be answered with, and what is there afterwards.
    fn after(self, command: Command) -> (&'static str, Self) {
        use Command as C;
        match (command, self) {
            // Outside there is nothing to ask, to stop or to work on.
            (
                C::Ask | C::AskAsMember | C::AskByAnotherName | C::Stop | C::Work,
                Self::Deleted { .. } | Self::Erasing { .. },
            ) => ("not found", self),
            (C::AskAsMember, _) => ("organisation_closing|forbidden", self),
            (C::AskByAnotherName, _) => ("invalid", self),
            (C::Ask, Self::Lives) => ("ok", Self::Closing { ending: false, ended: false }),
            (C::Ask, _) => ("ok", self),
            (C::Stop, Self::Closing { ending: false, .. }) => ("ok", Self::Lives),
            (C::Stop, Self::Closing { .. }) => ("closing_too_late", self),
            (C::Stop, _) => ("ok", self),
            (C::Work, Self::Closing { .. }) => ("organisation_closing", self),
            (C::Work, _) => ("ok", self),
            (C::JobBegins, Self::Closing { ended, .. }) => {
                (if ended { "ended" } else { "ending" }, Self::Closing { ending: true, ended })
            }
            (C::JobBegins, Self::Deleted { ended, .. }) => (if ended { "ended" } else { "ending" }, self),
            // What was ended stands there until it is erased.
            (C::JobBegins, Self::Erasing { .. }) => ("ended|stopped", self),
            (C::JobBegins, _) => ("stopped", self),
            (C::JobFails, _) => ("ok", self),
            (C::JobEnds, Self::Closing { ending: true, .. }) => ("ok", Self::Closing { ending: true, ended: true }),
            (C::JobEnds, Self::Deleted { days, at_clerk, window, .. }) => {
                ("ok", Self::Deleted { days, at_clerk, ended: true, window })
            }
            (C::JobEnds, _) => ("ok", self),
            (C::JobDeletes, Self::Closing { ended: true, .. }) => {
                ("ok", Self::Deleted { days: 0.0, at_clerk: false, ended: true, window: true })
            }
            (C::JobDeletes, Self::Deleted { days, at_clerk, ended: true, .. }) => {
                ("ok", Self::Deleted { days, at_clerk, ended: true, window: true })
            }
            (C::JobDeletes, _) => ("ok", self),
            (C::GoneAtClerk, Self::Lives | Self::Closing { .. }) => {
                let ended = matches!(self, Self::Closing { ended: true, .. });
                ("ok", Self::Deleted { days: 0.0, at_clerk: true, ended, window: false })
            }
            (C::GoneAtClerk, Self::Deleted { days, ended, window, .. }) => {
                ("ok", Self::Deleted { days, at_clerk: true, ended, window })
            }
            (C::GoneAtClerk, _) => ("ok", self),
            (C::DaysPass(more), Self::Deleted { days, at_clerk, ended, window }) => {
                ("ok", Self::Deleted { days: days + more, at_clerk, ended, window })
            }
            (C::DaysPass(_), _) => ("ok", self),
            (C::Restore, Self::Deleted { at_clerk: true, .. }) => ("deleted_at_clerk", self),
            (C::Restore, Self::Deleted { window: false, .. }) => ("still_closing", self),
            (C::Restore, Self::Deleted { days, .. }) if days < WINDOW => ("ok", Self::Lives),
            (C::Restore, Self::Deleted { .. }) => ("restore_too_late", self),
            // Its rows go in their order: who was there is not known any more at the end.
            (C::Restore | C::RestoreAsMember, Self::Erasing { .. }) => {
                ("restore_too_late|deleted_at_clerk|forbidden|not found", self)
            }
            (C::RestoreAsMember, Self::Deleted { .. }) => ("forbidden", self),
            (C::Restore | C::RestoreAsMember, Self::Gone) => ("not found", self),
            (C::Restore | C::RestoreAsMember, _) => ("ok", self),
            (C::Begin, Self::Deleted { days, window: true, .. }) if days >= WINDOW => {
                ("yes", Self::Erasing { steps: 0 })
            }
            (C::Begin, _) => ("no", self),
            (C::EraseSome(more), Self::Erasing { steps }) => match steps + more {
                all if all >= ERASURE => ("ok", Self::Gone),
                steps => ("ok", Self::Erasing { steps }),
            },
            (C::EraseSome(_), _) => ("ok", self),
        }
    }
}

/// What the product answers.
async fn really(scene: &Scene, at: &Organisation, name: &str, command: Command) -> String {
    let (worker, id) = (&scene.worker, &at.id);
    let word = |outcome: Result<(), Error>| match outcome {
        Ok(()) => "ok".to_owned(),
        Err(error) => code::<()>(Err(error)).to_owned(),
    };
    match command {
        Command::Ask => word(scene.asks("ada", at, name).await),
        Command::AskAsMember => word(scene.asks("max", at, name).await),
        Command::AskByAnotherName => word(scene.asks("ada", at, "Another").await),
        Command::Stop => word(scene.stops("ada", at).await),
        Command::Work => {
            let access = scene.world.org("max", at).read(Read::access_only()).await;
            word(access.and_then(|(access, ())| access.require(domain::Permission::RunsWork)))
        }
        Command::JobBegins => match closing::ending(worker, id).await.unwrap() {
            Stage::Stopped => "stopped".to_owned(),
            Stage::Ending => "ending".to_owned(),
            Stage::Ended => "ended".to_owned(),
        },
        Command::JobFails => word(closing::troubled(worker, id, "Stripe does not answer.").await),
        Command::JobEnds => {
            // Only what has begun is ended: as the job does it.
            let begun = match closing::ending(worker, id).await.unwrap() {
                Stage::Stopped => false,
                Stage::Ending | Stage::Ended => true,
            };
            if begun { word(closing::ended(worker, id, None).await) } else { "ok".to_owned() }
        }
        Command::JobDeletes => word(closing::delete(worker, id, 30).await),
        Command::GoneAtClerk => {
            let now = directory::now(&scene.world.app).await.unwrap();
            word(directory::organisation_gone(&scene.world.app, id, now).await)
        }
        Command::DaysPass(days) => {
            scene.days_pass(id, days).await;
            "ok".to_owned()
        }
        Command::Restore => word(scene.restores("ada", id).await.map(drop)),
        Command::RestoreAsMember => word(scene.restores("max", id).await.map(drop)),
        Command::Begin => if erasure::begin(worker, id).await.unwrap() { "yes" } else { "no" }.to_owned(),
        Command::EraseSome(some) => {
            if erasure::begun(worker).await.unwrap().contains(id) {
                scene.erases(id, some).await;
            }
            "ok".to_owned()
        }
    }
}

/// What is there, looked at from behind the wall.
async fn there(scene: &Scene, at: &Organisation) -> String {
    let sql = "select organisation.closing_since is not null, organisation.deleted_at is not null,
                      organisation.erase_at is not null, organisation.erasing_since is not null, organisation.gone_at_clerk,
                      closing.ending_since is not null, closing.ended_at is not null
                 from tenantry.organisations as organisation
                 left join tenantry.closings as closing on closing.organisation_id = organisation.id
                where organisation.id = $1";
    let Some(row) = scene.admin.query_opt(sql, &[&at.id.as_str()]).await.unwrap() else { return "gone".to_owned() };
    let is = |column: usize| row.get::<_, bool>(column);
    match (is(0), is(1), is(3)) {
        (_, _, true) => "erasing".to_owned(),
        (false, false, _) => "lives".to_owned(),
        (true, false, _) => format!("closing {} {}", is(5), is(6)),
        (_, true, _) => format!("deleted {} {}", is(4), is(2)),
    }
}

impl Model {
    fn there(self) -> String {
        match self {
            Self::Lives => "lives".to_owned(),
            Self::Closing { ending, ended } => format!("closing {ending} {ended}"),
            Self::Deleted { at_clerk, window, .. } => format!("deleted {at_clerk} {window}"),
            Self::Erasing { .. } => "erasing".to_owned(),
            Self::Gone => "gone".to_owned(),
        }
    }
}

#[tokio::test]
async fn whatever_happens_in_whatever_order_the_model_says_what_comes_of_it() {
    let (seed, steps) = (number("LIFECYCLE_SEED", 20_261_128), number("LIFECYCLE_STEPS", STEPS));
    println!("LIFECYCLE_SEED={seed} LIFECYCLE_STEPS={steps}");
    let scene = Scene::set().await;
    let mut random = StdRng::seed_from_u64(seed);
    let mut seen: BTreeMap<(&str, String), u64> = BTreeMap::new();
    let (mut at, mut name, mut model) = begin(&scene, 0).await;
    for number in 0..steps {
        let command = Command::random(&mut random);
        let (word, after) = model.after(command);
        let told = really(&scene, &at, &name, command).await;
        let context = format!("seed {seed}, step {number}: {command:?} on {model:?}");
        assert!(word.split('|').any(|one| one == told), "{context}: {told}, and the model says {word}");
        // A job that begins what it ends has begun it.
        let after = match (command, after) {
            (Command::JobEnds, Model::Closing { .. }) => Model::Closing { ending: true, ended: true },
            _ => after,
        };
        let really = there(&scene, &at).await;
        // The row goes one step before the record is written.
        let fits = really == after.there() || (really == "gone" && after.there() == "erasing");
        assert!(fits, "{context}: {really}, and the model says {after:?}");
        *seen.entry((command.name(), told)).or_default() += 1;
        model = after;
        if model == Model::Gone {
            (at, name, model) = begin(&scene, number + 1).await;
        }
    }
    println!("{seen:?}");
    let gone: i64 =
        scene.admin.query_one("select count(*) from tenantry.erasures where step = 'done'", &[]).await.unwrap().get(0);
    assert!(gone > 0, "a walk in which nothing is ever erased has shown little");
    assert!(Command::NAMES.iter().all(|name| seen.keys().any(|(command, _)| command == name)), "{seen:?}");
}

/// A new organisation with an admin and a member.
async fn begin(scene: &Scene, number: u64) -> (Organisation, String, Model) {
    let at = organisation(&format!("life{number}"));
    scene.world.record("ada", &[(&at, BaseRole::Admin)]).await;
    scene.world.record("max", &[(&at, BaseRole::Member)]).await;
    let (access, ()) = scene.world.org("ada", &at).read(Read::access_only()).await.unwrap();
    scene.admin.execute("delete from tenantry.jobs", &[]).await.unwrap();
    (at, access.organisation.name, Model::Lives)
}
