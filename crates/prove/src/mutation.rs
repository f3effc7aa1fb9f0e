//! The counter-proof: one policy loosened in a copy. A suite that stays green there proves nothing.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::catalogue::{Command, Policy};
use crate::error::{Error, Result};

/// What is done to the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mutation {
    /// In words.
    pub(crate) described: String,
    pub(crate) sql: String,
}

impl Mutation {
    /// Of the table that was asked for, or of one that the seed chooses.
    pub(crate) fn choose(policies: &[Policy], table: Option<&str>, seed: u64) -> Result<Self> {
        let mut rng = StdRng::seed_from_u64(seed);
        let named = |policy: &&Policy| {
            table.is_none_or(|table| policy.table == table || policy.table.ends_with(&format!(".{table}")))
        };
        let candidates: Vec<&Policy> = policies.iter().filter(named).collect();
        let Some(policy) = candidates.choose(&mut rng) else {
            let mut tables: Vec<&str> = policies.iter().map(|policy| policy.table.as_str()).collect();
            tables.dedup();
            let wanted = table.unwrap_or("any table");
            return Err(Error::CannotRun(format!("no policy of {wanted} to loosen; there are: {}", tables.join(", "))));
        };
        let Policy { name, table, command } = policy;
        let clause = match command {
            Command::Old => "using (true)",
            Command::New => "with check (true)",
            Command::Both => "using (true) with check (true)",
        };
        Ok(match rng.random_range(0..3) {
            0 => Self {
                described: format!("policy {name} on {table} now says {clause}"),
                sql: format!("alter policy {name} on {table} {clause}"),
            },
            1 => Self {
                described: format!("a second policy on {table}, beside {name}, says using (true)"),
                sql: format!("create policy loosened on {table} using (true)"),
            },
            _ => Self {
                described: format!("row-level security of {table}, and with it policy {name}, is switched off"),
                sql: format!("alter table {table} disable row level security"),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loosened_policy_lets_old_and_new_rows_through() {
        for (command, clause) in [
            (Command::Old, "using (true)"),
            (Command::New, "with check (true)"),
            (Command::Both, "using (true) with check (true)"),
        ] {
            let policy = Policy { name: "one".to_owned(), table: "tenantry.notes".to_owned(), command };
            let wanted = format!("alter policy one on tenantry.notes {clause}");
            let found =
                (0..50).any(|seed| Mutation::choose(std::slice::from_ref(&policy), None, seed).unwrap().sql == wanted);
            assert!(found, "{wanted}");
        }
    }
}
