//! What each plan allows and costs: the file `plans.toml`, read once. Which one an organisation is on stands in its row.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::json;
use tenancy::{Database, OrganisationId, Query, SystemReason, directory_statements};

use crate::{Error, Result, jobs};

directory_statements! {
    CHANGE = "update organisations set plan = $2 where id = $1 and deleted_at is null and plan <> $2 returning id";
    KNOWN = "select plan from organisations where id = $1 and deleted_at is null";
}

/// The job that tells Clerk how many people an organisation may have.
pub const TELL_CLERK_LIMIT: &str = "tell_clerk_limit";

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Catalogue::parse(include_str!("../../../plans.toml")).unwrap_or_else(|wrong| panic!("{wrong}")));

/// Everything that is sold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// ISO 4217, in small letters.
    pub currency: String,
    /// Days that a first subscription costs nothing; 0 for none.
    pub trial_days: u32,
    /// Days after a failed payment in which nothing changes.
    pub grace_days: u32,
    /// Days after it from which nothing may be written.
    pub read_only_after_days: u32,
    #[serde(rename = "plan")]
    offers: Vec<Offer>,
}

/// A plan as the file describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Offer {
    code: String,
    name: String,
    summary: String,
    members: u32,
    published_procedures: Option<u32>,
    history_days: Option<u32>,
    features: Vec<Feature>,
    #[serde(default)]
    prices: Vec<Price>,
}

/// What a plan has or has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Roles of the customer's own.
    OwnRoles,
    /// The audit log as a file.
    AuditExport,
    /// Keys for programs.
    ApiKeys,
}

impl Feature {
    /// In the order in which plans list them.
    pub const ALL: [Self; 3] = [Self::OwnRoles, Self::AuditExport, Self::ApiKeys];

    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OwnRoles => "Roles of your own",
            Self::AuditExport => "Audit log as a file",
            Self::ApiKeys => "API keys",
        }
    }
}

/// How often a price is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Interval {
    /// Each month.
    Month,
    /// Each year.
    Year,
}

impl Interval {
    /// As Stripe writes it, and as people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// From Stripe's word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Month, Self::Year].into_iter().find(|interval| interval.as_str() == text)
    }
}

/// What a plan costs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// By which Stripe finds it.
    pub lookup_key: String,
    /// How often it is paid.
    pub interval: Interval,
    /// In the currency's smallest unit.
    pub amount: i64,
}

impl Catalogue {
    /// Reads the file; says in words what is wrong with it.
    fn parse(text: &str) -> Result<Self, String> {
        let catalogue: Self = toml::from_str(text).map_err(|error| format!("plans.toml: {error}"))?;
        match catalogue.defect() {
            Some(defect) => Err(format!("plans.toml: {defect}")),
            None => Ok(catalogue),
        }
    }

    fn defect(&self) -> Option<String> {
        let Some(first) = self.offers.first() else { return Some("there is no plan".to_owned()) };
        if !first.prices.is_empty() {
            return Some(format!("the first plan, {}, must cost nothing", first.code));
        }
        if self.grace_days >= self.read_only_after_days {
            return Some("grace_days must be less than read_only_after_days".to_owned());
        }
        let mut keys: Vec<&str> = Vec::new();
        for (at, offer) in self.offers.iter().enumerate() {
            let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if !offer.code.starts_with(|c: char| c.is_ascii_lowercase()) || !offer.code.chars().all(is_code) {
                return Some(format!("the code {:?} is not of small letters, digits and _", offer.code));
            }
            if self.offers[..at].iter().any(|before| before.code == offer.code || before.members > offer.members) {
                return Some(format!("{} stands twice, or after a plan with more members", offer.code));
            }
            if at > 0 && offer.prices.is_empty() {
                return Some(format!("{} has no price; only the first plan costs nothing", offer.code));
            }
            for price in &offer.prices {
                if price.amount <= 0 || price.lookup_key.is_empty() || keys.contains(&price.lookup_key.as_str()) {
                    return Some(format!("a price of {} costs nothing, or its lookup_key stands twice", offer.code));
                }
                keys.push(&price.lookup_key);
            }
        }
        None
    }
}

/// A plan. Compares by its place in the file: a larger one comes later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plan(usize);

impl Plan {
    /// The first in the file: whoever has no subscription is on it.
    pub const FREE: Self = Self(0);

