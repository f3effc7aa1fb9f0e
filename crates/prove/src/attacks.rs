//! The ways into another organisation's rows, as statements built from the catalogue: one column of the matrix each.

use crate::catalogue::Column;
use crate::ownership::Ownership;
use crate::samples::{Row, by_key, insert, insert_as_granted};
use crate::target::{Probe, Target, touches};
use crate::verdict::Crossing;

/// A column of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Attack {
    Select,
    Key,
    Count,
    Join,
    Lock,
    Copy,
    Update,
    Delete,
    /// Without a condition: where no column is read, the policy for reading is not asked.
    Blind,
    Merge,
    Insert,
    Move,
    Upsert,
    Refer,
}

impl Attack {
    pub(crate) const ALL: [Self; 14] = [
        Self::Select,
        Self::Key,
        Self::Count,
        Self::Join,
        Self::Lock,
        Self::Copy,
        Self::Update,
        Self::Delete,
        Self::Blind,
        Self::Merge,
        Self::Insert,
        Self::Move,
        Self::Upsert,
        Self::Refer,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Key => "key",
            Self::Count => "count",
            Self::Join => "join",
            Self::Lock => "lock",
            Self::Copy => "copy",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Blind => "blind",
            Self::Merge => "merge",
            Self::Insert => "insert",
            Self::Move => "move",
            Self::Upsert => "upsert",
            Self::Refer => "refer",
        }
    }

    /// Its statements on a table; none where the table has nothing of the kind to attack. `victim` and `own` are rows.
    pub(crate) fn probes(self, target: &Target<'_>, victim: &Row, own: Option<&Row>) -> Vec<Probe> {
        let Target { table, theirs, .. } = target;
        let name = &table.name;
        let reads = matches!(self, Self::Select | Self::Key | Self::Count | Self::Join | Self::Lock | Self::Copy);
        if (reads && target.ownership == (Ownership::Machinery { readable: true })) || (!reads && !table.is_table) {
            return Vec::new();
        }
        let key = by_key(table, victim);
        match self {
            Self::Select => vec![
                target.sees(&format!("select * from {name}")),
                touches(format!("select * from {name} where {theirs}")),
            ],
            Self::Key if table.key.is_empty() => Vec::new(),
            Self::Key => vec![touches(format!("select * from {name} as t where {key}"))],
            Self::Count => vec![Probe {
                crossing: Crossing::Counted,
                ..touches(format!("select count(*), max(t::text) from {name} as t where {theirs}"))
            }],
            Self::Join => target.joins(),
            Self::Lock if !table.is_table => Vec::new(),
            Self::Lock => vec![
                touches(format!("select * from {name} where {theirs} for update")),
                touches(format!("select * from {name} where {theirs} for key share skip locked")),
            ],
            Self::Copy => ["", &format!(" where {theirs}")]
                .map(|filter| {
                    let sql = format!("copy (select * from {name}{filter}) to stdout");
                    let probe = if filter.is_empty() { target.sees(&sql) } else { touches(sql) };
                    Probe { copies: true, ..probe }
                })
                .into(),
            Self::Update => target
                .prey()
                .map(|set| touches(format!("update {name} as t set {set} where {theirs}")))
                .into_iter()
                .collect(),
            Self::Delete => vec![touches(format!("delete from {name} where {theirs}"))],
            Self::Blind => {
                let plain = |column: &&Column| column.updatable && !column.generated && table.is_free_text(column);
                let overwritten = table.columns.iter().filter(plain);
                overwritten
                    .map(|column| format!("update {name} set {} = 'overwritten'", column.name))
                    .chain([format!("delete from {name}")])
                    .map(touches)
                    .collect()
            }
            Self::Merge if table.key.is_empty() => Vec::new(),
            Self::Merge => {
                let merge = format!("merge into {name} as t using (select 1) as one on {key} when matched then");
                let update = target.prey().map(|set| touches(format!("{merge} update set {set}")));
                update.into_iter().chain([touches(format!("{merge} delete"))]).collect()
            }
            Self::Insert => {
                let row = target.planted(victim, own);
                [Some(insert(table, &row)), insert_as_granted(table, &row)].into_iter().flatten().map(touches).collect()
            }
            Self::Move => target.moves(own),
            Self::Upsert => target.upserts(victim, own),
            Self::Refer => target.references(victim, own),
        }
    }
}
