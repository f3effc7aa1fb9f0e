//! The shapes of statement that a product has.

use uuid::Uuid;

use crate::Result;
use crate::case::Wall;
use crate::rows::Organisation;
use crate::value::Value;

/// A statement with and without its filter, and where its values come from.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) writes: bool,
    pub(crate) values: fn(&Organisation, usize) -> Vec<Value>,
    /// The last value, or else the first, is the organisation.
    pub(crate) organisation_is_last: bool,
    filtered: String,
    bare: String,
}

impl Shape {
    pub(crate) fn sql(&self, wall: Wall) -> &str {
        if wall == Wall::Policy { &self.bare } else { &self.filtered }
    }

    /// `{items}` and `{projects}` are tables, `{and}` the place of the filter; the organisation is the last value.
    fn of_items(
        prefix: &str,
        name: &'static str,
        sql: &str,
        values: fn(&Organisation, usize) -> Vec<Value>,
        last: usize,
    ) -> Self {
        let sql =
            sql.replace("{items}", &format!("{prefix}_items")).replace("{projects}", &format!("{prefix}_projects"));
        Self {
            name,
            writes: name == "insert" || name == "update by id",
            values,
            organisation_is_last: true,
            filtered: sql
                .replace("{and}", &format!(" and item.organisation_id = ${last}"))
                .replace("{column}", ", organisation_id")
                .replace("{value}", &format!(", ${last}")),
            bare: sql.replace("{and}", "").replace("{column}", "").replace("{value}", ""),
        }
    }
}

/// The nine shapes on tables of benches/rls/items.sql.
pub(crate) fn of_items(prefix: &str) -> Vec<Shape> {
    let of = |name, sql, values, last| Shape::of_items(prefix, name, sql, values, last);
    vec![
        of(
            "point read",
            "select item.title, item.status, item.amount_minor, item.created_at from {items} as item where item.id = $1{and}",
            |of, turn| vec![Value::Id(of.row(turn).id), whose(of)],
            2,
        ),
        of(
            "list of 50",
            "select item.id, item.title, item.status, item.created_at from {items} as item where true{and}
              order by item.created_at desc, item.id desc limit 50",
            |of, _| vec![whose(of)],
            1,
        ),
        of(
            "keyset page",
            "select item.id, item.title, item.status, item.created_at from {items} as item
              where (item.created_at, item.id) < ($1, $2){and} order by item.created_at desc, item.id desc limit 50",
            |of, turn| vec![Value::Time(of.row(turn).created_at), Value::Id(of.row(turn).id), whose(of)],
            3,
        ),
        of(
            "report",
            "select item.status, count(*), sum(item.amount_minor)::bigint, max(item.created_at) from {items} as item
              where true{and} group by item.status",
            |of, _| vec![whose(of)],
            1,
        ),
        of("count", "select count(*) from {items} as item where true{and}", |of, _| vec![whose(of)], 1),
        of(
            "search by prefix",
            "select item.id, item.title from {items} as item where item.title ^@ $1{and} order by item.title limit 20",
            |of, turn| {
                let title = &of.row(turn).title;
                vec![Value::Text(title[..title.len() - " of the quarter".len()].to_owned()), whose(of)]
            },
            2,
        ),
        of(
            "join, newest 50",
            "select item.id, item.title, project.name from {items} as item
               join {projects} as project on project.organisation_id = item.organisation_id and project.id = item.project_id
              where true{and} order by item.created_at desc, item.id desc limit 50",
            |of, _| vec![whose(of)],
            1,
        ),
        of(
            "insert",
            "insert into {items} (id, project_id, title, status, amount_minor, created_at{column})
             values ($1, $2, 'Invoice of today', 'open', $3, now(){value})",
            |of, turn| {
                vec![Value::Id(Uuid::now_v7()), Value::Id(of.row(turn).other), Value::Number(700), whose(of)]
            },
            4,
        ),
        of(
            "update by id",
            "update {items} as item set amount_minor = item.amount_minor + 1 where item.id = $1{and}",
            |of, turn| vec![Value::Id(of.row(turn).id), whose(of)],
            2,
        ),
    ]
}

fn whose(of: &Organisation) -> Value {
    Value::Text(of.id.clone())
}

/// The product's own statements, as they are sent; without the filter where the policy stands alone.
pub(crate) fn of_the_product() -> Result<Vec<Shape>> {
    let newest = |of: &Organisation, _: usize| vec![whose(of), Value::Id(Uuid::max())];
    let procedure = |of: &Organisation, turn: usize| vec![whose(of), Value::Id(of.row(turn).id)];
    let run = |of: &Organisation, turn: usize| vec![whose(of), Value::Id(of.row(turn).other)];
    type Values = fn(&Organisation, usize) -> Vec<Value>;
    let list: [(&'static str, &str, bool, Values); 10] = [
        ("procedures: list", "procedures::LIST", false, newest),
        ("procedures: show", "procedures::SHOW", false, procedure),
        ("procedures: versions", "procedures::VERSIONS", false, procedure),
        ("procedures: create", "procedures::CREATE", true, |of, _| {
            let text = |text: &str| Value::Text(text.to_owned());
            vec![whose(of), Value::Id(Uuid::now_v7()), text("A procedure"), text("Written down"), text("user_b1")]
        }),
        ("procedures: edit", "procedures::EDIT", true, |of, turn| {
            let text = |text: &str| Value::Text(text.to_owned());
            vec![whose(of), Value::Id(of.row(turn).id), text("Another name"), text("Written again")]
        }),
        ("runs: list", "runs::LIST", false, newest),
        ("runs: show", "runs::SHOW", false, run),
        ("runs: steps", "runs::STEPS", false, run),
        ("runs: tick", "runs::TICK", true, |of, turn| {
            vec![whose(of), Value::Id(of.row(turn).step), Value::Text("user_b1".to_owned())]
        }),
        ("runs: settle", "runs::SETTLE", true, run),
    ];
    list.into_iter()
        .map(|(name, statement, writes, values)| {
            let wanted = format!("domain::product::{statement}");
            let found = domain::statements().find(|one| one.name == wanted).ok_or(format!("no statement {wanted}"))?;
            let bare = without_filters(found.sql);
            Ok(Shape { name, writes, values, organisation_is_last: false, filtered: found.sql.to_owned(), bare })
        })
        .collect()
}

/// Each `alias.organisation_id = $1` turned into what is always true; the parameter stays.
fn without_filters(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let mut kept: Vec<&str> = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let is_filter = words[at].ends_with("organisation_id")
            && words.get(at + 1) == Some(&"=")
            && words.get(at + 2).is_some_and(|value| value.starts_with("$1") && !value.starts_with("$1,"));
        if is_filter {
            kept.push("true");
            if let Some(rest) = words[at + 2].strip_prefix("$1").filter(|rest| !rest.is_empty()) {
                kept.push(rest);
            }
            at += 3;
        } else {
            kept.push(words[at]);
            at += 1;
        }
    }
    kept.join(" ")
}
