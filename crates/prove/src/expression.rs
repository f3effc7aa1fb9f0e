//! The grammar's smaller half: expressions and conditions over whatever tables are in scope.
//!
//! Values stand as `{{party table column}}` until they are known, so that one seed gives one text in every database.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::catalogue::{Column, Table};

/// Types that expressions are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Uuid,
    Number,
    Truth,
    Time,
    Json,
    Other,
}

impl Kind {
    pub(crate) fn of(column: &Column) -> Self {
        match column.kind.as_str() {
            "text" | "character varying" => Self::Text,
            "uuid" => Self::Uuid,
            "integer" | "bigint" | "smallint" | "numeric" => Self::Number,
            "boolean" => Self::Truth,
            "timestamp with time zone" => Self::Time,
            "jsonb" => Self::Json,
            _ => Self::Other,
        }
    }
}

/// Tables in scope, by the name they go by.
pub(crate) type Scope<'a> = Vec<(String, &'a Table)>;

/// Builds SQL from a seed and a catalogue.
pub(crate) struct Grammar<'a> {
    pub(crate) rng: StdRng,
    pub(crate) tables: Vec<&'a Table>,
    names: u32,
}

impl<'a> Grammar<'a> {
    pub(crate) fn new(seed: u64, tables: Vec<&'a Table>) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), tables, names: 0 }
    }

