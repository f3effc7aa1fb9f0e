-- The end of an organisation: closing, deleted, and erased for good.

set search_path = tenantry;
-- The functions below, and new references, read under policies.
set local row_security = on;

alter table organisations
  -- An admin asked for the end, and the plan is being ended: nothing is changed meanwhile.
  add column closing_since timestamptz,
  -- Deleted: when it will be erased, if nobody restores it. Gone at Clerk: nobody can.
  add column erase_at      timestamptz,
  add column gone_at_clerk boolean not null default false,
  -- From here on nothing brings it back.
  add column erasing_since timestamptz,
  add constraint organisations_erased_when_deleted check (erase_at is null or deleted_at is not null),
  add constraint organisations_erasing_when_due check (erasing_since is null or erase_at is not null);
create index organisations_deleted on organisations (erase_at) where deleted_at is not null;

-- Why and how far: one row while an organisation is closing or deleted.
create table closings (
  organisation_id text not null primary key,
  -- Who asked, by id and as they were called; nobody where it was done at Clerk.
  asked_by        text collate "C" not null default '',
  asked_by_name   text not null default '',
  asked_at        timestamptz not null default now(),
  -- When the plan began to be ended: too late to stop. When nothing that costs was left.
  ending_since    timestamptz,
  ended_at        timestamptz,
  final_invoice   jsonb,
  -- Why the last try did not come to its end, and when it was.
  trouble         text,
  tried_at        timestamptz,
  check (ended_at is null or ending_since is not null)
);
select tenancy.isolate('closings');
create policy asked_for_insert on closings as restrictive for insert to tenantry_app, tenantry_worker with check (
  (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'organisation:delete')));
create policy asked_for_update on closings as restrictive for update to tenantry_app, tenantry_worker using (
  (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'organisation:delete')));
create policy asked_for_delete on closings as restrictive for delete to tenantry_app, tenantry_worker using (
  (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'organisation:delete')));

-- Only admins delete an organisation: no role of a customer's own may hold that.
create or replace function tenancy.permissions_of(role text) returns text[]
  language sql stable parallel safe
  return case role
    when 'admin' then array['procedures:read', 'procedures:manage', 'runs:read', 'runs:work', 'reports:read',
                            'members:read', 'members:invite', 'members:manage', 'roles:manage', 'organisation:manage',
                            'organisation:delete', 'billing:read', 'billing:manage', 'audit:read']
    when 'member' then array['procedures:read', 'runs:read', 'runs:work', 'members:read', 'billing:read']
    when 'report-viewer' then array['reports:read']
    when 'billing-admin' then array['billing:manage']
    else '{}'
  end;
alter table custom_roles add constraint custom_roles_delete_nothing check (not 'organisation:delete' = any (permissions));

-- What is left of an organisation: how much there was of what, and nothing that says whose it was.
create table erasures (
  organisation_id text collate "C" primary key check (organisation_id ~ '^org_[A-Za-z0-9]+$'),
  deleted_at      timestamptz not null,
  begun_at        timestamptz not null default now(),
  -- The step that is done next; the last one is `done`.
  step            text collate "C" not null default 'jobs'
                  check (step in ('jobs', 'tables', 'clerk', 'stripe', 'directory', 'record', 'done')),
  -- Rows erased, by table.
  counts          jsonb not null default '{}',
  -- SHA-256 of each address it had, which is nobody's again, and of its customer's id, so that a late event is known.
  addresses       bytea[] not null default '{}',
  customers       bytea[] not null default '{}',
  finished_at     timestamptz,
  -- As signed: anyone who has the public key can check it.
  record          text,
  signature       bytea,
  check ((step = 'done') = (finished_at is not null and record is not null and signature is not null))
);
alter table erasures enable row level security;
alter table erasures force row level security;
create policy seen on erasures for select to tenantry_app, tenantry_worker using (
  organisation_id = current_setting('app.current_org_id', true) or tenancy.system_reason() is not null);
