//! Rights: what the application may do that no policy looks at.

use super::Lint;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "L13",
        title: "The application has rights that no policy binds",
        why: "TRUNCATE empties a table for all tenants; REFERENCES asks after other tenants' keys; TRIGGER plants code that runs on \
              their changes.",
        sql: Some(
            "select 'hole', name, role || ' may ' || string_agg(privilege, ', '),
                    format('revoke %s on %s from %I', string_agg(privilege, ', '), name, role)
               from held where privilege in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN') group by name, role",
        ),
    },
    Lint {
        id: "L20",
        title: "The application can make things of its own",
        why: "Its own tables have no policies, its own functions and temporary tables stand in for ours.",
        sql: Some(
            "select 'hole', app.name, 'may CREATE in schema ' || schema.nspname,
                    format('revoke create on schema %I from public, %I', schema.nspname, app.name)
               from app, pg_namespace as schema
              where schema.nspname !~ '^pg_' and has_schema_privilege(app.oid, schema.oid, 'CREATE')
              union all
             select 'hole', app.name, 'may ' || privilege || ' in this database',
                    format('revoke %s on database %I from public, %I', privilege, current_database(), app.name)
               from app, unnest('{CREATE,TEMPORARY}'::text[]) as privilege
              where has_database_privilege(app.oid, current_database(), privilege)",
        ),
    },
    Lint {
        id: "L22",
        title: "An expression can change the tenant",
        why: "set_config may stand anywhere in a statement: one smuggled expression moves a transaction to another tenant.",
        sql: Some(
            "select 'warn', app.name, 'may execute set_config',
                    'revoke execute on function pg_catalog.set_config(text, text, boolean) from public'
               from app where has_function_privilege(app.oid, 'pg_catalog.set_config(text,text,boolean)', 'EXECUTE')",
        ),
    },
    Lint {
        id: "L25",
        title: "Tables to come are given away before they are guarded",
        why: "A default privilege makes a new table readable at once, before anybody enabled row-level security on it.",
        sql: Some(
            "select 'hole', coalesce(app.name, 'PUBLIC'),
                    'gets ' || string_agg(given.privilege_type, ', ') || ' on every new table of ' || owner.rolname
                      || coalesce(' in schema ' || schema.nspname, ''),
                    format('alter default privileges for role %I%s revoke all on tables from %s', owner.rolname,
                      case when schema.nspname is null then '' else format(' in schema %I', schema.nspname) end, coalesce(quote_ident(app.name), 'public'))
               from pg_default_acl as preset join pg_roles as owner on owner.oid = preset.defaclrole
                    left join pg_namespace as schema on schema.oid = preset.defaclnamespace
                    cross join aclexplode(preset.defaclacl) as given left join app on app.oid = given.grantee
              where preset.defaclobjtype = 'r' and (given.grantee = 0 or app.oid is not null)
              group by app.name, owner.rolname, schema.nspname",
        ),
    },
    Lint {
        id: "L26",
        title: "A sequence tells how much the others do",
        why: "Its numbers grow with everybody's rows.",
        sql: Some(
            "select 'warn', relation.name, app.name || ' may read or set it',
                    format('revoke select, update on sequence %s from %I', relation.name, app.name)
               from relation, app
              where relation.kind = 'S' and (has_sequence_privilege(app.oid, relation.oid, 'SELECT')
                                             or has_sequence_privilege(app.oid, relation.oid, 'UPDATE'))",
        ),
    },
];
