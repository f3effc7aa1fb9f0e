//! What is there to attack: tables, columns, keys and policies, read from the live catalogue.

use tokio_postgres::{Client, Row};

use crate::error::{Error, Result};

/// One table, view or whatever else holds rows.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// With its schema, quoted where needed: `tenantry.procedures`.
    pub(crate) name: String,
    pub(crate) schema: String,
    pub(crate) columns: Vec<Column>,
    /// Columns of the primary key; of a unique one where there is no primary key.
    pub(crate) key: Vec<String>,
    pub(crate) references: Vec<Reference>,
    /// Checks as SQL, to learn from what a column accepts.
    pub(crate) checks: Vec<String>,
    /// A reason in the list of directory tables.
    pub(crate) in_directory: bool,
    /// Ordinary or partitioned: can be written.
    pub(crate) is_table: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// As `format_type` says: `text`, `uuid`, `timestamp with time zone`.
    pub(crate) kind: String,
    pub(crate) required: bool,
    pub(crate) has_default: bool,
    /// Written by Postgres alone.
    pub(crate) generated: bool,
    /// The one column that it is computed from, where it is computed from one.
    pub(crate) computed_from: Option<String>,
    /// Whether the server's role may give it when it inserts, and change it.
    pub(crate) insertable: bool,
    pub(crate) updatable: bool,
}

/// A foreign key.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) to: String,
    /// Ours and theirs, in order.
    pub(crate) columns: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) table: String,
    pub(crate) command: Command,
}

/// What a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Everything, reading alone, or removing: told by the rows there are.
    Old,
    /// Adding: told by the new row.
    New,
    /// Changing: both.
    Both,
}

impl Table {
    /// The column that names the tenant.
    pub(crate) const TENANT: &str = "organisation_id";

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(crate) fn has_tenant(&self) -> bool {
        self.column(Self::TENANT).is_some()
    }

    /// Whether the column is part of the key or of a reference.
    pub(crate) fn is_key(&self, column: &str) -> bool {
        self.key.iter().any(|key| key == column) || self.is_reference(column)
    }

    pub(crate) fn is_reference(&self, column: &str) -> bool {
        self.references.iter().any(|reference| reference.columns.iter().any(|(ours, _)| ours == column))
    }

    /// What an attack would overwrite: text that nothing checks before anything else, and what may be changed before that.
    pub(crate) fn prey(&self) -> Option<&Column> {
        let mut columns: Vec<&Column> =
            self.columns.iter().filter(|column| !self.is_key(&column.name) && !column.generated).collect();
        columns.sort_by_key(|column| (!column.updatable, !self.is_free_text(column)));
        columns.first().copied()
    }

    /// Whether Postgres computes another column from this one.
    pub(crate) fn computes_from(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.computed_from.as_deref() == Some(name))
    }

    /// Text that takes any words.
    pub(crate) fn is_free_text(&self, column: &Column) -> bool {
        let checked = self.checks.iter().any(|check| check.contains(&column.name));
        column.kind == "text" && !checked && !self.is_key(&column.name)
    }
}

/// Everything that holds rows outside Postgres' own schemas and the proof's.
const TABLES: &str = "
    select c.oid::regclass::text, n.nspname::text, c.relkind in ('r', 'p'), c.oid
      from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f')
       and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'proof')
     order by n.nspname <> 'tenantry', 1";
const COLUMNS: &str = "
    select a.attname::text, format_type(a.atttypid, null), a.attnotnull, a.atthasdef or a.attidentity <> '',
           a.attgenerated <> '' or a.attidentity = 'a',
           has_column_privilege('tenantry_app', a.attrelid, a.attnum, 'insert'),
           has_column_privilege('tenantry_app', a.attrelid, a.attnum, 'update'),
           (select case when count(*) = 1 then min(source.attname::text) end
              from pg_attrdef as computed join pg_depend as used
                   on used.classid = 'pg_attrdef'::regclass and used.objid = computed.oid
                      and used.refclassid = 'pg_class'::regclass and used.refobjid = a.attrelid and used.refobjsubid <> a.attnum
                   join pg_attribute as source on source.attrelid = a.attrelid and source.attnum = used.refobjsubid
             where computed.adrelid = a.attrelid and computed.adnum = a.attnum)
      from pg_attribute as a where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum";
const KEY: &str = "
    select array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
                   join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum order by place)
      from pg_index as i where i.indrelid = $1 and i.indisunique and i.indpred is null and i.indexprs is null
     order by not i.indisprimary, i.indexrelid limit 1";
const REFERENCES: &str = "
    select r.confrelid::regclass::text,
           array(select a.attname::text from unnest(r.conkey) with ordinality as k (attnum, place)
                   join pg_attribute as a on a.attrelid = r.conrelid and a.attnum = k.attnum order by place),
           array(select a.attname::text from unnest(r.confkey) with ordinality as k (attnum, place)
                   join pg_attribute as a on a.attrelid = r.confrelid and a.attnum = k.attnum order by place)
      from pg_constraint as r where r.conrelid = $1 and r.contype = 'f' order by r.conname";
