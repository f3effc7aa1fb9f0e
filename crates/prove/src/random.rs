//! The random part: what the generators thought of, tried out.
//!
//! A statement is asked twice, of the database as it is and of a copy where the victim has never been: whatever the
//! answers differ in, the victim's rows have told. A request that names something of the victim's is asked again with
//! names that nobody has.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use futures_util::future::join;
use regex_lite::Regex;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::attackers::Attackers;
use crate::attempt::{self, Answer, Observed};
use crate::context::hexadecimal;
use crate::error::Result;
use crate::generate_requests::{self, Drawn};
use crate::generate_sql::{self, Generated};
use crate::matrix::{Cell, Finding};
use crate::progress::Progress;
use crate::routes::Besieged;
use crate::scene::Scene;

use crate::verdict::{Verdict, short};

/// What a random part came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Held, leaked, errors.
    pub outcome: Cell,
    /// Of those that held: how many the boundary refused, as opposed to finishing with nothing of the victim's.
    pub refused: u32,
    /// Why attempts proved nothing, by SQLSTATE or status, with how many.
    pub errors: BTreeMap<String, u32>,
    /// Digest of the attempts as generated: the same for the same seed and catalogue.
    pub digest: String,
}

/// Of ten attempts at least six must have come as far as the boundary.
const LEAST_SHARE: f64 = 0.6;

impl Tally {
    /// The part of the attempts that were no errors, from 0 to 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        match self.outcome.attempts() {
            0 => 1.0,
            all => f64::from(all - self.outcome.errors) / f64::from(all),
        }
    }

    /// Whether enough attempts came through to say anything.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.share() >= LEAST_SHARE
    }

    fn note(&mut self, verdict: &Verdict, code: impl FnOnce() -> String) {
        self.outcome.add(verdict);
        if matches!(verdict, Verdict::Error(_)) {
            *self.errors.entry(code()).or_default() += 1;
        }
    }
}

/// Generates statements and tries each in both databases.
pub(crate) async fn statements(
    (with, without): (&Attackers, &Attackers),
    scene: &Scene,
    count: usize,
    findings: &mut Vec<Finding>,
    progress: &mut Progress,
) -> Tally {
    let generated = generate_sql::statements(scene.seed, &scene.tables, count);
    let mut tally = Tally { digest: digest(&generated), ..Tally::default() };
    for one in &generated {
        let sql = generate_sql::render(&one.sql, &scene.samples);
        let (theirs, nobodys) = match announced(with, one, &sql).await {
            Ok(()) => join(with.run(one.role, one.context, &sql), without.run(one.role, one.context, &sql)).await,
            Err(refused) => (refused.clone(), refused),
        };
        let verdict = differing(scene, &sql, &theirs, &nobodys);
        tally.refused += u32::from(verdict == Verdict::Held && matches!(theirs.answer, Answer::Refused(_)));
        tally.note(&verdict, || match &theirs.answer {
            Answer::Refused(refusal) => refusal.code.clone(),
            Answer::Broken(why) => why.chars().take(60).collect(),
            Answer::Done { .. } => "no answer to compare with".to_owned(),
        });
        if matches!(verdict, Verdict::Leaked(_)) {
            let at = format!("{} {}", one.role, one.context.name());
            findings.extend(Finding::of(&verdict, &at, "random statement", &sql));
        }
        progress.step();
    }
    tally
}

/// The product announces one statement at a time; a text that holds two is refused before anything runs.
async fn announced(attackers: &Attackers, one: &Generated, sql: &str) -> Result<(), Observed> {
    if !sql.contains(';') {
        return Ok(());
    }
    match attackers.of(one.role, one.context).prepare(sql).await {
        Ok(_) => Ok(()),
        Err(error) => Err(Observed { answer: attempt::refused(&error), witness: None }),
    }
}

fn differing(scene: &Scene, sql: &str, theirs: &Observed, nobodys: &Observed) -> Verdict {
    let changed = theirs.witness.as_ref().map(|now| now.changed_since(&scene.secrets.untouched)).unwrap_or_default();
    if !changed.is_empty() {
        return Verdict::Leaked(format!("changed the victim's rows in {}", changed.join(", ")));
    }
    let canary = &scene.secrets.canary;
    match (timeless(&theirs.answer, &scene.begun), timeless(&nobodys.answer, &scene.begun)) {
        (Answer::Broken(why), _) | (_, Answer::Broken(why)) => Verdict::Error(why),
        (theirs, _) if theirs.text().contains(canary) && !sql.contains(canary) => {
            Verdict::Leaked(format!("shows {canary}: {}", short(&theirs)))
        }
        (theirs, nobodys) if theirs != nobodys => {
            Verdict::Leaked(format!("{} — and where the victim has never been: {}", short(&theirs), short(&nobodys)))
        }
        (Answer::Refused(refusal), _) if !refusal.is_the_wall() => Verdict::Error(refusal.text),
        _ => Verdict::Held,
    }
}

