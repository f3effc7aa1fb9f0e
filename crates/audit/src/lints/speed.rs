//! Indexes that policies put out of use: slow for the largest tenant, and an invitation to weaken the policy.

use super::Lint;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "L29",
        title: "An index of a guarded table holds a type whose operators are not leakproof",
        why: "Below a policy such an index serves only up to the key: the rest of a large tenant is read and thrown away.",
        sql: Some(
            "select distinct 'warn', index.indexrelid::regclass::text,
                    'column ' || part.attname || ' of ' || tenant.name || ' is ' || format_type(part.atttypid, null),
                    'text with a check instead of an enum, bigint instead of numeric, a child table instead of an array'
               from pg_index as index join tenant on tenant.oid = index.indrelid
                    join pg_attribute as part on part.attrelid = tenant.oid and part.attnum = any (index.indkey::int2[])
                    join pg_type as type on type.oid = part.atttypid
              where tenant.secured
                and (type.typtype in ('e', 'r', 'm') or type.typcategory = 'A'
                     or type.typname in ('numeric', 'json', 'jsonb', 'tsvector', 'citext', 'hstore', 'record'))",
        ),
    },
    Lint {
        id: "L30",
        title: "An index of a guarded table is on an expression",
        why: "The function in it is seldom leakproof, so below a policy the index is not used.",
        sql: Some(
            "select 'warn', index.indexrelid::regclass::text,
                    'is on ' || pg_get_expr(index.indexprs, index.indrelid) || ' of ' || tenant.name,
                    'a stored generated column, and an index on that'
               from pg_index as index join tenant on tenant.oid = index.indrelid
              where tenant.secured and index.indexprs is not null",
        ),
    },
];
