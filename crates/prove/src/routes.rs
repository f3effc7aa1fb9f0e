//! Every route × every caller who has no business there.

use domain::{BaseRole, CustomRole, Permission};
use http::StatusCode;
use tokio_postgres::Client;
use web::{Caller, Noun, Route, Surface};

use crate::error::Result;
use crate::matrix::{Finding, Matrix};
use crate::people::{LESSER, MALLORY, NADIA, Party};
use crate::progress::Progress;
use crate::requests;
use crate::scene::Scene;
use crate::stage::{Ask, Stage, Who};
use crate::things::{Ids, Things};
use crate::verdict::Verdict;
use crate::witness::Witness;

/// Columns of the matrix: who asks, and for what.
const COLUMNS: [&str; 7] = ["outsider", "foreign id", "lesser role", "stale", "forged", "garbage", "no session"];
/// An address where nobody is, as long as the victim's.
pub(crate) const NOWHERE: &str = "proof-nobody";
/// An organisation that exists nowhere.
pub(crate) const NOBODYS: &str = "org_proofnobody";

/// The server under attack, and what the victim has there.
pub(crate) struct Besieged {
    pub(crate) stage: Stage,
    admin: Client,
    /// The victim's rows when last looked at.
    seen: Witness,
    pub(crate) theirs: Ids,
    pub(crate) ours: Ids,
}

/// One request with what is right to answer.
struct Try {
    ask: Ask,
    /// The same about what is nowhere: must be answered alike.
    twin: Option<Ask>,
    right: &'static [u16],
    /// Whether the caller may see the victim's texts: a colleague may.
    inside: bool,
}

impl Besieged {
    pub(crate) async fn new(stage: Stage, admin: Client, seed: u64) -> Result<Self> {
        let theirs = Things::create(&stage.database, Party::Victim, &Party::Victim.canary(seed)).await?.ids();
        let ours = Things::create(&stage.database, Party::Attacker, &Party::Attacker.canary(seed)).await?.ids();
        let mut besieged = Self { stage, admin, seen: Witness::default(), theirs, ours };
        besieged.changed().await?;
        Ok(besieged)
    }

    /// Tables where the victim's rows are not what they were when last looked at.
    pub(crate) async fn changed(&mut self) -> Result<Vec<String>> {
        let now = Witness::ask(&self.admin).await?;
        let changed = now.changed_since(&self.seen);
        self.seen = now;
        Ok(changed)
    }

    /// Attacks every route of the table.
    pub(crate) async fn attack(
        &mut self,
        scene: &Scene,
        findings: &mut Vec<Finding>,
        progress: &mut Progress,
    ) -> Result<Matrix> {
        let mut matrix = Matrix::new("route", COLUMNS.into());
        for route in web::routes::table() {
            let name = format!("{} {}", route.method, route.path);
            let cells = matrix.row(&name);
            for (column, cell) in COLUMNS.into_iter().zip(cells) {
                let Some(tries) = self.tries(&route, column) else {
                    let verdict =
                        Verdict::Error("no request known for this route: crates/prove/src/requests.rs".to_owned());
                    cell.add(&verdict);
                    findings.extend(Finding::of(&verdict, &name, column, ""));
                    continue;
                };
                for one in tries {
                    let verdict = self.try_one(&one, scene).await?;
                    cell.add(&verdict);
                    findings.extend(Finding::of(&verdict, &name, column, &one.ask.to_string()));
                }
            }
            progress.step();
        }
        Ok(matrix)
    }

    /// The requests of one cell; `None` where nobody has said what a request to the route looks like.
    fn tries(&self, route: &Route, column: &str) -> Option<Vec<Try>> {
        let (slug, theirs, unknown) = (Party::Victim.slug(), &self.theirs, Ids::unknown());
        let own = Who::Session((MALLORY, Some((Party::Attacker.id(), Party::Attacker.slug())), true));
        let stale = |person, trusted| Who::Session((person, Some((Party::Victim.id(), slug)), trusted));
        let inside = matches!(route.caller, Caller::InOrganisation(_));
        let right = right(route.name, route.caller, column);
        let alone =
            |who: Who| Some(Try { ask: requests::to(route, who, slug, theirs)?, twin: None, right, inside: false });
        Some(match column {
            "outsider" => {
                let mut one = alone(own.clone())?;
                if inside {
                    one.twin = Some(requests::to(route, own, NOWHERE, theirs)?);
                }
                let nadia = alone(Who::Session((NADIA, None, true)))?;
                vec![one, nadia]
            }
            "foreign id" => {
                let mut nouns: Vec<Noun> = route.ids.iter().map(|(_, noun)| *noun).collect();
                nouns.extend(requests::names_procedure(route).then_some(Noun::Procedure));
                let at = |ids: &Ids| requests::to(route, own.clone(), Party::Attacker.slug(), ids);
                let one = |noun| {
                    let ask = at(&self.ours.with(noun, theirs))?;
                    Some(Try { ask, twin: Some(at(&self.ours.with(noun, &unknown))?), right, inside: false })
                };
                // All of them at once as well: a thing of theirs in a thing of theirs.
                let all = (nouns.len() > 1)
                    .then(|| Some(Try { ask: at(theirs)?, twin: Some(at(&unknown)?), right, inside: false }));
                nouns.into_iter().map(one).chain(all).collect::<Option<_>>()?
            }
            "lesser role" => {
                let Some(permission) = route.caller.permission() else { return Some(Vec::new()) };
                let lacking = LESSER.into_iter().filter(|(role, _)| !may(role, permission));
                lacking
                    .map(|(_, name)| Some(Try { inside: true, ..alone(stale(name, true))? }))
                    .collect::<Option<_>>()?
            }
            "stale" if inside => vec![alone(stale(MALLORY, true))?, alone(stale(NADIA, true))?],
            "stale" => Vec::new(),
            "forged" => vec![alone(stale(Party::Victim.admin(), false))?],
            "garbage" => {
                vec![
                    alone(Who::Text("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyX3ZlcmEifQ.".to_owned()))?,
                    alone(Who::Text("x".to_owned()))?,
                ]
            }
            _ => vec![alone(Who::Nobody)?],
        })
    }

