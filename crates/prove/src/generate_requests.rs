//! The random requests: route, caller, ids, headers, query and body drawn one by one, one seed one list.

use http::Method;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use web::{Caller, Route, Surface};

use crate::people::{MALLORY, NADIA, Party, TWAIN};
use crate::requests;
use crate::routes::{NOBODYS, NOWHERE, is_program};
use crate::stage::{Ask, Who};
use crate::things::Ids;

/// Ids as they are drawn: names for values that differ from run to run.
const GARBAGE: [&str; 5] = ["0", "null", "..%2f..", "0190b5d4-0000-7000-8000-00000000000g", "%00"];
const VICTIM: &str = "victims";
const UNKNOWN: &str = "nobodys";
const OURS: &str = "ours";
/// An address where nobody is, other than the one that stands for the victim's when a request is asked again.
const ABSENT: &str = "proof-absent";

/// A request with names where ids will stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drawn {
    ask: Ask,
    /// Whether anything of the victim's is named, so that it can be compared with what nobody has.
    pub(crate) names_victim: bool,
}

/// So many requests of this seed.
pub(crate) fn requests(seed: u64, count: usize) -> Vec<Drawn> {
    let mut dice = Dice { rng: StdRng::seed_from_u64(seed), routes: web::routes::table() };
    (0..count).map(|_| dice.request()).collect()
}

impl Drawn {
    /// With the ids of this run in it; `pretending`, with what nobody has in place of the victim's.
    pub(crate) fn rendered(&self, theirs: &Ids, ours: &Ids, pretending: bool) -> Ask {
        let unknown = Ids::unknown();
        let theirs = if pretending { &unknown } else { theirs };
        let fill = |text: &str| {
            let mut text = text.to_owned();
            for (whose, ids) in [(VICTIM, theirs), (UNKNOWN, &unknown), (OURS, ours)] {
                for (noun, id) in names(whose).into_iter().zip(ids.all()) {
                    text = text.replace(&noun, id);
                }
            }
            if pretending {
                text.replace(Party::Victim.slug(), NOWHERE).replace(Party::Victim.id(), NOBODYS)
            } else {
                text
            }
        };
        let mut ask = self.ask.clone();
        // A token that claims to be the victim's claims to be nobody's too.
        if let Who::Session((_, Some(organisation), _)) = &mut ask.who
            && pretending
            && organisation.0 == Party::Victim.id()
        {
            *organisation = (NOBODYS, NOWHERE);
        }
        ask.path = fill(&ask.path);
        ask.body = ask.body.map(|(kind, text)| (kind, fill(&text)));
        ask.headers = ask.headers.into_iter().map(|(name, value)| (name, fill(&value))).collect();
        ask
    }
}

/// Names of the ids: none part of another, and letters alone, which no surface writes in another way.
fn names(whose: &str) -> [String; 11] {
    ["Procedure", "Template", "Run", "Step", "Member", "Invitation", "Role", "Logo", "Export", "Duty", "Schedule"]
        .map(|noun| format!("Id{whose}{noun}Id"))
}

struct Dice {
    rng: StdRng,
    routes: Vec<Route>,
}