    /// The file.
    pub fn catalogue() -> &'static Catalogue {
        &CATALOGUE
    }

    /// From the smallest on.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + DoubleEndedIterator {
        (0..CATALOGUE.offers.len()).map(Self)
    }

    /// The last in the file, which allows the most.
    pub fn largest() -> Self {
        Self(CATALOGUE.offers.len() - 1)
    }

    /// From its code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::all().find(|plan| plan.as_str() == code)
    }

    /// From the stored text; an unknown plan allows what the smallest does.
    pub(crate) fn of(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::FREE)
    }

    /// The plan that this price is of, and the price.
    pub fn sold_as(lookup_key: &str) -> Option<(Self, &'static Price)> {
        let of =
            |plan: Self| plan.prices().iter().find(|price| price.lookup_key == lookup_key).map(|price| (plan, price));
        Self::all().find_map(of)
    }

    fn offer(self) -> &'static Offer {
        &CATALOGUE.offers[self.0]
    }

    /// Its code: as stored, and in Stripe's metadata.
    pub fn as_str(self) -> &'static str {
        &self.offer().code
    }

    /// As people read it.
    pub fn name(self) -> &'static str {
        &self.offer().name
    }

    /// Whom it is for, in a sentence.
    pub fn summary(self) -> &'static str {
        &self.offer().summary
    }

    /// Members and pending invitations together.
    pub fn seats(self) -> u32 {
        self.offer().members
    }

    /// Procedures that have a version; none for as many as one likes.
    pub fn published_procedures(self) -> Option<u32> {
        self.offer().published_procedures
    }

    /// How far back finished runs are shown; none for all of them.
    pub fn history_days(self) -> Option<u32> {
        self.offer().history_days
    }

    /// Whether it has this.
    pub fn has(self, feature: Feature) -> bool {
        self.offer().features.contains(&feature)
    }

    /// What it costs; nothing on the first.
    pub fn prices(self) -> &'static [Price] {
        &self.offer().prices
    }

    /// The smallest plan that satisfies this, above this one.
    pub fn larger(self, enough: impl Fn(Self) -> bool) -> Option<Self> {
        Self::all().find(|plan| *plan > self && enough(*plan))
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Plan {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The plan an organisation is on; none where there is no such organisation.
pub async fn of(database: &Database, organisation: &OrganisationId) -> Result<Option<Plan>> {
    let query = Query::new(KNOWN).bind(organisation.to_string());
    let rows = database.system(SystemReason::Mirror).run(query).await?;
    Ok(rows.first().map(|row| Plan::of(row.get(0))))
}

/// Puts an organisation on a plan without a subscription: whoever is looked after by hand, and demonstrations. Whoever
/// waited for a seat that there is now comes in. `NotFound` where there is no such organisation.
pub async fn change(database: &Database, organisation: &OrganisationId, plan: Plan) -> Result<()> {
    let mut tx = database.system(SystemReason::Operations).begin().await?;
    let id = organisation.to_string();
    tx.query_opt(Query::new(KNOWN).bind(id.clone())).await?.ok_or(Error::NotFound)?;
    tx.query(Query::new(CHANGE).bind(id).bind(plan.as_str())).await?;
    jobs::enqueue_in(&mut tx, organisation, TELL_CLERK_LIMIT, json!({})).await?;
    tx.commit().await?;
    crate::memberships::settle(database, organisation).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_sound_and_says_what_the_product_promises() {
        let [free, team, business] = [0, 1, 2].map(Plan);
        assert_eq!(Plan::all().map(Plan::as_str).collect::<Vec<_>>(), ["free", "team", "business"]);
        assert_eq!([free, team, business].map(Plan::seats), [3, 15, 50]);
        assert_eq!([free, team, business].map(Plan::published_procedures), [Some(3), None, None]);
        assert_eq!([free, team, business].map(Plan::history_days), [Some(30), Some(365), None]);
        assert_eq!(
            Plan::sold_as("tenantry_team_yearly").map(|(plan, price)| (plan, price.amount)),
            Some((team, 29_000))
        );
        assert_eq!(free.larger(|plan| plan.has(Feature::OwnRoles)), Some(business));
    }

    #[test]
    fn a_bad_file_is_told_in_words() {
        let file = |plans: &str| {
            format!("currency = 'usd'\ntrial_days = 0\ngrace_days = 7\nread_only_after_days = 21\n{plans}")
        };
        let plan = |code: &str, members: u32, rest: &str| {
            format!(
                "[[plan]]\ncode = '{code}'\nname = 'N'\nsummary = 'S'\nmembers = {members}\nfeatures = []\n{rest}\n"
            )
        };
        let wrong = |plans: &str| Catalogue::parse(&file(plans)).unwrap_err();
        let paid = "prices = [{ lookup_key = 'a', interval = 'month', amount = 100 }]";
        assert!(wrong(&plan("free", 3, paid)).contains("must cost nothing"));
        assert!(wrong(&(plan("free", 3, "") + &plan("team", 5, ""))).contains("team has no price"));
        assert!(wrong(&(plan("free", 3, "") + &plan("team", 2, paid))).contains("after a plan with more members"));
        assert!(wrong(&(plan("free", 3, "") + &plan("a", 5, paid) + &plan("b", 9, paid))).contains("stands twice"));
        assert!(wrong(&plan("free", 3, "colour = 'red'")).contains("colour"));
        assert!(wrong(&plan("Free", 3, "")).contains("small letters"));
        assert!(Catalogue::parse(&file(&(plan("free", 3, "") + &plan("team", 5, paid)))).is_ok());
    }
}
