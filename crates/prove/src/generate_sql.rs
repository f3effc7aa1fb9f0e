//! The random statements: built by grammar from the catalogue, one seed one list.

use crate::catalogue::Table;
use crate::context::{Context, ROLES};
use crate::expression::{Grammar, Kind, Scope};
use crate::ownership::Ownership;
use crate::people::Party;
use crate::samples::Samples;

use rand::Rng as _;

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Generated {
    pub(crate) role: &'static str,
    pub(crate) context: Context,
    /// With `{{…}}` where values stand.
    pub(crate) sql: String,
}

/// So many attempts of this seed.
pub(crate) fn statements(seed: u64, tables: &[Table], count: usize) -> Vec<Generated> {
    let tables: Vec<&Table> = tables.iter().filter(|table| Ownership::of(table) == Ownership::Organisations).collect();
    if tables.is_empty() {
        return Vec::new();
    }
    let mut grammar = Grammar::new(seed, tables);
    (0..count).map(|_| grammar.attempt()).collect()
}

/// Puts values where they stand open.
pub(crate) fn render(sql: &str, samples: &Samples) -> String {
    let mut parts = sql.split("{{");
    let mut rendered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (open, rest) = part.split_once("}}").unwrap_or((part, ""));
        let mut words = open.split(' ');
        let (first, second, third) = (words.next(), words.next(), words.next());
        let party = |letter: Option<&str>| match letter {
            Some("v") => Party::Victim,
            Some("b") => Party::Bystander,
            _ => Party::Attacker,
        };
        match (first, second, third) {
            (Some("org"), letter, _) => rendered.push_str(&format!("'{}'", party(letter).id())),
            (letter, Some(table), Some(column)) => rendered.push_str(&samples.literal(table, party(letter), column)),
            _ => rendered.push_str("null"),
        }
        rendered.push_str(rest);
    }
    rendered
}

impl<'a> Grammar<'a> {
    fn attempt(&mut self) -> Generated {
        let context = if self.chance(88) {
            Context::Attacker
        } else {
            self.pick(&[Context::Nothing, Context::Empty, Context::Garbage])
        };
        let role = if self.chance(75) { ROLES[0] } else { ROLES[1] };
        let sql = match self.rng.random_range(0..100) {
            0..40 => self.select(None, 2),
            40..55 => self.injected(),
            55..63 => self.update(),
            63..69 => self.delete(),
            69..77 => self.insert(),
            77..82 => self.merge(),
            82..92 => self.writing_with(),
            _ => self.locking(),
        };
        Generated { role, context, sql }
    }

    /// One to three tables, joined one way or another.
    fn from(&mut self, depth: u32) -> (String, Scope<'a>) {
        let (mut text, mut scope) = (String::new(), Scope::new());
        for place in 0..self.pick(&[1, 1, 1, 2, 2, 3]) {
            let (name, table) = (self.name(), self.table());
            let item = match self.rng.random_range(0..10) {
                0 if depth > 0 => {
                    let condition = self.condition(&vec![(name.clone(), table)], depth - 1);
                    format!("(select * from {} as {name} where {condition}) as {name}", table.name)
                }
                1 => format!("lateral (select * from {} offset 0) as {name}", table.name),
                _ => format!("{} as {name}", table.name),
            };
            scope.push((name.clone(), table));
            if place == 0 {
                text = item;
                continue;
            }
            let link = match (table.has_tenant(), scope[0].1.has_tenant()) {
                (true, true) if self.chance(60) => format!("{name}.{0} = {1}.{0}", Table::TENANT, scope[0].0),
                _ => self.condition(&scope, 0),
            };
            let join = match self.rng.random_range(0..6) {
                0 => format!(" cross join {item}"),
                1 => format!(" left join {item} on {link}"),
                2 if !item.starts_with("lateral") => format!(" right join {item} on {link}"),
                3 => format!(", {item}"),
                _ => format!(" join {item} on {link}"),
            };
            // A comma binds less than a join: what stands left of it cannot be named on the right.
            match join.strip_prefix(", ") {
                Some(item) => text = format!("{text} cross join {item}"),
                None => text.push_str(&join),
            }
        }
        (text, scope)
    }

