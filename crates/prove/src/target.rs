//! A table as something to attack, and the statements that need more than a line.

use serde_json::Value;

use crate::catalogue::Table;
use crate::ownership::Ownership;
use crate::people::{self, Party};
use crate::samples::{Row, by_key, fresh, insert};
use crate::verdict::Crossing;

/// One statement of an attack.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    pub(crate) sql: String,
    /// The same about something that exists nowhere: must be answered alike.
    pub(crate) twin: Option<String>,
    pub(crate) crossing: Crossing,
    pub(crate) copies: bool,
}

/// What a table offers to attack with.
pub(crate) struct Target<'a> {
    pub(crate) table: &'a Table,
    /// The condition that finds the victim's rows.
    pub(crate) theirs: String,
    pub(crate) ownership: Ownership,
}

/// A statement that aims at the victim's rows alone.
pub(crate) fn touches(sql: String) -> Probe {
    Probe { sql, twin: None, crossing: Crossing::Touched, copies: false }
}

impl Target<'_> {
    /// A read of everything there is: of machinery no row may be seen, of organisations' tables none of the victim's.
    pub(crate) fn sees(&self, sql: &str) -> Probe {
        let secret = matches!(self.ownership, Ownership::Machinery { .. });
        let crossing = if secret { Crossing::Touched } else { Crossing::Shown };
        Probe { crossing, ..touches(sql.to_owned()) }
    }

    /// `set` of an update that the table's own rules would let pass.
    pub(crate) fn prey(&self) -> Option<String> {
        let column = self.table.prey().or_else(|| self.table.columns.iter().find(|column| !column.generated))?;
        let value =
            if self.table.is_free_text(column) { "'overwritten'".to_owned() } else { format!("t.{}", column.name) };
        Some(format!("{} = {value}", column.name))
    }

    /// Around the table, where a policy could be forgotten: outer joins, sub-selects, set operations.
    pub(crate) fn joins(&self) -> Vec<Probe> {
        let Self { table: Table { name, .. }, theirs, .. } = self;
        [
            format!("select theirs.* from {name} as mine right join {name} as theirs on false where theirs is not null"),
            format!("with theirs as materialized (select * from {name}) select * from theirs"),
            format!("select one.row from (values (1)) as always (yes) cross join lateral (select t::text as row from {name} as t) as one"),
        ]
        .map(|sql| self.sees(&sql))
        .into_iter()
        .chain([
            touches(format!("select * from {name} where {theirs} union all select * from {name} where {theirs}")),
            touches(format!("select 1 where exists (select from {name} where {theirs})")),
        ])
        .collect()
    }

    /// A new row of the victim's: text of ours, everything else as theirs.
    pub(crate) fn planted(&self, victim: &Row, own: Option<&Row>) -> Row {
        let mut row = own.unwrap_or(victim).clone();
        for column in self.table.columns.iter().filter(|column| self.table.is_key(&column.name)) {
            if let Some(value) = victim.get(&column.name) {
                row.insert(column.name.clone(), value.clone());
            }
        }
        self.tenant(&mut row, Party::Victim);
        fresh(self.table, &row, 1)
    }

    fn tenant(&self, row: &mut Row, party: Party) {
        if self.table.has_tenant() {
            row.insert(Table::TENANT.to_owned(), Value::from(party.id()));
        }
    }

    /// Our own row, given away.
    pub(crate) fn moves(&self, own: Option<&Row>) -> Vec<Probe> {
        let Some(own) = own.filter(|_| self.table.has_tenant() && !self.table.key.is_empty()) else {
            return Vec::new();
        };
        let (name, victim, ours) = (&self.table.name, Party::Victim.id(), by_key(self.table, own));
        vec![
            touches(format!("update {name} as t set {} = '{victim}' where {ours}", Table::TENANT)),
            touches(format!("update {name} as t set {} = '{victim}'", Table::TENANT)),
        ]
    }

    /// Onto the victim's key: in their organisation, and, where the key holds more than that, in ours.
    pub(crate) fn upserts(&self, victim: &Row, own: Option<&Row>) -> Vec<Probe> {
        let Some(own) = own.filter(|_| !self.table.key.is_empty()) else { return Vec::new() };
        let onto = |key: &Row, party: Party, act: &str| {
            // New in everything but the key, so that nothing else is in the way.
            let mut row = fresh(self.table, own, 2);
            for column in &self.table.key {
                if let Some(value) = key.get(column) {
                    row.insert(column.clone(), value.clone());
                }
            }
            self.tenant(&mut row, party);
            format!("{} on conflict ({}) {act}", insert(self.table, &row), self.table.key.join(", "))
        };
        let nobody = self.nobody(victim);
        let prey = self.table.prey().map(|column| format!("do update set {0} = excluded.{0}", column.name));
        let mut probes = Vec::new();
        for act in prey.iter().map(String::as_str).chain(["do nothing", ""]) {
            let plain = |sql: String| {
                if act.is_empty() { sql.split(" on conflict (").next().unwrap_or_default().to_owned() } else { sql }
            };
            for party in [Party::Victim, Party::Attacker] {
                let crossing = match party {
                    Party::Victim => Crossing::Touched,
                    _ => Crossing::Shown,
                };
                // In our own organisation a key that is the organisation alone is our own row's.
                let only_tenant = self.table.key == [Table::TENANT];
                if party == Party::Attacker && (!self.table.has_tenant() || only_tenant) {
                    continue;
                }
                let (sql, twin) = (plain(onto(victim, party, act)), plain(onto(&nobody, party, act)));
                probes.push(Probe { sql, twin: Some(twin), crossing, copies: false });
            }
        }
        probes
    }

    /// The victim's key with every id replaced by one that nobody has.
    fn nobody(&self, victim: &Row) -> Row {
        fresh(self.table, victim, 3)
            .into_iter()
            .map(|(column, value)| {
                let person = column == "user_id";
                (column, if person { Value::from(people::user_id("nobody")) } else { value })
            })
            .collect()
    }

    /// Our own row, hung on a row of the victim's.
    pub(crate) fn references(&self, victim: &Row, own: Option<&Row>) -> Vec<Probe> {
        let Some(own) = own else { return Vec::new() };
        let mut probes = Vec::new();
        for reference in &self.table.references {
            let columns: Vec<&String> =
                reference.columns.iter().map(|(ours, _)| ours).filter(|ours| *ours != Table::TENANT).collect();
            let known = columns.iter().all(|column| victim.get(*column).is_some_and(|value| !value.is_null()));
            if columns.is_empty() || !known {
                continue;
            }
            let hung = |on: &dyn Fn(&str) -> Value| {
                let mut row = fresh(self.table, own, 4);
                for column in &columns {
                    // What Postgres computes is pointed elsewhere by what it is computed from.
                    let computed = self.table.column(column).and_then(|column| column.computed_from.as_ref());
                    row.insert(computed.unwrap_or(column).clone(), on(column));
                }
                insert(self.table, &row)
            };
            let unknown = |column: &str| match victim.get(column) {
                Some(Value::String(text)) if text.starts_with("user_") => Value::from("user_nobody"),
                _ => Value::from("0190b5d4-0000-7000-9000-00000000dead"),
            };
            probes.push(Probe {
                sql: hung(&|column| victim.get(column).cloned().unwrap_or(Value::Null)),
                twin: Some(hung(&unknown)),
                crossing: Crossing::Touched,
                copies: false,
            });
        }
        probes
    }
}
