//! The random statements that write: updates, deletes, inserts, merges, and queries over what a write touched.

use rand::Rng as _;

use crate::catalogue::{Column, Table};
use crate::expression::{Grammar, Kind, Scope};

impl<'a> Grammar<'a> {
    /// A column with what to set it to.
    fn assignment(&mut self, table: &'a Table, scope: &Scope<'a>) -> String {
        // Mostly what may be changed at all: a right that is missing says nothing about the policy.
        let anything = self.chance(10);
        let unchecked = |column: &&Column| !table.checks.iter().any(|check| check.contains(&column.name));
        let free: Vec<&Column> = table
            .columns
            .iter()
            .filter(|column| !column.generated && !table.is_key(&column.name) && (anything || column.updatable))
            .filter(unchecked)
            .collect();
        if free.is_empty() || self.chance(25) {
            return match table.has_tenant() {
                true => format!("{} = {}", Table::TENANT, self.organisation()),
                false => format!("{0} = {0}", table.columns[0].name),
            };
        }
        let column = self.pick(&free);
        let value = match Kind::of(column) {
            Kind::Other => column.name.clone(),
            kind => self.expression(scope, kind, 1),
        };
        format!("{} = {value}", column.name)
    }

    fn writable(&mut self) -> &'a Table {
        loop {
            let table = self.table();
            if table.is_table {
                return table;
            }
        }
    }

    pub(crate) fn update(&mut self) -> String {
        let (name, table) = (self.name(), self.writable());
        let mut scope: Scope<'a> = vec![(name.clone(), table)];
        let other = if self.chance(30) {
            let (other, from) = (self.name(), self.table());
            scope.push((other.clone(), from));
            format!(" from {} as {other}", from.name)
        } else {
            String::new()
        };
        let set = self.assignment(table, &scope);
        let condition = self.condition(&scope, 1);
        let returning = if self.chance(40) { format!(" returning {name}.*") } else { String::new() };
        format!("update {} as {name} set {set}{other} where {condition}{returning}", table.name)
    }

    pub(crate) fn delete(&mut self) -> String {
        let (name, table) = (self.name(), self.writable());
        let scope: Scope<'a> = vec![(name.clone(), table)];
        let condition = self.condition(&scope, 2);
        let returning = if self.chance(40) { format!(" returning {name}.*") } else { String::new() };
        format!("delete from {} as {name} where {condition}{returning}", table.name)
    }

    /// A row of somebody's with some values changed: its key is new, taken from the victim, or as it is.
    pub(crate) fn insert(&mut self) -> String {
        let table = self.writable();
        let source = self.pick(&["v", "a", "a", "a"]);
        let anything = self.chance(10) || !table.columns.iter().any(|column| column.insertable);
        let columns: Vec<&Column> =
            table.columns.iter().filter(|column| !column.generated && (anything || column.insertable)).collect();
        let mut values = Vec::new();
        for column in &columns {
            values.push(match (column.name.as_str(), column.kind.as_str()) {
                (Table::TENANT, _) => self.pick(&["{{org v}}", "{{org a}}"]).to_owned(),
                (name, "uuid") if table.key.iter().any(|key| key == name) && self.chance(70) => {
                    format!("'0190b5d4-0000-7000-a000-{:012x}'::uuid", self.rng.random_range(0..1u64 << 40))
                }
                ("position" | "number", _) => self.rng.random_range(100..100_000).to_string(),
                _ if table.is_reference(&column.name) && self.chance(20) => self.value(table, column),
                _ => format!("{{{{{source} {} {}}}}}::{}", table.name, column.name, column.kind),
            });
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let conflict = match self.rng.random_range(0..5) {
            0 => " on conflict do nothing".to_owned(),
            1 if !table.key.is_empty() => {
                let first = &self.pick(&columns).name;
                format!(" on conflict ({}) do update set {first} = excluded.{first}", table.key.join(", "))
            }
            _ => String::new(),
        };
        // Only what was given: what the server fills in differs from one transaction to the next.
        let returning = if self.chance(40) { format!(" returning {}", names.join(", ")) } else { String::new() };
        format!("insert into {} ({}) values ({}){conflict}{returning}", table.name, names.join(", "), values.join(", "))
    }

    pub(crate) fn merge(&mut self) -> String {
        let (name, table) = (self.name(), self.writable());
        let (other, from) = (self.name(), self.table());
        let scope: Scope<'a> = vec![(name.clone(), table), (other.clone(), from)];
        let link = self.condition(&scope, 1);
        let act = match self.chance(50) {
            true => "delete".to_owned(),
            false => {
                let set = self.assignment(table, &scope);
                format!("update set {set}")
            }
        };
        // One source row, so that no row is met twice.
        format!(
            "merge into {} as {name} using (select * from {} order by {} limit 1) as {other} on {link} when matched then {act}",
            table.name,
            from.name,
            if from.key.is_empty() { "1".to_owned() } else { from.key.join(", ") }
        )
    }

    /// A query over what a write touched.
    pub(crate) fn writing_with(&mut self) -> String {
        let (name, table) = (self.name(), self.writable());
        let (written, scope): (_, Scope<'a>) = (self.name(), vec![(name.clone(), table)]);
        let condition = self.condition(&scope, 1);
        let write = match self.chance(50) {
            true => format!("delete from {} as {name} where {condition}", table.name),
            false => {
                let set = self.assignment(table, &scope);
                format!("update {} as {name} set {set} where {condition}", table.name)
            }
        };
        let outer: Scope<'a> = vec![(written.clone(), table)];
        let target = self.target(&outer);
        format!("with {written} as ({write} returning {name}.*) select {target} from {written}")
    }

    pub(crate) fn locking(&mut self) -> String {
        let (name, table) = (self.name(), self.writable());
        let condition = self.condition(&vec![(name.clone(), table)], 1);
        let strength = self.pick(&["for update", "for share", "for no key update", "for key share"]);
        format!("select * from {} as {name} where {condition} {strength}", table.name)
    }
}
