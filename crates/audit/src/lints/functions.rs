//! Functions and triggers: code that runs with somebody else's eyes.

use super::Lint;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "L18",
        title: "A function runs as its owner",
        why: "It sees what its owner sees. Without a fixed search_path, ending in pg_temp, the caller chooses what its names mean; \
              owned by a strong role it passes every policy.",
        sql: Some(
            "select case when owner.rolsuper or owner.rolbypassrls or not fixed then 'hole' else 'warn' end,
                    function.oid::regprocedure::text,
                    string_agg(app.name, ', ' order by app.name) || ' may execute it; it runs as ' || owner.rolname
                      || case when owner.rolsuper then ', a superuser' when owner.rolbypassrls then ', which has BYPASSRLS' else '' end
                      || case when fixed then '' else '; its search_path is ' || coalesce(path, 'not set')
                              || ', so a caller decides what its names mean' end,
                    case when fixed then '' else format('alter function %s set search_path = pg_catalog, pg_temp; ', function.oid::regprocedure) end
                      || format('revoke execute on function %s from public, %s', function.oid::regprocedure, string_agg(quote_ident(app.name), ', '))
               from pg_proc as function join pg_roles as owner on owner.oid = function.proowner
                    join pg_namespace as schema on schema.oid = function.pronamespace
                    join app on has_function_privilege(app.oid, function.oid, 'EXECUTE'),
                    lateral (select max(split_part(setting, '=', 2)) as path from unnest(function.proconfig) as setting
                              where setting like 'search_path=%') as setting,
                    lateral (select function.prosqlbody is not null
                                    or coalesce(path = '\"\"' or path = '' or path ~ '(^|, )pg_temp$', false) as fixed) as judged
              where function.prosecdef and schema.nspname <> 'pg_catalog' and schema.nspname <> 'information_schema'
              group by function.oid, function.prosqlbody, owner.rolname, owner.rolsuper, owner.rolbypassrls, path, fixed",
        ),
    },
    Lint {
        id: "L19",
        title: "A function is called leakproof that was not before",
        why: "Postgres asks a leakproof function before the policy. One that is not tells its caller about rows nobody may see.",
        sql: Some(
            "select 'hole', function.oid::regprocedure::text, 'is marked LEAKPROOF',
                    format('alter function %s not leakproof', function.oid::regprocedure)
               from pg_proc as function join pg_namespace as schema on schema.oid = function.pronamespace
              where function.proleakproof
                and case when schema.nspname = 'pg_catalog' then $6::text[] <> '{}' and function.proname <> all ($6::text[]) else true end",
        ),
    },
    Lint {
        id: "L23",
        title: "A trigger runs with other rights",
        why: "It fires on a tenant's change and sees all tenants' rows.",
        sql: Some(
            "select 'warn', tenant.name, 'trigger ' || fired.tgname || ' runs ' || function.oid::regprocedure
                      || case when function.prosecdef then ' as its owner' else ', which somebody else owns' end,
                    format('drop trigger %I on %s', fired.tgname, tenant.name)
               from pg_trigger as fired join tenant on tenant.oid = fired.tgrelid
                    join pg_proc as function on function.oid = fired.tgfoid
              where not fired.tgisinternal and (function.prosecdef or function.proowner <> tenant.owner)",
        ),
    },
];
