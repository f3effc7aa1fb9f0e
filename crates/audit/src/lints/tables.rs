//! Tables: whether row-level security stands before each, and whether there is a way round.

use super::Lint;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "L03",
        title: "A table that the application reaches has no row-level security",
        why: "Whatever is in it, every tenant's requests can read or change.",
        sql: Some(
            "select 'hole', name, string_agg(distinct role, ', ') || ' may ' || string_agg(distinct privilege, ', ')
                      || ', and row-level security is off',
                    format('alter table %s enable row level security; alter table %1$s force row level security', name)
               from held where kind in ('r', 'p') and not secured and privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
              group by name",
        ),
    },
    Lint {
        id: "L04",
        title: "Row-level security does not bind the owner",
        why: "The owner, and every role that inherits it, reads all rows; so do views and functions that the owner made.",
        sql: Some(
            "select 'hole', name, 'row-level security is enabled and not forced',
                    format('alter table %s force row level security', name)
               from relation where kind in ('r', 'p') and secured and not forced",
        ),
    },
    Lint {
        id: "L09",
        title: "The key of a tenant table may be missing",
        why: "A row without a key belongs to nobody or, with a generous policy, to everybody; and a reference of two columns \
              is not checked when one of them is null.",
        sql: Some(
            "select 'hole', name, 'column ' || key_name || ' may be null',
                    format('alter table %s alter column %I set not null', name, key_name)
               from tenant where not key_required",
        ),
    },
    Lint {
        id: "L14",
        title: "The application has rights on a partition or an inheritance child",
        why: "Row-level security of the parent does not hold for a child that is addressed itself: all tenants' rows are there \
              to read and to change.",
        sql: Some(
            "select 'hole', held.name, string_agg(distinct role, ', ') || ' may ' || string_agg(distinct privilege, ', ')
                      || ' on it, past its parent',
                    format('revoke all on %s from %s', held.name, string_agg(distinct quote_ident(role), ', '))
               from held join pg_inherits on pg_inherits.inhrelid = held.oid
              where held.kind in ('r', 'p', 'f') group by held.name",
        ),
    },
    Lint {
        id: "L15",
        title: "A view answers with its owner's eyes",
        why: "Without security_invoker a view reads as its owner: past policies where the owner is strong or the table is not \
              forced.",
        sql: Some(
            "select 'hole', held.name, string_agg(distinct role, ', ') || ' may ' || string_agg(distinct privilege, ', ')
                      || ', and security_invoker is not set',
                    format('alter view %s set (security_invoker = true)', held.name)
               from held join relation using (oid)
              where held.kind = 'v' and privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
                and not exists (select from unnest(relation.settings) as setting
                                 where setting ~* '^security_invoker=(true|on|yes|1)$')
              group by held.name",
        ),
    },
    Lint {
        id: "L16",
        title: "A materialised view is readable",
        why: "It holds the rows of whoever filled it, and no policy can be put on it.",
        sql: Some(
            "select 'hole', name, role || ' may read it', format('revoke all on %s from %I', name, role)
               from held where kind = 'm' and privilege = 'SELECT'",
        ),
    },
    Lint {
        id: "L17",
        title: "A foreign table is within reach",
        why: "What another server answers is not under our policies.",
        sql: Some(
            "select 'hole', name, role || ' may ' || string_agg(privilege, ', '), format('revoke all on %s from %I', name, role)
               from held where kind = 'f' group by name, role",
        ),
    },
    Lint {
        id: "L24",
        title: "A table has a rewrite rule",
        why: "A rule sends what was asked for elsewhere, with the rights of the table's owner.",
        sql: Some(
            "select 'hole', relation.name, 'rule ' || rule.rulename, format('drop rule %I on %s', rule.rulename, relation.name)
               from pg_rewrite as rule join relation on relation.oid = rule.ev_class where relation.kind in ('r', 'p')",
        ),
    },
    Lint {
        id: "L31",
        title: "A table without the key can be written",
        why: "What is written there belongs to no tenant, so no policy of a tenant can guard it.",
        sql: Some(
            "select 'warn', held.name, string_agg(distinct role, ', ') || ' may ' || string_agg(distinct privilege, ', ')
                      || ', and it has no key column',
                    format('revoke insert, update, delete on %s from %s', held.name, string_agg(distinct quote_ident(role), ', '))
               from held where kind in ('r', 'p') and privilege in ('INSERT', 'UPDATE', 'DELETE')
                and oid not in (select oid from tenant)
              group by held.name",
        ),
    },
];
