//! Inviting people: a pasted list of addresses, the roles they get, and what came of each.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use domain::email_address::{self, EmailAddress};
use domain::invitations::{self, Outcome};
use domain::memberships::{self, People};
use domain::seats::Seats;
use domain::{Access, FieldErrors};
use http::StatusCode;

use super::complaint::{self, Complaint};
use super::given_roles::{GivenRoles, RoleFields};
use super::settings::{Tab, TabLink};
use super::shell::{Section, Shell};
use super::{counted, page};
use crate::access::InOrg;
use crate::body::{Fields, Form};
use crate::error::Result;

#[derive(Template)]
#[template(path = "settings/invite.html")]
struct Invite {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    pending_base: String,
    seats: Seats,
    fields: RoleFields,
    writing: Writing,
    /// What came of those that were sent; none where nothing was sent.
    results: Vec<Line>,
    headline: String,
}

/// The form as it was typed, with what is wrong about it.
#[derive(Default)]
struct Writing {
    addresses: String,
    errors: FieldErrors,
    complaint: Option<Complaint>,
}

/// One address and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// As it was typed where it is no address.
    pub(crate) address: String,
    pub(crate) result: LineResult,
}

/// What came of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LineResult {
    /// The rules decided.
    Decided(Outcome),
    /// It is no address; why.
    Invalid(&'static str),
}

/// `GET /orgs/{slug}/settings/members/invite`
pub(crate) async fn show(org: InOrg) -> Result<Response> {
    again(&org, Writing::default(), &GivenRoles::least(), Vec::new()).await
}

/// `POST /orgs/{slug}/settings/members/invite`
pub(crate) async fn invite(org: InOrg, Form(fields): Form<Fields>) -> Result<Response> {
    let typed = fields.get("addresses");
    let given = GivenRoles::parse(&fields);
    let chosen = given.clone().unwrap_or_else(|_| GivenRoles::least());
    let writing = || Writing { addresses: typed.to_owned(), ..Writing::default() };
    let mut tx = org.write().await?;
    let (list, given) = match FieldErrors::both(List::parse(typed), given) {
        Ok(parsed) => parsed,
        Err(errors) => {
            drop(tx);
            return again(&org, Writing { errors, ..writing() }, &chosen, Vec::new()).await;
        }
    };
    match invitations::invite(&mut tx, &list.addresses(), given.role, &given.custom_roles).await {
        Ok(outcomes) => {
            tx.commit().await?;
            let lines = list.with(outcomes);
            again(&org, Writing { addresses: left_over(&lines), ..Writing::default() }, &chosen, lines).await
        }
        Err(error) => {
            drop(tx);
            let complaint = Some(Complaint::of(&org, error)?);
            again(&org, Writing { complaint, ..writing() }, &chosen, Vec::new()).await
        }
    }
}

/// The page as it stands now, with what was typed.
async fn again(org: &InOrg, writing: Writing, chosen: &GivenRoles, results: Vec<Line>) -> Result<Response> {
    let (access, people) = org.read(memberships::people).await?;
    let status = match writing.errors.0.is_empty() {
        false => StatusCode::UNPROCESSABLE_ENTITY,
        true => complaint::status(writing.complaint.as_ref()),
    };
    page(status, &Invite::new(org, &access, &people, writing, chosen, results))
}

/// What is worth sending once more: what was no address, and what had no room.
fn left_over(lines: &[Line]) -> String {
    let again = |line: &&Line| {
        matches!(line.result, LineResult::Invalid(_) | LineResult::Decided(Outcome::NoSeat | Outcome::TooMany))
    };
    lines.iter().filter(again).map(|line| line.address.as_str()).collect::<Vec<_>>().join("\n")
}