impl Dice {
    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list.choose(&mut self.rng).expect("no empty lists here").clone()
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_ratio(percent, 100)
    }

    fn request(&mut self) -> Drawn {
        let route = loop {
            let routes = std::mem::take(&mut self.routes);
            let route = self.pick(&routes);
            self.routes = routes;
            // What lies in an organisation is what is worth attacking.
            if matches!(route.caller, Caller::InOrganisation(_)) || self.chance(20) {
                break route;
            }
        };
        let slug = self.pick(&[
            Party::Victim.slug(),
            Party::Victim.slug(),
            Party::Attacker.slug(),
            Party::Attacker.slug(),
            Party::Bystander.slug(),
            ABSENT,
        ]);
        let slug = if self.chance(4) {
            self.pick(&["Proof-Victim", "proof-victim%00", "..", "proof-victim/..%2f"])
        } else {
            slug
        };
        let ids = Ids::from(std::array::from_fn(|noun| self.id(noun)));
        let path = requests::path(&route, slug, &ids).unwrap_or_else(|| route.path.replace("{slug}", slug));
        let mut headers = Vec::new();
        while self.chance(35) && headers.len() < 3 {
            headers.push(self.header());
        }
        let program = is_program(&route) != self.chance(6);
        let ask = Ask {
            who: self.who(),
            program,
            method: if self.chance(5) {
                self.pick(&[Method::GET, Method::POST, Method::PATCH, Method::DELETE, Method::HEAD])
            } else {
                route.method.clone()
            },
            path: format!("{path}{}", self.query()),
            body: self.body(&route, &ids),
            headers,
        };
        let victim = [VICTIM, Party::Victim.slug(), Party::Victim.id()];
        let told = |text: &str| victim.iter().any(|name| text.contains(name));
        let names_victim = told(&ask.path)
            || ask.body.as_ref().is_some_and(|(_, text)| told(text))
            || ask.headers.iter().any(|(_, value)| told(value));
        Drawn { ask, names_victim }
    }

    fn id(&mut self, noun: usize) -> String {
        if self.chance(5) {
            return self.pick(&GARBAGE).to_owned();
        }
        let whose = self.pick(&[VICTIM, VICTIM, VICTIM, OURS, OURS, UNKNOWN]);
        // Now and then an id of another kind.
        let noun = if self.chance(8) { self.rng.random_range(0..7) } else { noun };
        names(whose)[noun].clone()
    }

    fn who(&mut self) -> Who {
        let (victim, attacker) =
            ((Party::Victim.id(), Party::Victim.slug()), (Party::Attacker.id(), Party::Attacker.slug()));
        let bystander = (Party::Bystander.id(), Party::Bystander.slug());
        self.pick(&[
            Who::Session((MALLORY, Some(attacker), true)),
            Who::Session((MALLORY, Some(attacker), true)),
            Who::Session((MALLORY, Some(attacker), true)),
            Who::Session((MALLORY, Some(victim), true)),
            Who::Session((MALLORY, Some(victim), true)),
            Who::Session((TWAIN, Some(attacker), true)),
            Who::Session((TWAIN, Some(bystander), true)),
            Who::Session((TWAIN, Some(victim), true)),
            Who::Session((MALLORY, None, true)),
            Who::Session((NADIA, None, true)),
            Who::Session((Party::Victim.admin(), Some(victim), false)),
            Who::Text("eyJhbGciOiJub25lIn0.e30.".to_owned()),
            Who::Nobody,
        ])
    }

    fn header(&mut self) -> (&'static str, String) {
        let whose = self.pick(&[Party::Victim.slug(), Party::Victim.id(), "org_nobody"]).to_owned();
        match self.rng.random_range(0..9) {
            0 => ("x-organisation-id", whose),
            1 => ("x-forwarded-host", format!("{whose}.example.test")),
            2 => ("x-original-url", format!("/orgs/{whose}/procedures")),
            3 => ("x-http-method-override", self.pick(&["DELETE", "PATCH", "GET"]).to_owned()),
            4 => ("accept", self.pick(&["application/json", "text/html", "*/*", "text/event-stream"]).to_owned()),
            5 => ("hx-request", "true".to_owned()),
            6 => ("origin", self.pick(&["https://evil.test", "null"]).to_owned()),
            7 => ("referer", format!("http://localhost:3000/orgs/{whose}/procedures")),
            _ => ("if-none-match", "*".to_owned()),
        }
    }

    fn query(&mut self) -> String {
        if !self.chance(35) {
            return String::new();
        }
        let id = self.id(0);
        let organisation = self.pick(&[Party::Victim.id(), Party::Victim.slug()]);
        let cursor =
            self.pick(&["AAAA", "MjAyNi0wMS0wMQ", "' or true --", "%27%20or%20true%20--"]).replace([' ', '\''], "+");
        let id = id.replace('%', "%25");
        let pair = match self.rng.random_range(0..6) {
            0 => format!("organisation_id={organisation}"),
            1 => format!("organization_id={organisation}&slug={organisation}"),
            2 => format!("after={cursor}"),
            3 => format!("after={id}"),
            4 => format!("procedure={id}"),
            _ => format!("q={cursor}&organisation={organisation}"),
        };
        format!("?{pair}")
    }

    /// The body the route expects, often with something wrong about it.
    fn body(&mut self, route: &Route, ids: &Ids) -> Option<(&'static str, String)> {
        let fields = requests::fields(route, ids).unwrap_or_default();
        let (kind, text) = requests::body(route.surface, &fields)?;
        if !self.chance(40) {
            return Some((kind, text));
        }
        let organisation = Party::Victim.id();
        if route.surface == Surface::Page {
            let more = self.pick(&["organisation_id", "org", "name", "procedure"]);
            return Some((kind, format!("{text}&{more}={organisation}")));
        }
        let mut body: Value = serde_json::from_str(&text).unwrap_or_default();
        let change = self.rng.random_range(0..6);
        let field = body.as_object().and_then(|object| object.keys().next().cloned()).unwrap_or_default();
        match change {
            0 => body["organisation_id"] = json!(organisation),
            1 => body[field.as_str()] = json!(self.id(0)),
            2 => body[field.as_str()] = json!({ "$ne": null }),
            3 => body[field.as_str()] = json!(format!("x', '{organisation}') --")),
            4 => body = json!([body]),
            _ => return Some((kind, text[..text.len() / 2].to_owned())),
        }
        Some((kind, body.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_list_and_another_gives_another() {
        assert_eq!(requests(1, 200), requests(1, 200));
        assert_ne!(requests(1, 200), requests(2, 200));
        assert_eq!(requests(1, 200), requests(1, 250)[..200]);
    }

    #[test]
    fn what_is_asked_again_names_nothing_of_the_victims() {
        let id = |last: u8| format!("0190b5d4-1111-7000-8000-0000000000{last:02x}");
        let theirs = Ids::from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(id));
        let (mut named, drawn) = (0, requests(3, 400));
        for one in &drawn {
            let (ask, again) =
                (one.rendered(&theirs, &Ids::unknown(), false), one.rendered(&theirs, &Ids::unknown(), true));
            let theirs = ["-1111-", Party::Victim.slug(), Party::Victim.id()];
            assert!(!theirs.iter().any(|name| again.to_string().contains(name)), "{again}");
            assert!(!ask.to_string().contains("Idvictims"), "{ask}");
            named += usize::from(one.names_victim);
        }
        assert!(named > drawn.len() / 2, "{named}");
    }
}
