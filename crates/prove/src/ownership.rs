//! Which rows of a table belong to whom. Tables with a tenant column say so themselves; the others are listed here.

use crate::catalogue::Table;
use crate::people::{self, Party};

/// How a table's rows are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// Rows of organisations, told apart by [`Ownership::rows_of`].
    Organisations,
    /// Machinery of the boundary: every row counts as a secret, unless listed as public.
    Machinery { readable: bool },
    /// Nobody has said. An error in the report, never "held".
    Unknown,
}

/// Machinery that the server's role may read.
const PUBLIC: &[&str] = &["tenancy.directory_tables"];

/// Tables without a tenant column: the condition that finds an organisation's rows. `{org}`, `{people}` and `{canary}`
/// stand for its id, the list of those who belong to it alone, and its text.
const BY_HAND: &[(&str, &str)] = &[
    ("tenantry.organisations", "id = '{org}'"),
    ("tenantry.users", "id in ({people})"),
    ("tenantry.inbound_events", "body like '%{canary}%'"),
    ("tenantry.drift_reports", "drift::text like '%{canary}%'"),
];

impl Ownership {
    pub(crate) fn of(table: &Table) -> Self {
        if table.has_tenant() || BY_HAND.iter().any(|(name, _)| *name == table.name) {
            Self::Organisations
        } else if table.schema == "tenancy" {
            Self::Machinery { readable: PUBLIC.contains(&table.name.as_str()) }
        } else {
            Self::Unknown
        }
    }

    /// The SQL condition that finds a party's rows.
    pub(crate) fn rows_of(table: &Table, party: Party, seed: u64) -> String {
        if Self::of(table) != Self::Organisations {
            return "true".to_owned();
        }
        if table.has_tenant() {
            return format!("{} = '{}'", Table::TENANT, party.id());
        }
        let condition =
            BY_HAND.iter().find(|(name, _)| *name == table.name).map_or("false", |(_, condition)| condition);
        let quoted: Vec<String> = party.people().iter().map(|name| format!("'{}'", people::user_id(name))).collect();
        condition
            .replace("{org}", party.id())
            .replace("{people}", &quoted.join(", "))
            .replace("{canary}", &party.canary(seed))
    }
}
