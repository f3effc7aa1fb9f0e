//! Whether a live database is the one that was attacked: columns, keys, policies, functions and rights, line by line.

use std::collections::BTreeSet;

use tokio_postgres::Client;

use crate::error::{Error, Result};
use crate::server::{Server, connect};

/// A line for everything that decides who sees what. Reads the catalogue alone.
const LINES: &str = "
    with ours as (select oid, nspname from pg_namespace where nspname in ('tenantry', 'tenancy'))
    select format('table %s: kind %s, owner %s, row security %s, forced %s, rights %s', c.oid::regclass, c.relkind,
                  c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity,
                  coalesce((select string_agg(r::text, ' ' order by r::text) from unnest(c.relacl) as r), 'none'))
      from pg_class as c join ours on ours.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select format('column %s.%s: %s, collation %s, not null %s, default %s, rights %s', c.oid::regclass, a.attname,
                  format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation, a.attnotnull,
                  coalesce(pg_get_expr(d.adbin, d.adrelid), 'none'),
                  coalesce((select string_agg(r::text, ' ' order by r::text) from unnest(a.attacl) as r), 'none'))
      from pg_attribute as a join pg_class as c on c.oid = a.attrelid join ours on ours.oid = c.relnamespace
      left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select format('constraint %s on %s: %s', k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid))
      from pg_constraint as k join ours on ours.oid = k.connamespace
    union all
    select format('index %s', pg_get_indexdef(i.indexrelid))
      from pg_index as i join pg_class as c on c.oid = i.indrelid join ours on ours.oid = c.relnamespace
     where i.indisunique
    union all
    select format('policy %s on %s: for %s to %s, permissive %s, using %s, check %s', p.polname, p.polrelid::regclass,
                  p.polcmd, p.polroles::regrole[], p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
                  pg_get_expr(p.polwithcheck, p.polrelid))
      from pg_policy as p join pg_class as c on c.oid = p.polrelid
    union all
    select format('trigger %s', pg_get_triggerdef(t.oid))
      from pg_trigger as t join pg_class as c on c.oid = t.tgrelid join ours on ours.oid = c.relnamespace
     where not t.tgisinternal
    union all
    select format('function %s, owner %s, rights %s: %s', f.oid::regprocedure, f.proowner::regrole,
                  coalesce((select string_agg(r::text, ' ' order by r::text) from unnest(f.proacl) as r), 'none'),
                  md5(pg_get_functiondef(f.oid)))
      from pg_proc as f join ours on ours.oid = f.pronamespace where f.prokind in ('f', 'p')
    union all
    select format('function %s may be called by everybody', f.oid::regprocedure)
      from pg_proc as f where f.proname in ('set_config', 'pg_stat_get_activity', 'pg_stat_get_backend_activity',
                                            'lo_creat', 'lo_create', 'lo_from_bytea')
       and has_function_privilege('tenantry_app', f.oid, 'execute')
    union all
    select format('role %s: superuser %s, bypasses %s, inherits %s, member of %s', r.rolname, r.rolsuper,
                  r.rolbypassrls, r.rolinherit,
                  coalesce((select string_agg(m.roleid::regrole::text, ' ' order by m.roleid::regrole::text) from pg_auth_members as m
                             where m.member = r.oid), 'none'))
      from pg_roles as r where r.rolname in ('tenantry_app', 'tenantry_worker')";

/// What one has and the other has not; nothing where the two are alike.
pub(crate) async fn differences(server: &Server, scratch: &str, live_url: &str) -> Result<Vec<String>> {
    let config = live_url
        .parse()
        .map_err(|e: tokio_postgres::Error| Error::CannotRun(format!("--like is not a Postgres URL: {e}")))?;
    let live = lines(&connect(&config).await?).await?;
    let attacked = lines(&server.admin(scratch).await?).await?;
    let only = |here: &BTreeSet<String>, there: &BTreeSet<String>, whose: &str| -> Vec<String> {
        here.difference(there).map(|line| format!("only {whose}: {line}")).collect()
    };
    let mut differences = only(&live, &attacked, "in the live database");
    differences.extend(only(&attacked, &live, "in the attacked one"));
    Ok(differences)
}

async fn lines(client: &Client) -> Result<BTreeSet<String>> {
    let failed = || Error::doing("comparing the catalogues");
    // The same names on both sides; and nothing is changed here, by agreement.
    client.batch_execute("set search_path = ''; set default_transaction_read_only = on").await.map_err(failed())?;
    let rows = client.query(LINES, &[]).await.map_err(failed())?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
