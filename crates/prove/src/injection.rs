//! Fragments smuggled into a statement of the product's form, where a careless server would paste a caller's text.

use rand::Rng as _;

use crate::catalogue::Table;
use crate::expression::{Grammar, Kind, Scope};

impl<'a> Grammar<'a> {
    /// A statement of the attacker's own organisation with a caller's text in it.
    pub(crate) fn injected(&mut self) -> String {
        let (name, table) = (self.name(), self.table());
        let scope: Scope<'a> = vec![(name.clone(), table)];
        let Some(field) = self.column(&scope, Kind::Text) else { return self.injected_nowhere(table) };
        let own = match table.has_tenant() {
            true => format!("{name}.{} = {{{{org a}}}} and ", Table::TENANT),
            false => String::new(),
        };
        let payload = self.payload(&scope);
        match self.rng.random_range(0..5) {
            0 if table.is_table => format!("delete from {} as {name} where {own}{field} = '{payload}", table.name),
            1 => format!("select count(*) from {} as {name} where {own}{field} = '{payload}", table.name),
            _ => format!("select {field}, {field} from {} as {name} where {own}{field} = '{payload}", table.name),
        }
    }

    fn injected_nowhere(&mut self, table: &Table) -> String {
        format!("select * from {} where true or {}", table.name, self.pick(&["1 = 1", "'' = ''"]))
    }

    /// What the caller sent, with the quote that ends the text it should have been.
    fn payload(&mut self, scope: &Scope<'a>) -> String {
        match self.rng.random_range(0..10) {
            0 => format!("' or {} --", self.condition(scope, 1)),
            1 => format!("' or {}={} or 'a' <> 'a", self.organisation(), self.organisation()),
            2 | 3 => {
                let (name, table) = (self.name(), self.table());
                let other: Scope<'a> = vec![(name.clone(), table)];
                let (first, second) = (self.expression(&other, Kind::Text, 1), self.expression(&other, Kind::Text, 0));
                let condition = self.condition(&other, 1);
                format!("' union all select {first}, {second} from {} as {name} where {condition} --", table.name)
            }
            4 => format!("'/**/or/**/{}/**/--", self.condition(scope, 0)),
            5 => {
                let call = "pg_catalog.set_config('app.current_org_id', {{org v}}, true)";
                format!("' or ({call}) is not null --")
            }
            6 => {
                let (name, table) = (self.name(), self.table());
                let inner = self.condition(&vec![(name.clone(), table)], 1);
                format!("' or exists (select from {} as {name} where {inner}) --", table.name)
            }
            7 => format!(
                "' or (select count(*) from (select * from {} offset 0) as {}) > 0 --",
                self.table().name,
                self.name()
            ),
            // Two statements: the server refuses, because one was announced.
            8 if self.chance(30) => "'; set local app.current_org_id = {{org v}}; select 1 --".to_owned(),
            _ => format!("' or not ({}) --", self.condition(scope, 1)),
        }
    }
}
