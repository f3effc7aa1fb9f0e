//! The checks: what each looks for, why it matters, and the query that finds it.
//!
//! Every query begins with the same [`PRELUDE`] and answers with four columns: level (`hole` or `warn`), object, what was
//! found, and the SQL that mends it.

mod functions;
mod policies;
mod references;
mod rights;
mod roles;
mod server;
mod speed;
mod tables;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A tenant's rows can be reached or changed from outside.
    Hole,
    /// It may be right; somebody has to have looked.
    Warn,
}

/// One check.
#[derive(Debug)]
pub struct Lint {
    /// Stable, for allow-lists.
    pub id: &'static str,
    /// A line.
    pub title: &'static str,
    /// What somebody could do with it.
    pub why: &'static str,
    /// Behind [`PRELUDE`]; none where it is no question to the catalogue.
    pub(crate) sql: Option<&'static str>,
}

/// All of them, by id.
const LINTS: &[&[Lint]] = &[
    roles::LINTS,
    tables::LINTS,
    policies::LINTS,
    references::LINTS,
    rights::LINTS,
    functions::LINTS,
    server::LINTS,
    speed::LINTS,
];

/// Every lint, in the order of their ids.
pub fn lints() -> Vec<&'static Lint> {
    let mut all: Vec<_> = LINTS.iter().flat_map(|family| family.iter()).collect();
    all.sort_by_key(|lint| lint.id);
    all
}

/// What all queries start from. `$1` roles of the application, `$2` names of the key column, `$3` schemas (none: all
/// that are not the system's), `$4` expressions a policy may have, `$5` settings that name the tenant, `$6` names of the
/// functions that Postgres itself calls leakproof, none where that is not known for this version.
pub(crate) const PRELUDE: &str = "
with options as materialized (
  select $1::text[] as roles, $2::text[] as keys, $3::text[] as schemas, $4::text[] as policies, $5::text[] as settings,
         $6::text[] as leakproof),
app as (
  select role.oid, role.rolname::text as name, role.rolsuper as super
    from pg_roles as role, options where role.rolname = any (options.roles)),
relation as (
  select class.oid, class.oid::regclass::text as name, class.relkind as kind, class.relrowsecurity as secured,
         class.relforcerowsecurity as forced, class.relowner as owner, class.reloptions as settings
    from pg_class as class join pg_namespace as schema on schema.oid = class.relnamespace, options
   where schema.nspname !~ '^pg_' and schema.nspname <> 'information_schema'
     and (options.schemas = '{}' or schema.nspname = any (options.schemas))
     and not exists (select from pg_depend as part
                      where part.classid = 'pg_class'::regclass and part.objid = class.oid and part.deptype = 'e')),
tenant as (
  select relation.*, key.attnum as key_number, key.attname::text as key_name, key.attnotnull as key_required
    from relation join pg_attribute as key on key.attrelid = relation.oid and not key.attisdropped, options
   where relation.kind in ('r', 'p') and key.attname = any (options.keys)),
held as (
  select relation.oid, relation.name, relation.kind, relation.secured, app.oid as role_oid, app.name as role, privilege
    from relation, app, unnest(case when current_setting('server_version_num')::int >= 170000
                 then '{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER,MAINTAIN}'::text[]
                 else '{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}' end) as privilege
   where relation.kind in ('r', 'p', 'v', 'm', 'f')
     and case when privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
              then has_any_column_privilege(app.oid, relation.oid, privilege)
              else has_table_privilege(app.oid, relation.oid, privilege) end),
policy as (
  select policy.oid, policy.polrelid as relation_oid, policy.polname::text as name, policy.polroles as roles,
         policy.polpermissive as permissive, command,
         pg_get_expr(policy.polqual, policy.polrelid) as shown, pg_get_expr(policy.polwithcheck, policy.polrelid) as written
    from pg_policy as policy,
         unnest(case policy.polcmd when '*' then '{SELECT,INSERT,UPDATE,DELETE}'::text[] when 'r' then '{SELECT}'
                when 'a' then '{INSERT}' when 'w' then '{UPDATE}' else '{DELETE}' end) as command)
";