create policy added on erasures for insert to tenantry_worker with check (tenancy.system_reason() is not null);
-- Inside of the organisation too: rows are counted in the transaction that erases them.
create policy changed on erasures for update to tenantry_worker using (
  organisation_id = current_setting('app.current_org_id', true) or tenancy.system_reason() is not null);
grant select on erasures to tenantry_app;
grant select, insert on erasures to tenantry_worker;
grant update (step, counts, addresses, customers, finished_at, record, signature) on erasures to tenantry_worker;
insert into tenancy.directory_tables values
  ('tenantry.erasures', 'outlives the organisation: says what was erased, and keeps its address from being given away');

-- What is kept for good is erased with its organisation, and only then: by the worker, inside of it, once nothing brings it back.
create function tenancy.is_being_erased(organisation text) returns boolean
  language sql stable parallel safe
  set search_path = tenantry, pg_catalog, pg_temp
as $$ select exists (select from organisations as gone where gone.id = organisation and gone.erasing_since is not null) $$;
grant execute on function tenancy.is_being_erased(text) to tenantry_app, tenantry_worker, tenantry_backup;
do $$
declare
  kept text;
begin
  foreach kept in array array['audit_heads', 'audit_log'] loop
    execute format('grant delete on %I to tenantry_worker', kept);
    execute format('create policy kept_for_good on %I as restrictive for delete to tenantry_app, tenantry_worker
                    using ((select tenancy.is_being_erased(current_setting(''app.current_org_id'', true))))', kept);
  end loop;
end $$;
create policy removed on stripe_customers for delete to tenantry_worker using (tenancy.system_reason() is not null);
create policy removed on invitations for delete to tenantry_worker using (tenancy.system_reason() is not null);
grant delete on stripe_customers, invitations, jobs, inbound_events, drift_reports to tenantry_worker;

-- Every table with rows of an organisation's, but for what is left of it: those that refer to others come before these. A new
-- table is among them because it has the column.
create function tenancy.tables_to_erase() returns table (name text, is_tenants boolean)
  language sql stable
  set search_path = pg_catalog, pg_temp
as $$
  with recursive owned as (
    select class.oid, class.oid::regclass::text as name,
           exists (select from pg_policy as policy where policy.polrelid = class.oid and policy.polname = 'tenant') as is_tenants
      from pg_class as class
      join pg_namespace as space on space.oid = class.relnamespace
      join pg_attribute as key on key.attrelid = class.oid and key.attname = 'organisation_id' and not key.attisdropped
     where class.relkind in ('r', 'p') and not class.relispartition and space.nspname = 'tenantry' and class.relname <> 'erasures'),
  refers as (
    select reference.conrelid as child, reference.confrelid as parent
      from pg_constraint as reference
     where reference.contype = 'f' and reference.conrelid <> reference.confrelid),
  walk as (
    select owned.oid, 0 as depth from owned
    union all
    select refers.child, walk.depth + 1 from walk join refers on refers.parent = walk.oid where walk.depth < 40)
  select owned.name, owned.is_tenants from owned join walk on walk.oid = owned.oid
   group by owned.name, owned.is_tenants
   order by max(walk.depth) desc, owned.name
$$;

-- Erases some rows of an organisation's and says how many: as its caller, under the policies.
create function tenancy.erase_rows(from_table regclass, organisation text, most integer) returns bigint
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
declare
  erased bigint;
begin
  execute format('delete from %s where ctid = any (array(select ctid from %s where organisation_id = $1 limit $2))', from_table, from_table)
    using organisation, most;
  get diagnostics erased = row_count;
  return erased;
end $$;

-- How many there are.
create function tenancy.count_rows(in_table regclass, organisation text) returns bigint
  language plpgsql stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  counted bigint;
begin
  execute format('select count(*) from %s where organisation_id = $1', in_table) using organisation into counted;
  return counted;
end $$;
grant execute on function tenancy.tables_to_erase(), tenancy.erase_rows(regclass, text, integer),
  tenancy.count_rows(regclass, text) to tenantry_worker;
