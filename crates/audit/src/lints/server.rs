//! The server around the tables: extensions, replication, statistics, large objects, version, and what changed unseen.

use super::Lint;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "D01",
        title: "A relation shows rows where no tenant is set",
        why: "A request that forgot its tenant then reads everybody's.",
        sql: None,
    },
    Lint {
        id: "D02",
        title: "One tenant reaches another's rows",
        why: "Tried with two tenants of this database, as the role of the application, and rolled back.",
        sql: None,
    },
    Lint {
        id: "D03",
        title: "An attempt came to no result",
        why: "It ended in an error that is no refusal, or there was nothing to try it with: nothing is known about it.",
        sql: None,
    },
    Lint {
        id: "L00",
        title: "An allowance that nothing needs",
        why: "What it allowed was mended, or is misspelt: either way the list no longer says what is there.",
        sql: None,
    },
    Lint {
        id: "L28",
        title: "An extension or a language reaches round the tables",
        why: "Other servers, raw pages, the file system: what they give is under no policy.",
        sql: Some(
            "select 'warn', 'extension ' || extname, 'is installed', format('drop extension %I', extname)
               from pg_extension where extname in ('dblink', 'postgres_fdw', 'file_fdw', 'pageinspect', 'pg_surgery',
                                                   'adminpack', 'pg_visibility', 'amcheck', 'pg_buffercache')
             union all
             select 'warn', 'language ' || lanname, 'is untrusted: whoever writes a function in it does what the server can',
                    format('drop language %I', lanname)
               from pg_language where lanname not in ('internal', 'c') and not lanpltrusted",
        ),
    },
    Lint {
        id: "L32",
        title: "A publication sends tenants' rows",
        why: "Whoever subscribes gets every tenant's changes; replication knows no policies.",
        sql: Some(
            "select 'warn', 'publication ' || publication.pubname, 'sends ' || string_agg(tenant.name, ', ' order by tenant.name),
                    format('drop publication %I', publication.pubname)
               from pg_publication as publication
                    join pg_publication_tables as sent on sent.pubname = publication.pubname
                    join tenant on tenant.oid = format('%I.%I', sent.schemaname, sent.tablename)::regclass
              group by publication.pubname",
        ),
    },
    Lint {
        id: "L33",
        title: "Extended statistics belong to somebody else",
        why: "Their owner reads the most common values of columns, of all tenants.",
        sql: Some(
            "select 'warn', statistic.stxnamespace::regnamespace || '.' || statistic.stxname,
                    'is owned by ' || pg_get_userbyid(statistic.stxowner) || ', and ' || tenant.name || ' by ' || pg_get_userbyid(tenant.owner),
                    format('alter statistics %s.%I owner to %I', statistic.stxnamespace::regnamespace, statistic.stxname,
                      pg_get_userbyid(tenant.owner))
               from pg_statistic_ext as statistic join tenant on tenant.oid = statistic.stxrelid
              where statistic.stxowner <> tenant.owner",
        ),
    },
    Lint {
        id: "L34",
        title: "There are large objects",
        why: "They have an owner and no policy: what one tenant stored, all of them read.",
        sql: Some(
            "select 'warn', 'large objects', count(*) || ' of them', 'select lo_unlink(oid) from pg_largeobject_metadata'
               from pg_largeobject_metadata having count(*) > 0",
        ),
    },
    Lint {
        id: "L35",
        title: "Tables, policies or rights changed outside the migrations",
        why: "What was reviewed is not what is running.",
        sql: None,
    },
    Lint {
        id: "L36",
        title: "The server lacks security repairs",
        why: "Known holes let somebody who can run SQL round row-level security.",
        sql: Some(
            "select 'hole', 'PostgreSQL ' || split_part(version.number, ' ', 1),
                    'lacks repairs that ' || repaired.major || '.' || repaired.minor || ' has', 'install the newest minor version'
               from (select current_setting('server_version') as number, current_setting('server_version_num')::int as code) as version
                    join (values (15, 20), (16, 16), (17, 12), (18, 6)) as repaired (major, minor)
                         on repaired.major = version.code / 10000
              where version.code % 10000 < repaired.minor",
        ),
    },
];
