//! Drift: what our directory says and the vendor does not, or the other way round.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tenancy::types::Json;
use tenancy::{Database, OrganisationId, Query, SystemReason, UserId, directory_statements};
use uuid::Uuid;

use crate::directory::{OrganisationRecord, PersonRecord};
use crate::inbound_events::Vendor;
use crate::{BaseRole, Result};

/// Differences that are kept in a report; their number is kept whatever it is.
const MOST_KEPT: usize = 500;

/// The job that compares what we know of customers with Stripe.
pub const RECONCILE_STRIPE: &str = "reconcile_stripe";
/// The job that looks at customers about whom something is due.
pub const LOOK_AT_DUE_CUSTOMERS: &str = "look_at_due_customers";
/// The job that compares our directory with Clerk.
pub const RECONCILE_CLERK: &str = "reconcile_clerk";

directory_statements! {
    PEOPLE = "select id, email, name from users where deleted_at is null";
    /// Also those that are deleted here and can be restored: Clerk keeps them as long.
    ORGANISATIONS = "select id, coalesce(clerk_slug, slug), name from organisations where not gone_at_clerk";
    /// What Clerk has not been told yet is no drift.
    MEMBERSHIPS = "select organisation_id, user_id, role from memberships where removed_at is null";
    REPORT = "
        insert into drift_reports (id, vendor, started_at, compared, drift) values ($1, $2, $3, $4, $5)";
    LAST = "
        select started_at, finished_at, compared, drift from drift_reports
         where vendor = $1 order by started_at desc limit $2";
}

/// A directory as a whole: ours, or the vendor's in the form that ours would take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    people: BTreeMap<UserId, (String, String)>,
    organisations: BTreeMap<OrganisationId, (String, String)>,
    memberships: BTreeMap<(UserId, OrganisationId), BaseRole>,
}

/// Whom a difference is about: who has to be asked about again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A person, with all they belong to.
    Person(UserId),
    /// An organisation.
    Organisation(OrganisationId),
}

/// One thing that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// `user_…` or `org_…`
    pub id: String,
    /// What differs, in words for an operator: names no values, as reports outlive the people in them.
    pub what: String,
    /// Whether it was brought up to date.
    pub repaired: bool,
}

/// What one comparison came to.
#[derive(Debug, Clone)]
pub struct DriftReport {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How many people, organisations and memberships the vendor has.
    pub compared: i32,
    /// What was not the same.
    pub found: Vec<Difference>,
}

impl Snapshot {
    /// A person; their memberships come by themselves.
    pub fn add_person(&mut self, record: &PersonRecord) {
        self.people.insert(record.id.clone(), (record.email.clone(), record.name.clone()));
    }

    /// An organisation.
    pub fn add_organisation(&mut self, record: &OrganisationRecord) {
        self.organisations.insert(record.id.clone(), (record.slug.clone(), record.name.clone()));
    }

    /// That a person belongs to an organisation.
    pub fn add_membership(&mut self, user: UserId, organisation: OrganisationId, role: BaseRole) {
        self.memberships.insert((user, organisation), role);
    }

