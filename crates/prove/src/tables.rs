//! Every table × every attack × every context × both roles.

use std::sync::LazyLock;

use futures_util::future::join;
use regex_lite::Regex;

use crate::attackers::Attackers;
use crate::attacks::Attack;
use crate::attempt::Answer;
use crate::context::{Context, ROLES};
use crate::matrix::{Finding, Matrix};
use crate::ownership::Ownership;
use crate::people::Party;
use crate::progress::Progress;
use crate::scene::Scene;
use crate::target::{Probe, Target};
use crate::verdict::{Verdict, compare};

/// Attacks them all.
pub(crate) async fn attack(
    attackers: &Attackers,
    scene: &Scene,
    findings: &mut Vec<Finding>,
    progress: &mut Progress,
) -> Matrix {
    let mut matrix = Matrix::new("table", Attack::ALL.iter().map(|attack| attack.name()).collect());
    for table in &scene.tables {
        let ownership = Ownership::of(table);
        let row = matrix.row(table.name.clone());
        let victim = scene.samples.of(table, Party::Victim);
        let (Some(victim), false) = (victim, ownership == Ownership::Unknown) else {
            let verdict = Verdict::Error(scene.why_empty(table));
            row.iter_mut().for_each(|cell| cell.add(&verdict));
            findings.extend(Finding::of(&verdict, &table.name, "all", ""));
            progress.step();
            continue;
        };
        let theirs = Ownership::rows_of(table, Party::Victim, scene.seed);
        let target = Target { table, theirs, ownership };
        let own = scene.samples.of(table, Party::Attacker);
        for (attack, cell) in Attack::ALL.into_iter().zip(row) {
            for probe in attack.probes(&target, victim, own) {
                for context in contexts(table.in_directory, attack) {
                    let [server, worker] = ROLES.map(|role| try_one(attackers, role, context, &probe, scene));
                    let (server, worker) = join(server, worker).await;
                    for (role, verdict) in ROLES.into_iter().zip([server, worker]) {
                        cell.add(&verdict);
                        let at = format!("{} as {role} {}", table.name, context.name());
                        findings.extend(Finding::of(&verdict, &at, attack.name(), &probe.sql));
                    }
                }
            }
        }
        progress.step();
    }
    matrix
}

/// The system door shows the directory: that is what it is for. What has no condition would only meet the attacker's own
/// rows inside their organisation, and what refers to those.
fn contexts(in_directory: bool, attack: Attack) -> impl Iterator<Item = Context> {
    Context::ALL.into_iter().filter(move |context| match context {
        Context::System => !in_directory,
        Context::Attacker => attack != Attack::Blind,
        Context::Nothing | Context::Empty | Context::Garbage => true,
    })
}

async fn try_one(attackers: &Attackers, role: &'static str, context: Context, probe: &Probe, scene: &Scene) -> Verdict {
    if probe.copies {
        return scene.secrets.judge(&attackers.copy_out(role, context, &probe.sql).await, probe.crossing);
    }
    let observed = attackers.run(role, context, &probe.sql).await;
    let alone = scene.secrets.judge(&observed, probe.crossing);
    let Some(twin) = &probe.twin else { return alone };
    let nobodys = attackers.run(role, context, twin).await.answer;
    compare(alone, &without_ids(observed.answer), &without_ids(nobodys))
}

/// An answer may repeat the ids that it was asked about, and they differ.
fn without_ids(answer: Answer) -> Answer {
    static IDS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|user_[a-z0-9]+|org_[a-z0-9]+")
            .expect("a pattern that was tested")
    });
    match answer {
        Answer::Refused(mut refusal) => {
            refusal.text = IDS.replace_all(&refusal.text, "ID").into_owned();
            Answer::Refused(refusal)
        }
        other => other,
    }
}