    /// A query of these kinds, or of whatever it likes.
    fn select(&mut self, kinds: Option<&[Kind]>, depth: u32) -> String {
        let (from, scope) = self.from(depth);
        let condition =
            if self.chance(75) { format!(" where {}", self.condition(&scope, depth)) } else { String::new() };
        let targets: Vec<String> = match kinds {
            Some(kinds) => kinds.iter().map(|kind| self.expression(&scope, *kind, 1)).collect(),
            None => match self.rng.random_range(0..10) {
                0 | 1 => vec!["*".to_owned()],
                2 => vec![format!("{}::text", scope[0].0)],
                3 => vec![format!("to_jsonb({})", scope[0].0)],
                4 | 5 => return self.aggregate(&from, &scope, &condition),
                6 => return self.combined(depth),
                7 if depth > 0 => return self.with(depth),
                _ => {
                    let count = self.rng.random_range(1..4);
                    (0..count).map(|_| self.target(&scope)).collect()
                }
            },
        };
        let distinct = if kinds.is_none() && self.chance(10) { "distinct " } else { "" };
        format!("select {distinct}{} from {from}{condition}", targets.join(", "))
    }

    pub(crate) fn target(&mut self, scope: &Scope<'a>) -> String {
        match self.chance(50) {
            true => self.any_column(scope).0,
            false => {
                let kind = self.pick(&[Kind::Text, Kind::Text, Kind::Number, Kind::Truth, Kind::Uuid]);
                self.expression(scope, kind, 1)
            }
        }
    }

    fn aggregate(&mut self, from: &str, scope: &Scope<'a>, condition: &str) -> String {
        let text = self.expression(scope, Kind::Text, 1);
        let aggregate = match self.rng.random_range(0..6) {
            0 => "count(*)".to_owned(),
            1 => format!("count(distinct {text})"),
            2 => format!("max({text}), min({text})"),
            3 => format!("string_agg({text}, ',' order by {text})"),
            4 => format!("array_agg({text} order by {text})"),
            _ => format!("bool_or({})", self.condition(scope, 0)),
        };
        if self.chance(50) {
            return format!("select {aggregate} from {from}{condition}");
        }
        let (group, _) = self.any_column(scope);
        let having = if self.chance(30) { " having count(*) > 0" } else { "" };
        format!("select {group}, {aggregate} from {from}{condition} group by {group}{having}")
    }

    fn combined(&mut self, depth: u32) -> String {
        let kinds = [Kind::Text, self.pick(&[Kind::Text, Kind::Uuid, Kind::Number])];
        let operator = self.pick(&["union", "union all", "intersect", "except"]);
        let depth = depth.saturating_sub(1);
        format!("{} {operator} {}", self.select(Some(&kinds), depth), self.select(Some(&kinds), depth))
    }

    fn with(&mut self, depth: u32) -> String {
        let (name, table) = (self.name(), self.table());
        let materialized = self.pick(&["", "materialized ", "not materialized "]);
        let inner = self.condition(&vec![(name.clone(), table)], depth - 1);
        let outer: Scope<'a> = vec![(name.clone(), table)];
        let (target, condition) = (self.target(&outer), self.condition(&outer, depth - 1));
        format!(
            "with {name} as {materialized}(select * from {} as {name} where {inner}) select {target} from {name} where {condition}",
            table.name
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue::Column;

    fn table(name: &str) -> Table {
        let column = |(name, kind): (&str, &str)| Column {
            name: name.to_owned(),
            kind: kind.to_owned(),
            required: true,
            has_default: false,
            generated: false,
            computed_from: None,
            insertable: true,
            updatable: true,
        };
        let columns = [(Table::TENANT, "text"), ("id", "uuid"), ("name", "text"), ("position", "integer")];
        Table {
            name: format!("tenantry.{name}"),
            schema: "tenantry".to_owned(),
            columns: columns.map(column).into(),
            key: vec![Table::TENANT.to_owned(), "id".to_owned()],
            references: Vec::new(),
            checks: Vec::new(),
            in_directory: false,
            is_table: true,
        }
    }

    #[test]
    fn one_seed_gives_one_list_and_another_gives_another() {
        let tables = [table("notes"), table("places")];
        let list = statements(1, &tables, 300);
        assert_eq!(list, statements(1, &tables, 300));
        assert_ne!(list, statements(2, &tables, 300));
        // A longer list begins with the shorter one: an attempt can be found again by its number.
        assert_eq!(list, statements(1, &tables, 400)[..300]);
        let different: BTreeSet<&str> = list.iter().map(|one| one.sql.as_str()).collect();
        assert!(different.len() > 290, "{}", different.len());
        for word in
            ["union", "with ", "update ", "delete ", "insert ", "merge ", "for update", "lateral", "--", "exists"]
        {
            assert!(list.iter().any(|one| one.sql.contains(word)), "nothing with {word}");
        }
    }

    #[test]
    fn values_are_put_where_they_stand_open() {
        let rendered = render("select {{org v}}, {{a tenantry.notes name}}::text", &Samples::default());
        assert_eq!(rendered, "select 'org_proofvictim', null::text");
    }
}