    /// How much there is to compare.
    pub fn len(&self) -> usize {
        self.people.len() + self.organisations.len() + self.memberships.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whom to ask about again so that this directory becomes the other, and why, one line each.
    ///
    /// Memberships of people or organisations that the vendor does not have do not count: it has no use for them.
    pub fn differences(&self, vendor: &Self) -> Vec<(Subject, String)> {
        let mut all = Vec::new();
        for (id, ours, theirs) in both(&self.organisations, &vendor.organisations) {
            let subject = || Subject::Organisation(id.clone());
            all.extend(what(ours, theirs).map(|what| (subject(), what)));
        }
        for (id, ours, theirs) in both(&self.people, &vendor.people) {
            all.extend(what(ours, theirs).map(|what| (Subject::Person(id.clone()), what)));
        }
        let known = |(user, organisation): &(UserId, OrganisationId)| {
            vendor.people.contains_key(user) && vendor.organisations.contains_key(organisation)
        };
        for (key, ours, theirs) in both(&self.memberships, &vendor.memberships) {
            let (user, organisation) = key;
            let what = match (ours, theirs) {
                (None, Some(_)) if known(key) => format!("is a member of {organisation}, and was not one here"),
                (Some(_), None) => format!("was a member of {organisation} here, and is not one"),
                (Some(ours), Some(theirs)) if ours != theirs => format!("has another role in {organisation}"),
                _ => continue,
            };
            all.push((Subject::Person(user.clone()), what));
        }
        all
    }
}

/// The keys of either side, with what each side says.
fn both<'a, K: Ord, V>(
    ours: &'a BTreeMap<K, V>,
    theirs: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
    let only_theirs = theirs.iter().filter(|(key, _)| !ours.contains_key(key));
    let mine = ours.iter().map(|(key, value)| (key, Some(value), theirs.get(key)));
    mine.chain(only_theirs.map(|(key, value)| (key, None, Some(value))))
}

fn what(ours: Option<&(String, String)>, theirs: Option<&(String, String)>) -> Option<String> {
    match (ours, theirs) {
        (None, Some(_)) => Some("was not known here".to_owned()),
        (Some(_), None) => Some("is gone".to_owned()),
        (Some(ours), Some(theirs)) if ours.0 != theirs.0 => Some("the address differs".to_owned()),
        (Some(ours), Some(theirs)) if ours.1 != theirs.1 => Some("the name differs".to_owned()),
        _ => None,
    }
}

impl Subject {
    /// The vendor's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Person(user) => user.as_str(),
            Self::Organisation(organisation) => organisation.as_str(),
        }
    }
}

/// Our directory as a whole. Rows of an unknown form, which there cannot be, are left out.
pub async fn ours(database: &Database) -> Result<Snapshot> {
    let mut tx = database.system(SystemReason::Mirror).begin().await?;
    let mut snapshot = Snapshot::default();
    for row in tx.query(Query::new(PEOPLE)).await? {
        if let Ok(id) = UserId::parse(row.get(0)) {
            snapshot.people.insert(id, (row.get(1), row.get(2)));
        }
    }
    for row in tx.query(Query::new(ORGANISATIONS)).await? {
        if let Ok(id) = OrganisationId::parse(row.get(0)) {
            snapshot.organisations.insert(id, (row.get(1), row.get(2)));
        }
    }
    for row in tx.query(Query::new(MEMBERSHIPS)).await? {
        if let (Ok(organisation), Ok(user)) = (OrganisationId::parse(row.get(0)), UserId::parse(row.get(1))) {
            // Of an organisation that is gone nothing is compared.
            if snapshot.organisations.contains_key(&organisation) {
                snapshot.memberships.insert((user, organisation), BaseRole::from_clerk(row.get(2)));
            }
        }
    }
    Ok(snapshot)
}

/// Writes down what a comparison came to.
pub async fn record(database: &Database, vendor: Vendor, report: &DriftReport) -> Result<()> {
    let kept: Vec<&Difference> = report.found.iter().take(MOST_KEPT).collect();
    let query = Query::new(REPORT).bind(Uuid::now_v7()).bind(vendor.as_str()).bind(report.started_at);
    let query = query.bind(report.compared).bind(serde_json::json!({ "count": report.found.len(), "first": kept }));
    database.system(SystemReason::Mirror).run(query).await?;
    Ok(())
}