    async fn try_one(&mut self, one: &Try, scene: &Scene) -> Result<Verdict> {
        let Some(answer) = self.stage.ask(&one.ask).await else {
            return Ok(Verdict::Error("the request cannot be written".to_owned()));
        };
        let changed = self.changed().await?;
        if !changed.is_empty() {
            return Ok(Verdict::Leaked(format!("changed the victim's rows in {}", changed.join(", "))));
        }
        let visible = answer.visible();
        if !one.inside && visible.contains(&scene.secrets.canary) {
            return Ok(Verdict::Leaked(format!("{} shows {}", answer.status, scene.secrets.canary)));
        }
        if !one.right.contains(&answer.status.as_u16()) {
            return Ok(wrong(answer.status, one.right));
        }
        let Some(twin) = &one.twin else { return Ok(Verdict::Held) };
        let Some(nobodys) = self.stage.ask(twin).await else {
            return Ok(Verdict::Error("the request cannot be written".to_owned()));
        };
        match self.masked(&visible) == self.masked(&nobodys.visible()) {
            true => Ok(Verdict::Held),
            false => Ok(Verdict::Leaked(format!("tells what exists: not answered like {twin}"))),
        }
    }

    /// Without the names that were asked for, which an answer may repeat.
    pub(crate) fn masked(&self, visible: &str) -> String {
        let unknown = Ids::unknown();
        let pairs = self.theirs.all().into_iter().zip(unknown.all());
        let text = pairs.fold(visible.to_owned(), |text, (theirs, nobodys)| text.replace(theirs.as_str(), nobodys));
        text.replace(Party::Victim.slug(), NOWHERE).replace(Party::Victim.id(), NOBODYS)
    }
}

/// An answer nobody has documented: a success where there should be none is a leak, the rest proves nothing.
fn wrong(status: StatusCode, right: &[u16]) -> Verdict {
    let what = format!("answers {status}, not {right:?}");
    let let_in = status.is_success() || status == StatusCode::SEE_OTHER || status == StatusCode::CONFLICT;
    if let_in { Verdict::Leaked(what) } else { Verdict::Error(what) }
}

/// Routes that Clerk has to answer for: it makes organisations, and keeps sessions.
const ONLY_CLERK: [&str; 3] = ["organisations.create", "account.sessions.end", "account.sessions.end_others"];

/// What is right to answer. Written by hand, because the proof must not believe the code that it proves.
fn right(name: &str, caller: Caller, column: &str) -> &'static [u16] {
    match (caller, column) {
        (Caller::InOrganisation(_), "outsider" | "foreign id" | "stale") => &[404],
        (Caller::InOrganisation(_), "lesser role") => &[403],
        // Pages send a browser to sign in, or through Clerk's handshake; everything else is refused.
        (
            Caller::InOrganisation(_) | Caller::OfDeleted(_) | Caller::SignedIn | Caller::Operator,
            "forged" | "garbage" | "no session",
        ) => &[401, 307, 303],
        // The victim lives.
        (Caller::OfDeleted(_), _) => &[404],
        // What only Clerk can do cannot be done: there is none here.
        (Caller::SignedIn, _) if ONLY_CLERK.contains(&name) => &[422, 503],
        // One's own account alone: it stays where its owner is the last admin of an organisation of theirs.
        (Caller::SignedIn, _) if name == "account.delete" => &[409, 422],
        // An invitation that is not theirs to answer is not there.
        (Caller::SignedIn, _) => &[200, 303, 404, 422],
        // Nobody in the proof runs the installation.
        (Caller::Operator, _) => &[404],
        (Caller::Vendor, _) => &[400, 401],
        (Caller::Anyone | Caller::InOrganisation(_), _) => &[200, 204, 303, 307, 404],
    }
}

fn may(role: &str, permission: Permission) -> bool {
    let custom = CustomRole::parse(role).is_some_and(|role| Permission::of_custom_role(role).contains(&permission));
    custom || Permission::of_base_role(BaseRole::Member).contains(&permission)
}

/// Whether a route's requests come from a program.
pub(crate) fn is_program(route: &Route) -> bool {
    route.surface == Surface::Api
}