    /// True in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_ratio(percent, 100)
    }

    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        *list.choose(&mut self.rng).expect("the grammar's lists are not empty")
    }

    /// A new name.
    pub(crate) fn name(&mut self) -> String {
        self.names += 1;
        format!("x{}", self.names)
    }

    pub(crate) fn table(&mut self) -> &'a Table {
        let tables = std::mem::take(&mut self.tables);
        let table = self.pick(&tables);
        self.tables = tables;
        table
    }

    /// A column of this kind in scope.
    pub(crate) fn column(&mut self, scope: &Scope<'a>, kind: Kind) -> Option<String> {
        let fitting: Vec<String> = scope
            .iter()
            .flat_map(|(name, table)| table.columns.iter().map(move |column| (name, column)))
            .filter(|(_, column)| Kind::of(column) == kind)
            .map(|(name, column)| format!("{name}.{}", column.name))
            .collect();
        fitting.choose(&mut self.rng).cloned()
    }

    /// Any column in scope.
    pub(crate) fn any_column(&mut self, scope: &Scope<'a>) -> (String, &'a Column) {
        let (name, table) = scope.choose(&mut self.rng).expect("a scope holds a table").clone();
        let column = table.columns.choose(&mut self.rng).expect("a table has columns");
        (format!("{name}.{}", column.name), column)
    }

    /// The organisation that an attack names: mostly the victim.
    pub(crate) fn organisation(&mut self) -> &'static str {
        self.pick(&["{{org v}}", "{{org v}}", "{{org v}}", "{{org a}}", "{{org b}}", "'org_nobody'"])
    }

    /// A value as it stands in somebody's row.
    pub(crate) fn value(&mut self, table: &Table, column: &Column) -> String {
        if column.name == Table::TENANT {
            return self.organisation().to_owned();
        }
        let party = self.pick(&["v", "v", "v", "a", "b"]);
        format!("{{{{{party} {} {}}}}}::{}", table.name, column.name, column.kind)
    }

    /// A literal of this kind.
    pub(crate) fn literal(&mut self, kind: Kind) -> String {
        let known = matches!(kind, Kind::Text | Kind::Uuid | Kind::Json) && self.chance(80);
        if known {
            let columns: Vec<(&Table, &Column)> = self
                .tables
                .iter()
                .flat_map(|table| table.columns.iter().map(move |column| (*table, column)))
                .filter(|(_, column)| Kind::of(column) == kind)
                .collect();
            if let Some((table, column)) = columns.choose(&mut self.rng).copied() {
                return self.value(table, column);
            }
        }
        match kind {
            Kind::Text => self.pick(&["''", "'%'", "'x'", "'org_nobody'"]).to_owned(),
            Kind::Uuid => "uuid '0190b5d4-0000-7000-8000-000000000001'".to_owned(),
            Kind::Number => self.rng.random_range(-1..5).to_string(),
            Kind::Truth => self.pick(&["true", "false"]).to_owned(),
            Kind::Time => self.pick(&["timestamptz '2020-01-01 00:00Z'", "timestamptz '2100-01-01 00:00Z'"]).to_owned(),
            Kind::Json => "jsonb '{}'".to_owned(),
            Kind::Other => "null".to_owned(),
        }
    }

    pub(crate) fn expression(&mut self, scope: &Scope<'a>, kind: Kind, depth: u32) -> String {
        let column = if self.chance(75) { self.column(scope, kind) } else { None };
        let inner = match column {
            Some(column) => column,
            None => self.literal(kind),
        };
        if depth == 0 || self.chance(60) {
            return inner;
        }
        let deeper = |grammar: &mut Self, kind| grammar.expression(scope, kind, depth - 1);
        match kind {
            Kind::Text => match self.rng.random_range(0..6) {
                0 => format!("lower({inner})"),
                1 => format!("coalesce({inner}, {})", deeper(self, Kind::Text)),
                2 => format!("({inner} || {})", deeper(self, Kind::Text)),
                3 => format!("md5({inner})"),
                4 => format!("{}::text", deeper(self, Kind::Uuid)),
                _ => format!("left({inner}, {})", self.rng.random_range(1..30)),
            },
            Kind::Number => match self.rng.random_range(0..3) {
                0 => format!("length({})", deeper(self, Kind::Text)),
                1 => format!("({inner} + {})", deeper(self, Kind::Number)),
                _ => self.counted(),
            },
            Kind::Truth => self.condition(scope, depth - 1),
            _ => format!("coalesce({inner}, {})", self.literal(kind)),
        }
    }

    /// How many rows there are of something, asked on the side.
    fn counted(&mut self) -> String {
        let (name, table) = (self.name(), self.table());
        let condition = self.condition(&vec![(name.clone(), table)], 0);
        format!("(select count(*) from {} as {name} where {condition})::int", table.name)
    }

    pub(crate) fn condition(&mut self, scope: &Scope<'a>, depth: u32) -> String {
        let (column, definition) = self.any_column(scope);
        let kind = Kind::of(definition);
        match self.rng.random_range(0..if depth == 0 { 6 } else { 12 }) {
            0 | 1 => {
                let (name, table) = scope.choose(&mut self.rng).expect("a scope holds a table").clone();
                match table.has_tenant() {
                    true => format!("{name}.{} = {}", Table::TENANT, self.organisation()),
                    false => format!("{column} is not null"),
                }
            }
            2 if kind != Kind::Other => {
                let operator = self.pick(&["=", "=", "<>", "<", ">=", "is distinct from"]);
                format!("{column} {operator} {}", self.literal(kind))
            }
            3 if kind == Kind::Text => {
                format!("{column} like {}", self.pick(&["'%'", "'CNRY%'", "'%a%'", "'org\\_%'"]))
            }
            4 => self.pick(&["true", "true", "1 = 1", "not false"]).to_owned(),
            6 => format!("({} and {})", self.condition(scope, depth - 1), self.condition(scope, depth - 1)),
            7 => format!("({} or {})", self.condition(scope, depth - 1), self.condition(scope, depth - 1)),
            8 => format!("not ({})", self.condition(scope, depth - 1)),
            9 if kind != Kind::Other => self.among(&column, kind, depth),
            10 => self.exists(scope, depth),
            11 if self.chance(12) => self.trap(scope),
            _ => format!("{column} is {}null", self.pick(&["", "not ", "not "])),
        }
    }

    /// In the rows of another table.
    fn among(&mut self, column: &str, kind: Kind, depth: u32) -> String {
        let (name, table) = (self.name(), self.table());
        let inner: Scope<'a> = vec![(name.clone(), table)];
        let wanted = self.expression(&inner, kind, 0);
        let condition = self.condition(&inner, depth - 1);
        let how = self.pick(&["in", "not in", "= any"]);
        format!("{column} {how} (select {wanted} from {} as {name} where {condition})", table.name)
    }

    /// Depending on a row of another table that may hang on this one.
    fn exists(&mut self, scope: &Scope<'a>, depth: u32) -> String {
        let (name, table) = (self.name(), self.table());
        let mut both = scope.clone();
        both.push((name.clone(), table));
        let condition = self.condition(&both, depth - 1);
        let link = match (self.column(scope, Kind::Uuid), self.column(&vec![(name.clone(), table)], Kind::Uuid)) {
            (Some(outer), Some(inner)) if self.chance(60) => format!("{inner} = {outer} and "),
            _ => String::new(),
        };
        format!("exists (select from {} as {name} where {link}{condition})", table.name)
    }

    /// Fails on some rows: were it asked of the victim's, its error would tell.
    fn trap(&mut self, scope: &Scope<'a>) -> String {
        match self.column(scope, Kind::Text) {
            Some(column) if self.chance(50) => format!("1 / (length({column}) - {}) > 0", self.rng.random_range(5..40)),
            Some(column) => format!("(case when {column} like 'CNRYV%' then {column} else '0' end)::int = 0"),
            None => "true".to_owned(),
        }
    }
}
