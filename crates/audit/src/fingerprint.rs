//! One number for everything that isolation hangs on: columns, constraints, policies, rights, owners, functions, triggers.

use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::{Error, Result, Subject};

/// No oids, no positions, no order of making: two databases migrated alike have one fingerprint. `$1` are the schemas.
const OF: &str = "
with here as (
  select oid, nspname from pg_namespace
   where nspname !~ '^pg_' and nspname <> 'information_schema' and ($1::text[] = '{}' or nspname = any ($1::text[]))),
line as (
  select 'relation ' || class.oid::regclass || ' ' || class.relkind::text || ' ' || class.relrowsecurity || ' ' || class.relforcerowsecurity
         || ' ' || pg_get_userbyid(class.relowner) || ' ' || coalesce(class.reloptions::text, '') as text
    from pg_class as class join here on here.oid = class.relnamespace where class.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select 'column ' || attrelid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull
         || ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
    from pg_attribute join pg_class as class on class.oid = attrelid join here on here.oid = class.relnamespace
         left join pg_attrdef on adrelid = attrelid and adnum = attnum
   where attnum > 0 and not attisdropped and class.relkind in ('r', 'p', 'v', 'f')
  union all
  select 'right ' || class.oid::regclass || ' ' || held.on_column || ' '
         || coalesce(pg_get_userbyid(nullif(given.grantee, 0)), 'PUBLIC') || ' ' || given.privilege_type || ' ' || given.is_grantable
    from pg_class as class join here on here.oid = class.relnamespace
         cross join lateral (select '' as on_column, class.relacl as rights union all
                             select attname, attacl from pg_attribute where attrelid = class.oid and attacl is not null) as held
         cross join aclexplode(held.rights) as given
   -- What the owner may is everything, and everything is more in newer versions.
   where given.grantee <> class.relowner
  union all
  select 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace in (select oid from here) and conrelid <> 0 and contype <> 'n'
  union all
  select 'index ' || pg_get_indexdef(indexrelid) from pg_index join pg_class as class on class.oid = indexrelid
   where class.relnamespace in (select oid from here)
  union all
  select 'policy ' || polrelid::regclass || ' ' || polname || ' ' || polcmd::text || ' ' || polpermissive
         || ' ' || (select string_agg(case role when 0 then 'PUBLIC' else pg_get_userbyid(role) end, ',' order by 1) from unnest(polroles) as role)
         || ' ' || coalesce(pg_get_expr(polqual, polrelid), '') || ' ' || coalesce(pg_get_expr(polwithcheck, polrelid), '')
    from pg_policy join pg_class as class on class.oid = polrelid where class.relnamespace in (select oid from here)
  union all
  select 'function ' || function.oid::regprocedure || ' ' || pg_get_userbyid(proowner) || ' ' || prosecdef || ' ' || provolatile::text
         || ' ' || proleakproof || ' ' || coalesce(proconfig::text, '') || ' ' || coalesce(pg_get_function_sqlbody(function.oid), prosrc)
         || ' ' || coalesce((select string_agg(coalesce(pg_get_userbyid(nullif(grantee, 0)), 'PUBLIC'), ',' order by 1) from aclexplode(proacl)), '')
    from pg_proc as function join here on here.oid = function.pronamespace
  union all
  select 'trigger ' || tgrelid::regclass || ' ' || pg_get_triggerdef(pg_trigger.oid)
    from pg_trigger join pg_class as class on class.oid = tgrelid where not tgisinternal and class.relnamespace in (select oid from here)
  union all
  select 'rule ' || ev_class::regclass || ' ' || pg_get_ruledef(pg_rewrite.oid)
    from pg_rewrite join pg_class as class on class.oid = ev_class where class.relnamespace in (select oid from here)
  union all
  select 'schema ' || schema.nspname || ' ' || pg_get_userbyid(nspowner) || ' '
         || coalesce((select string_agg(coalesce(pg_get_userbyid(nullif(grantee, 0)), 'PUBLIC') || privilege_type, ',' order by 1) from aclexplode(nspacl)), '')
    from pg_namespace as schema join here on here.oid = schema.oid)
select encode(sha256(convert_to(string_agg(text, chr(10) order by text collate \"C\"), 'UTF8')), 'hex') from line";

/// The fingerprint of what is there now.
///
/// # Errors
/// When the catalogue cannot be read.
pub async fn fingerprint(client: &Client, subject: &Subject) -> Result<String> {
    let failed = |source| Error::Check { lint: "L35", source };
    client.batch_execute("begin read only; set local search_path = ''").await.map_err(failed)?;
    let fingerprint = of(client, subject).await;
    client.batch_execute("rollback").await.map_err(failed)?;
    fingerprint
}

/// The same inside a transaction whose search_path is empty. Half of the digest is as good as all of it.
pub(crate) async fn of(client: &Client, subject: &Subject) -> Result<String> {
    let row = client.query_typed_one(OF, &[(&subject.schemas, Type::TEXT_ARRAY)]).await;
    let digest: Option<String> = row.map_err(|source| Error::Check { lint: "L35", source })?.get(0);
    Ok(digest.unwrap_or_default().chars().take(32).collect())
}