/// A pasted list, part by part.
#[derive(Debug)]
pub(crate) struct List(Vec<(String, Result<EmailAddress, &'static str>)>);

impl List {
    /// Field `addresses`: at least one part, and not more than are looked at.
    pub(crate) fn parse(text: &str) -> Result<Self, FieldErrors> {
        let (parts, more) = email_address::parts(text);
        let wrong = |message: String| Err(FieldErrors::one("addresses", message));
        if more {
            let most = email_address::MOST_ADDRESSES;
            return wrong(format!("Send {most} addresses at once at the most. Nothing was sent."));
        }
        if parts.is_empty() {
            return wrong("Write at least one address.".to_owned());
        }
        Ok(Self::of(parts))
    }

    /// Parts that are one address each. The same address twice is one.
    pub(crate) fn of(parts: Vec<String>) -> Self {
        let mut seen = BTreeSet::new();
        let read = parts.into_iter().map(|part| (EmailAddress::parse(&part), part));
        let fresh = read.filter(|(address, _)| match address {
            Ok(address) => seen.insert(address.clone()),
            Err(_) => true,
        });
        Self(fresh.map(|(address, part)| (part, address)).collect())
    }

    /// Those that are addresses.
    pub(crate) fn addresses(&self) -> Vec<EmailAddress> {
        self.0.iter().filter_map(|(_, address)| address.clone().ok()).collect()
    }

    /// Each part with what came of it; the outcomes are those of [`Self::addresses`].
    pub(crate) fn with(self, outcomes: Vec<Outcome>) -> Vec<Line> {
        let mut outcomes = outcomes.into_iter();
        let line = |(part, address): (String, Result<EmailAddress, &'static str>)| match address {
            Ok(address) => Some(Line { address: address.to_string(), result: LineResult::Decided(outcomes.next()?) }),
            Err(why) => Some(Line { address: part, result: LineResult::Invalid(why) }),
        };
        self.0.into_iter().filter_map(line).collect()
    }
}

impl Invite {
    fn new(
        org: &InOrg,
        access: &Access,
        people: &People,
        writing: Writing,
        chosen: &GivenRoles,
        results: Vec<Line>,
    ) -> Self {
        let is_sent = |line: &&Line| matches!(line.result, LineResult::Decided(Outcome::Sent { .. }));
        let sent = results.iter().filter(is_sent).count();
        Self {
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Members),
            base: org.url("settings/members"),
            pending_base: org.url("settings/invitations"),
            seats: people.seats,
            fields: RoleFields::new(access, people, chosen),
            headline: match sent {
                0 => "Nobody was invited".to_owned(),
                sent => format!("{} invited", counted_people(sent)),
            },
            writing,
            results,
        }
    }

    /// `2 places are left on the Team plan.`
    fn places(&self) -> String {
        let plan = self.seats.terms.plan.name();
        match self.seats.free() {
            0 => format!("No place is left on the {plan} plan."),
            1 => format!("1 place is left on the {plan} plan."),
            free => format!("{} are left on the {plan} plan.", counted(free, "place")),
        }
    }

    fn has_left_over(&self) -> bool {
        self.results.is_empty() || !self.writing.addresses.is_empty()
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.writing.errors.message(field)
    }
}

fn counted_people(number: usize) -> String {
    if number == 1 { "1 person".to_owned() } else { format!("{number} people") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_list_gets_its_own_answer() {
        let list = List::parse("Ada <ADA@acme.example>; nobody\nada@acme.example, max@acme.example").unwrap();
        assert_eq!(list.addresses().len(), 2);
        let lines = list.with(vec![Outcome::NoSeat, Outcome::TooMany]);
        let told: Vec<(&str, bool)> =
            lines.iter().map(|line| (line.address.as_str(), matches!(line.result, LineResult::Invalid(_)))).collect();
        assert_eq!(told, [("ada@acme.example", false), ("nobody", true), ("max@acme.example", false)]);
        assert_eq!(left_over(&lines), "ada@acme.example\nnobody\nmax@acme.example");
        assert!(List::parse(" ;\n,").unwrap_err().message("addresses").is_some());
        let many: String = (0..501).map(|number| format!("p{number}@acme.example\n")).collect();
        assert!(List::parse(&many).unwrap_err().message("addresses").unwrap().contains("500"));
    }
}
