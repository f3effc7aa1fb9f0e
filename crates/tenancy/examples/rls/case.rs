//! A shape of statement on one organisation's data.

use crate::Result;
use crate::rows::Organisation;
use crate::run::{Backend, connect};
use crate::shapes::{self, Shape};
use crate::value::Value;

/// What keeps another organisation's rows out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wall {
    /// `organisation_id = $1` in the statement, by a role that row-level security does not bind.
    Filter,
    /// Row-level security alone: the statement names no organisation.
    Policy,
    /// Both, as the product does it.
    Both,
}

impl Wall {
    pub(crate) const ALL: [Self; 3] = [Self::Filter, Self::Policy, Self::Both];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Policy => "policy",
            Self::Both => "both",
        }
    }
}

/// One line of the answer.
pub(crate) struct Case {
    pub(crate) data: &'static str,
    pub(crate) shape: Shape,
    /// Each round takes the next.
    pub(crate) organisations: Vec<Organisation>,
}

impl Case {
    /// Parameters of one execution.
    pub(crate) fn values(&self, organisation: &Organisation, wall: Wall, turn: usize) -> Vec<Value> {
        // Transactions that are open side by side must not wait for one another's rows.
        let turn = if self.shape.writes { turn * Wall::ALL.len() + wall as usize } else { turn };
        let mut values = (self.shape.values)(organisation, turn);
        if wall == Wall::Policy && self.shape.organisation_is_last {
            values.pop();
        }
        values
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\t{}", self.data, self.shape.name)
    }
}

/// Which organisations stand for a set of data: its name, its tables' prefix, and their numbers.
const DATA: [(&str, &str, &[usize]); 5] = [
    ("1,000 with 1,000 rows each", "even", &[3, 57, 111, 222, 333, 444, 555, 666, 777, 888]),
    ("300,000 of a skewed million", "skewed", &[1]),
    ("20,000 of a skewed million", "skewed", &[5]),
    ("225 of a skewed million", "skewed", &[500, 600, 700, 800, 900]),
    ("200,000 of 300,000", "large", &[1]),
];

/// Every shape on every set of data, and the product's own statements on its largest organisation.
pub(crate) async fn all(backend: &Backend) -> Result<Vec<Case>> {
    let client = connect(&backend.unwalled).await?;
    let mut cases = Vec::new();
    for (data, prefix, numbers) in DATA {
        let mut organisations = Vec::new();
        for number in numbers {
            organisations.push(Organisation::of_items(&client, prefix, *number).await?);
        }
        for shape in shapes::of_items(prefix) {
            cases.push(Case { data, shape, organisations: organisations.clone() });
        }
    }
    let largest = Organisation::of_the_product(&client).await?;
    for shape in shapes::of_the_product()? {
        cases.push(Case { data: "the product's statements", shape, organisations: vec![largest.clone()] });
    }
    Ok(cases)
}
