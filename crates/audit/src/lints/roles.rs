//! Roles: who the application is, and who it could become.

use super::Lint;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "L01",
        title: "A role of the application is stronger than policies",
        why: "A superuser and a role with BYPASSRLS see every row; one that makes roles, databases or replication slots \
              can become one that does.",
        sql: Some(
            "select 'hole', role.rolname::text,
                    'has ' || concat_ws(', ', case when rolsuper then 'SUPERUSER' end, case when rolbypassrls then 'BYPASSRLS' end,
                      case when rolcreaterole then 'CREATEROLE' end, case when rolcreatedb then 'CREATEDB' end,
                      case when rolreplication then 'REPLICATION' end),
                    format('alter role %I nosuperuser nobypassrls nocreaterole nocreatedb noreplication', role.rolname)
               from pg_roles as role join app using (oid)
              where rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication",
        ),
    },
    Lint {
        id: "L02",
        title: "A role of the application is a member of a stronger one",
        why: "With SET ROLE, or by mere inheritance, it reads what policies hide and can switch them off.",
        sql: Some(
            "select 'hole', app.name, 'is a member of ' || strong.rolname
                      || case when strong.rolsuper then ', a superuser' when strong.rolbypassrls then ', which has BYPASSRLS'
                              when strong.rolname ~ '^pg_' then '' else ', which owns tables' end,
                    format('revoke %I from %I', strong.rolname, app.name)
               from app join pg_roles as strong on strong.oid <> app.oid and pg_has_role(app.oid, strong.oid, 'MEMBER')
              where not app.super
                and (strong.rolsuper or strong.rolbypassrls
                     or strong.rolname in ('pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files',
                                           'pg_write_server_files', 'pg_execute_server_program', 'pg_read_all_stats', 'pg_monitor')
                     or exists (select from relation where owner = strong.oid and kind in ('r', 'p')))",
        ),
    },
    Lint {
        id: "L21",
        title: "A role of the application owns something",
        why: "An owner switches row-level security off, drops policies, and grants its table to anybody.",
        sql: Some(
            "select 'hole', app.name, 'owns ' || pg_describe_object(owned.classid, owned.objid, 0),
                    format('reassign owned by %I to another_role', app.name)
               from pg_shdepend as owned join app on app.oid = owned.refobjid
              where owned.deptype = 'o' and owned.refclassid = 'pg_authid'::regclass
                and owned.dbid in (0, (select oid from pg_database where datname = current_database()))",
        ),
    },
    Lint {
        id: "L27",
        title: "A session of the application begins with a setting that decides about rows",
        why: "A tenant preset for a role or a database returns after every transaction, so a request that forgot its tenant \
              reads that one's rows; row_security, role and preloaded libraries change what policies mean.",
        sql: Some(
            "select 'hole', coalesce(app.name, 'database ' || current_database()), 'begins every session with ' || setting,
                    case when app.name is null
                         then format('alter database %I reset %s', current_database(), split_part(setting, '=', 1))
                         when preset.setdatabase = 0 then format('alter role %I reset %s', app.name, split_part(setting, '=', 1))
                         else format('alter role %I in database %I reset %s', app.name, current_database(), split_part(setting, '=', 1)) end
               from pg_db_role_setting as preset cross join unnest(preset.setconfig) as setting
                    cross join options left join app on app.oid = preset.setrole
              where (app.oid is not null or preset.setrole = 0)
                and preset.setdatabase in (0, (select oid from pg_database where datname = current_database()))
                and (split_part(setting, '=', 1) = any (options.settings)
                     or split_part(setting, '=', 1) in ('row_security', 'role', 'session_authorization',
                                                        'session_preload_libraries', 'local_preload_libraries'))",
        ),
    },
];