/// The newest reports, newest first.
pub async fn last(database: &Database, vendor: Vendor, most: i64) -> Result<Vec<DriftReport>> {
    #[derive(Deserialize)]
    struct Kept {
        first: Vec<Difference>,
    }
    let query = Query::new(LAST).bind(vendor.as_str()).bind(most);
    let rows = database.system(SystemReason::Operations).run(query).await?;
    Ok(rows
        .iter()
        .map(|row| DriftReport {
            started_at: row.get(0),
            finished_at: row.get(1),
            compared: row.get(2),
            found: row.get::<_, Json<Kept>>(3).0.first,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        UserId::parse(&format!("user_{name}")).unwrap()
    }

    fn organisation(name: &str) -> OrganisationId {
        OrganisationId::parse(&format!("org_{name}")).unwrap()
    }

    /// `org`s as `id:slug:name`, people as `id:email:name`, memberships as `user:org:role`.
    fn snapshot(organisations: &[&str], people: &[&str], memberships: &[&str]) -> Snapshot {
        let mut all = Snapshot::default();
        let split =
            |text: &str| -> [String; 3] { text.split(':').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap() };
        for [id, slug, name] in organisations.iter().map(|text| split(text)) {
            all.add_organisation(&OrganisationRecord::new(organisation(&id), Some(&slug), &name));
        }
        for [id, email, name] in people.iter().map(|text| split(text)) {
            all.add_person(&PersonRecord::new(user(&id), &email, &name, vec![]));
        }
        for [who, place, role] in memberships.iter().map(|text| split(text)) {
            all.add_membership(user(&who), organisation(&place), BaseRole::from_clerk(&role));
        }
        all
    }

    #[test]
    fn every_kind_of_difference_names_whom_to_ask_about() {
        let same = snapshot(&["a:a:A", "b:b:B"], &["u:u@x:U", "v:v@x:V"], &["u:a:admin", "v:a:member"]);
        assert_eq!(same.differences(&same), []);
        let named = |vendor: Snapshot| -> Vec<(String, String)> {
            same.differences(&vendor).into_iter().map(|(subject, what)| (subject.id().to_owned(), what)).collect()
        };
        let one = |id: &str, what: &str| vec![(id.to_owned(), what.to_owned())];
        let people = ["u:u@x:U", "v:v@x:V"];
        let roles = ["u:a:admin", "v:a:member"];
        assert_eq!(named(snapshot(&["a:new:A", "b:b:B"], &people, &roles)), one("org_a", "the address differs"));
        assert_eq!(named(snapshot(&["a:a:New", "b:b:B"], &people, &roles)), one("org_a", "the name differs"));
        assert_eq!(named(snapshot(&["a:a:A"], &people, &roles)), one("org_b", "is gone"));
        assert_eq!(named(snapshot(&["a:a:A", "b:b:B", "c:c:C"], &people, &roles)), one("org_c", "was not known here"));
        let organisations = ["a:a:A", "b:b:B"];
        assert_eq!(
            named(snapshot(&organisations, &["u:u@x:U", "v:v@y:V"], &roles)),
            one("user_v", "the address differs")
        );
        assert_eq!(
            named(snapshot(&organisations, &people, &["u:a:admin", "v:a:admin"])),
            one("user_v", "has another role in org_a")
        );
        assert_eq!(
            named(snapshot(&organisations, &people, &["u:a:admin"])),
            one("user_v", "was a member of org_a here, and is not one")
        );
        assert_eq!(
            named(snapshot(&organisations, &people, &["u:a:admin", "v:a:member", "v:b:member"])),
            one("user_v", "is a member of org_b, and was not one here")
        );
        assert_eq!(
            named(snapshot(&organisations, &["u:u@x:U"], &["u:a:admin"])),
            [one("user_v", "is gone"), one("user_v", "was a member of org_a here, and is not one")].concat()
        );
    }

    #[test]
    fn a_membership_without_its_person_or_organisation_is_no_difference() {
        let ours = snapshot(&["a:a:A"], &["u:u@x:U"], &["u:a:admin"]);
        let vendor = snapshot(&["a:a:A"], &["u:u@x:U"], &["u:a:admin", "banned:a:member", "u:deleted:member"]);
        assert_eq!(ours.differences(&vendor), []);
    }
}
