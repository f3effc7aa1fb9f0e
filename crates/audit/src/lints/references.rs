//! Keys: what Postgres checks past every policy.

use super::Lint;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "L10",
        title: "Something is unique across tenants",
        why: "Uniqueness is checked past policies: the refusal tells one tenant what another one has.",
        sql: Some(
            "select 'hole', tenant.name, 'index ' || index.indexrelid::regclass || ' is unique without ' || tenant.key_name,
                    case when constraint_.conname is not null
                         then format('alter table %s drop constraint %I cascade', tenant.name, constraint_.conname)
                         else format('drop index %s', index.indexrelid::regclass) end
               from pg_index as index join tenant on tenant.oid = index.indrelid
                    left join pg_constraint as constraint_ on constraint_.conindid = index.indexrelid
                         and constraint_.conrelid = index.indrelid and constraint_.contype in ('p', 'u', 'x')
              where (index.indisunique or index.indisexclusion) and tenant.key_number <> all (index.indkey::int2[])",
        ),
    },
    Lint {
        id: "L11",
        title: "No index begins with the key",
        why: "Every statement of a tenant then reads every tenant's rows, and removing a tenant takes hours.",
        sql: Some(
            "select 'warn', name, 'no index begins with ' || key_name, format('create index on %s (%I)', name, key_name)
               from tenant
              where not exists (select from pg_index as index
                                 where index.indrelid = tenant.oid and index.indkey[0] = tenant.key_number
                                   and index.indpred is null and index.indisvalid)",
        ),
    },
    Lint {
        id: "L12",
        title: "A reference between tenants' rows does not carry the key",
        why: "References are checked past policies: one tenant hangs its row on another's, learns by the error which ids exist, and \
              blocks or cascades their removal.",
        sql: Some(
            "select 'hole', tenant.name, 'reference ' || reference.conname || ': ' || pg_get_constraintdef(reference.oid),
                    format('alter table %s drop constraint %I', tenant.name, reference.conname)
               from pg_constraint as reference join tenant on tenant.oid = reference.conrelid
                    join tenant as target on target.oid = reference.confrelid
              where reference.contype = 'f' and reference.conparentid = 0
                and not exists (select from unnest(reference.conkey, reference.confkey) as pair (ours, theirs)
                                 where pair.ours = tenant.key_number and pair.theirs = target.key_number)",
        ),
    },
];