/// Without times that were made during the attack, and without what is hashed together with them: they differ from one
/// transaction to the next.
fn timeless(answer: &Answer, begun: &str) -> Answer {
    static TIMES: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?").expect("a pattern that was tested"));
    static HASHES: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\\x[0-9a-f]{64}").expect("a pattern that was tested"));
    let masked = |text: &str| {
        let later = |found: &regex_lite::Captures<'_>| match found[0].replace('T', " ").as_str() > begun {
            true => "LATER".to_owned(),
            false => found[0].to_owned(),
        };
        let text = TIMES.replace_all(text, later);
        if text.contains("LATER") { HASHES.replace_all(&text, "HASH").into_owned() } else { text.into_owned() }
    };
    match answer {
        Answer::Done { rows, affected } => {
            Answer::Done { rows: rows.iter().map(|row| masked(row)).collect(), affected: *affected }
        }
        other => other.clone(),
    }
}

/// Generates requests and sends each.
pub(crate) async fn requests(
    besieged: &mut Besieged,
    scene: &Scene,
    count: usize,
    findings: &mut Vec<Finding>,
    progress: &mut Progress,
) -> Result<Tally> {
    let drawn = generate_requests::requests(scene.seed, count);
    let mut tally = Tally { digest: digest(&drawn), ..Tally::default() };
    for one in &drawn {
        let (verdict, status) = request(besieged, scene, one).await?;
        tally.refused += u32::from(verdict == Verdict::Held && ["401", "403", "404"].contains(&status.as_str()));
        tally.note(&verdict, || status);
        if matches!(verdict, Verdict::Leaked(_)) {
            let ask = one.rendered(&besieged.theirs, &besieged.ours, false);
            findings.extend(Finding::of(&verdict, ask.path.as_str(), "random request", &ask.to_string()));
        }
        progress.step();
    }
    Ok(tally)
}

async fn request(besieged: &mut Besieged, scene: &Scene, drawn: &Drawn) -> Result<(Verdict, String)> {
    let ask = drawn.rendered(&besieged.theirs, &besieged.ours, false);
    let error = |why: &str, status: &str| Ok((Verdict::Error(why.to_owned()), status.to_owned()));
    let Some(answer) = besieged.stage.ask(&ask).await else { return error("cannot be written", "unwritable") };
    let status = answer.status.as_u16().to_string();
    let changed = besieged.changed().await?;
    if !changed.is_empty() {
        return Ok((Verdict::Leaked(format!("changed the victim's rows in {}", changed.join(", "))), status));
    }
    let visible = answer.visible();
    if visible.contains(&scene.secrets.canary) {
        return Ok((Verdict::Leaked(format!("{} shows {}", answer.status, scene.secrets.canary)), status));
    }
    if drawn.names_victim {
        let twin = drawn.rendered(&besieged.theirs, &besieged.ours, true);
        let Some(nobodys) = besieged.stage.ask(&twin).await else { return error("cannot be written", "unwritable") };
        let twins = (answer.status.is_client_error(), nobodys.status.is_client_error());
        let same = match twins {
            // What was done is new each time: only whether it was done can be compared.
            (false, false) => answer.status == nobodys.status,
            (false, true) => {
                let Some(again) = besieged.stage.ask(&ask).await else {
                    return error("cannot be written", "unwritable");
                };
                if besieged.masked(&again.visible()) == besieged.masked(&nobodys.visible()) {
                    // Done once and not again, because it was done: says nothing about whose the names are.
                    return error("what was done cannot be done twice", "done once");
                }
                false
            }
            _ => besieged.masked(&visible) == besieged.masked(&nobodys.visible()),
        };
        if !same {
            let what = format!("tells what exists: {} — and for what does not: {}", answer.status, nobodys.status);
            return Ok((Verdict::Leaked(what), status));
        }
    }
    // Not understood, or broken: the boundary was never asked.
    if answer.status.is_server_error() || [400, 405, 413, 415, 422].contains(&answer.status.as_u16()) {
        return error("the server did not get as far as the boundary", &status);
    }
    Ok((Verdict::Held, status))
}

fn digest<T: std::fmt::Debug>(attempts: &[T]) -> String {
    let mut hash = Sha256::new();
    for attempt in attempts {
        hash.update(format!("{attempt:?}\n"));
    }
    hexadecimal(&hash.finalize()[..8])
}