const CHECKS: &str = "
    select coalesce(array_agg(pg_get_constraintdef(oid) order by conname), '{}') from pg_constraint
     where conrelid = $1 and contype = 'c'";
const DIRECTORY: &str = "select coalesce(array_agg(name), '{}') from tenancy.directory_tables";

/// Reads the tables, parents before children where that is possible.
pub(crate) async fn tables(admin: &Client) -> Result<Vec<Table>> {
    let failed = || Error::doing("reading the catalogue");
    // Names come with their schema.
    admin.batch_execute("set search_path = ''").await.map_err(failed())?;
    let directory: Vec<String> = admin.query_one(DIRECTORY, &[]).await.map_err(failed())?.get(0);
    let mut tables = Vec::new();
    for row in admin.query(TABLES, &[]).await.map_err(failed())? {
        let (name, oid): (String, u32) = (row.get(0), row.get(3));
        let columns = admin.query(COLUMNS, &[&oid]).await.map_err(failed())?;
        let columns = columns.iter().map(|row| Column {
            name: row.get(0),
            kind: row.get(1),
            required: row.get(2),
            has_default: row.get(3),
            generated: row.get(4),
            insertable: row.get(5),
            updatable: row.get(6),
            computed_from: row.get(7),
        });
        let references = admin.query(REFERENCES, &[&oid]).await.map_err(failed())?;
        let references = references.iter().map(|row| Reference {
            to: row.get(0),
            columns: row.get::<_, Vec<String>>(1).into_iter().zip(row.get::<_, Vec<String>>(2)).collect(),
        });
        let key = admin.query_opt(KEY, &[&oid]).await.map_err(failed())?;
        tables.push(Table {
            in_directory: directory.contains(&name),
            schema: row.get(1),
            is_table: row.get(2),
            columns: columns.collect(),
            key: key.map(|row| row.get(0)).unwrap_or_default(),
            references: references.collect(),
            checks: admin.query_one(CHECKS, &[&oid]).await.map_err(failed())?.get(0),
            name,
        });
    }
    Ok(parents_first(tables))
}

/// Every permissive policy that opens something when it alone is loosened. One for changing or removing is met by a
/// statement without a condition, which is where such a statement gets through: another policy of the same command
/// narrows nothing, nothing else refers to the rows, and a text can be overwritten in all of them.
const POLICIES: &str = "
    select p.polname::text, p.polrelid::regclass::text, p.polcmd::text
      from pg_policy as p
     where p.polpermissive and p.polrelid::regclass::text !~ '^proof\\.'
       and case p.polcmd
             when 'w' then exists (
               select from pg_attribute as a
                where a.attrelid = p.polrelid and a.attnum > 0 and a.atttypid = 'text'::regtype and a.attgenerated = ''
                  and has_column_privilege('tenantry_app', a.attrelid, a.attnum, 'update')
                  and not exists (select from pg_index as i
                                   where i.indrelid = a.attrelid and i.indisunique and a.attnum = any (i.indkey::int2[]))
                  and not exists (select from pg_constraint as c
                                   where c.conrelid = a.attrelid and c.contype in ('c', 'f') and a.attnum = any (c.conkey))
                  and not exists (select from pg_attrdef as computed join pg_depend as used on used.objid = computed.oid
                                    join pg_attribute as other on other.attrelid = a.attrelid and other.attnum = computed.adnum
                                   where computed.adrelid = a.attrelid and used.classid = 'pg_attrdef'::regclass
                                     and used.refobjid = a.attrelid and used.refobjsubid = a.attnum and other.attgenerated <> ''))
             when 'd' then has_table_privilege('tenantry_app', p.polrelid, 'delete')
               and not exists (select from pg_constraint as c where c.confrelid = p.polrelid and c.contype = 'f')
             else true end
       and not (p.polcmd in ('w', 'd')
                and exists (select from pg_policy as narrowing
                             where narrowing.polrelid = p.polrelid and not narrowing.polpermissive and narrowing.polcmd in ('*', p.polcmd)))
     order by 2, 1";

/// Reads them.
pub(crate) async fn policies(admin: &Client) -> Result<Vec<Policy>> {
    // Names come with their schema.
    admin.batch_execute("set search_path = ''").await.map_err(Error::doing("reading the policies"))?;
    let rows = admin.query(POLICIES, &[]).await.map_err(Error::doing("reading the policies"))?;
    let policy = |row: &Row| Policy {
        name: row.get(0),
        table: row.get(1),
        command: match row.get(2) {
            "a" => Command::New,
            "w" => Command::Both,
            _ => Command::Old,
        },
    };
    Ok(rows.iter().map(policy).collect())
}

fn parents_first(mut rest: Vec<Table>) -> Vec<Table> {
    let mut ordered: Vec<Table> = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let ready = |table: &Table| {
            let waits = |to: &str| to != table.name && rest.iter().any(|other| other.name == to);
            !table.references.iter().any(|reference| waits(&reference.to))
        };
        let at = rest.iter().position(ready).unwrap_or(0);
        ordered.push(rest.remove(at));
    }
    ordered
}
