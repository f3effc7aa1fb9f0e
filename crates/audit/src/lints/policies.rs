//! Policies: one for each table, saying one thing.

use super::Lint;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "L05",
        title: "A right without a policy",
        why: "Nothing is shown or accepted, and nobody is told why: a policy was forgotten, or the right is too much.",
        sql: Some(
            "select 'warn', held.name, held.role || ' may ' || string_agg(held.privilege, ', ') || ', and no permissive policy lets it',
                    format('revoke %s on %s from %I', string_agg(held.privilege, ', '), held.name, held.role)
               from held
              where held.secured and held.kind in ('r', 'p') and held.privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
                and not exists (select from policy
                                 where policy.relation_oid = held.oid and policy.permissive and policy.command = held.privilege
                                   and (0 = any (policy.roles)
                                        or exists (select from unnest(policy.roles) as named where pg_has_role(held.role_oid, named, 'USAGE'))))
              group by held.name, held.role",
        ),
    },
    Lint {
        id: "L06",
        title: "Permissive policies add up",
        why: "Each of them alone lets a row through: the most generous one decides.",
        sql: Some(
            "select 'hole', relation.name, app.name || ' has ' || count(*) || ' permissive policies for ' || policy.command || ': '
                      || string_agg(policy.name, ', ' order by policy.name),
                    format('drop policy if exists %I on %s', max(policy.name), relation.name)
               from policy join relation on relation.oid = policy.relation_oid
                    join app on 0 = any (policy.roles)
                         or exists (select from unnest(policy.roles) as named where pg_has_role(app.oid, named, 'USAGE'))
              where policy.permissive group by relation.name, app.name, policy.command having count(*) > 1",
        ),
    },
    Lint {
        id: "L07",
        title: "A tenant table's policy does not say what policies say here",
        why: "One more branch (a missing setting, a null key, an administrator's flag) or one expression for showing and another \
              for writing is how one tenant comes to another's rows. A restrictive policy only takes rows away: what it says is \
              looked at where it excuses a permissive one, and then it has to bind every role and command that one lets in.",
        sql: Some(
            "select distinct 'hole', tenant.name || ' ' || policy.name,
                    case when 0 = any (policy.roles) then 'is for PUBLIC; '
                         else '' end
                      || case when policy.shown is distinct from policy.written and policy.written is not null
                              then concat_ws(' and ', 'shows by ' || policy.shown, 'accepts by ' || policy.written)
                              else 'shows by ' || policy.shown end,
                    format('alter policy %I on %s to %s', policy.name, tenant.name, (select string_agg(quote_ident(app.name), ', ') from app))
                      || format(case when policy.shown is not null then ' using (%1$s)' else '' end
                                || case when policy.written is not null then ' with check (%1$s)' else '' end,
                                replace(options.policies[1], '{key}', quote_ident(tenant.key_name)))
               from policy join tenant on tenant.oid = policy.relation_oid, options
              where not exists (select from policy as narrowing, unnest(options.policies) as allowed
                                 where narrowing.relation_oid = policy.relation_oid and narrowing.command = policy.command
                                   and not narrowing.permissive and narrowing.oid <> policy.oid and narrowing.written is null
                                   and narrowing.shown = replace(allowed, '{key}', quote_ident(tenant.key_name))
                                   and not exists (select from app where 0 <> all (narrowing.roles)
                                                      and not exists (select from unnest(narrowing.roles) as named
                                                                       where pg_has_role(app.oid, named, 'USAGE'))))
                -- What narrows a policy that says the right thing may say anything: a restrictive policy is ANDed to the others
                -- and can show no row that they do not. One without a right policy beside it is reported with that one.
                and (policy.permissive
                     or not exists (select from policy as wide, unnest(options.policies) as allowed
                                     where wide.relation_oid = policy.relation_oid and wide.command = policy.command and wide.permissive
                                       and coalesce(wide.shown, wide.written) = replace(allowed, '{key}', quote_ident(tenant.key_name))))
                and ((policy.permissive and 0 = any (policy.roles))
                     or (policy.written is not null and policy.written is distinct from policy.shown)
                     or not exists (select from unnest(options.policies) as allowed
                                     where replace(allowed, '{key}', quote_ident(tenant.key_name)) = coalesce(policy.shown, policy.written)))",
        ),
    },
    Lint {
        id: "L08",
        title: "A policy asks a function that does not follow the setting",
        why: "An IMMUTABLE function is folded into a prepared plan: the first tenant's answer is given to the next. A VOLATILE one \
              is asked for each row.",
        sql: Some(
            "select distinct 'hole', relation.name || ' ' || policy.name,
                    'asks ' || function.oid::regprocedure || ', which is '
                      || case function.provolatile when 'i' then 'IMMUTABLE' else 'VOLATILE' end,
                    format('alter function %s stable', function.oid::regprocedure)
               from policy join relation on relation.oid = policy.relation_oid
                    join pg_depend as used on used.classid = 'pg_policy'::regclass and used.objid = policy.oid
                         and used.refclassid = 'pg_proc'::regclass
                    join pg_proc as function on function.oid = used.refobjid
              where function.provolatile <> 's'",
        ),
    },
    Lint {
        id: "L38",
        title: "A policy lets everything through, or lets everybody",
        why: "On a table without the key it is the only guard there is.",
        sql: Some(
            "select distinct 'hole', relation.name || ' ' || policy.name,
                    concat_ws(', ', case when 0 = any (policy.roles) then 'is for PUBLIC' end,
                      case when policy.shown ~ always then 'shows by ' || policy.shown end,
                      case when policy.written ~ always then 'accepts by ' || policy.written end),
                    case when 0 = any (policy.roles)
                         then format('alter policy %I on %s to %s', policy.name, relation.name, (select string_agg(quote_ident(app.name), ', ') from app))
                         else format('drop policy if exists %I on %s', policy.name, relation.name) end
               from policy join relation on relation.oid = policy.relation_oid,
                    (values ('^[( ]*true[) ]*$| OR true|true OR |\\m(\\d+) = \\1\\M')) as pattern (always)
              where policy.permissive and (0 = any (policy.roles) or policy.shown ~ always or policy.written ~ always)
                and not exists (select from policy as narrowing
                                 where narrowing.relation_oid = policy.relation_oid and narrowing.command = policy.command
                                   and not narrowing.permissive and narrowing.shown !~ always)",
        ),
    },
    Lint {
        id: "L37",
        title: "The key of a tenant table can be rewritten past its policy",
        why: "An UPDATE that may change the key, and a policy that accepts what it would not show, move a row to another tenant.",
        sql: Some(
            "select distinct 'hole', tenant.name, app.name || ' may UPDATE ' || tenant.key_name
                      || case when tenant.secured then ', and policy ' || policy.name || ' accepts ' || policy.written
                              else ', and row-level security is off' end,
                    case when tenant.secured then format('alter policy %I on %s with check (%s)', policy.name, tenant.name, policy.shown)
                         else format('alter table %s enable row level security', tenant.name) end
               from tenant join app on has_column_privilege(app.oid, tenant.oid, tenant.key_number, 'UPDATE')
                    left join policy on policy.relation_oid = tenant.oid and policy.command = 'UPDATE' and policy.permissive
              where not tenant.secured or (policy.written is not null and policy.written is distinct from policy.shown)",
        ),
    },
];
