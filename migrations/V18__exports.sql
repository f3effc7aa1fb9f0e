-- Data exports: an organisation's data as one file, on their way and as they were made; and where organisations came from.

set search_path = tenantry;

-- The permission to take everything out. As before, with one more for admins.
create or replace function tenancy.permissions_of(role text) returns text[]
  language sql stable parallel safe
  return case role
    when 'admin' then array['procedures:read', 'procedures:manage', 'runs:read', 'runs:work', 'reports:read',
                            'members:read', 'members:invite', 'members:manage', 'roles:manage', 'organisation:manage',
                            'organisation:delete', 'billing:read', 'billing:manage', 'audit:read', 'data:export']
    when 'member' then array['procedures:read', 'runs:read', 'runs:work', 'members:read', 'billing:read']
    when 'report-viewer' then array['reports:read']
    when 'billing-admin' then array['billing:manage']
    else '{}'
  end;

create table exports (
  organisation_id text not null,
  id              uuid not null,
  state           text not null default 'asked' check (state in ('asked', 'running', 'ready', 'failed', 'expired')),
  asked_by        text collate "C" not null,
  -- As they were called then.
  asked_by_name   text not null,
  asked_at        timestamptz not null default now(),
  -- The file of this try, within the organisation's folder. Another try has another: who is overtaken ends nothing.
  file            text collate "C" check (file ~ '^exports/[0-9a-z.-]+$'),
  rows_expected   bigint not null default 0,
  rows_done       bigint not null default 0,
  started_at      timestamptz,
  finished_at     timestamptz,
  expires_at      timestamptz,
  bytes           bigint,
  sha256          text collate "C" check (sha256 ~ '^[0-9a-f]{64}$'),
  -- Why it failed, in words.
  trouble         text,
  primary key (organisation_id, id),
  check ((state = 'ready') <= (file is not null and bytes is not null and sha256 is not null and expires_at is not null))
);
-- One at a time.
create unique index exports_under_way on exports (organisation_id) where state in ('asked', 'running');
create index exports_by_age on exports (organisation_id, asked_at desc);
select tenancy.isolate('exports');

-- What the program asks, Postgres asks again; whoever makes the file is nobody in particular.
do $$
declare
  command text;
begin
  foreach command in array array['select', 'insert', 'update', 'delete'] loop
    execute format('create policy asked_for_%s on exports as restrictive for %s to tenantry_app, tenantry_worker %s
      ((select tenancy.holds(current_setting(''app.current_org_id'', true), current_setting(''app.current_user_id'', true), ''data:export'')))',
      command, command, case command when 'insert' then 'with check' else 'using' end);
  end loop;
end $$;

-- Organisations that were brought in from an archive. An import keeps the entries of the audit log as they are, times and
-- hashes included; it can only be of an organisation that has no log yet.
create table imports (
  organisation_id text collate "C" primary key references organisations (id) on delete cascade,
  archive         text collate "C" not null check (archive ~ '^[0-9a-f]{64}$'),
  imported_at     timestamptz not null default now(),
  -- The one transaction in which entries are taken as they are.
  transaction     xid8 not null default pg_current_xact_id()
);
alter table imports enable row level security;
alter table imports force row level security;
create policy seen on imports for select to tenantry_app, tenantry_worker using (
  organisation_id = current_setting('app.current_org_id', true) or tenancy.system_reason() is not null);
create policy added on imports for insert to tenantry_worker with check (
  organisation_id = current_setting('app.current_org_id', true) and tenancy.system_reason() = 'import'
  and not exists (select from audit_heads as head where head.organisation_id = imports.organisation_id));
-- With its organisation, by the worker that erases it.
create policy removed on imports for delete to tenantry_worker using (tenancy.system_reason() is not null);
grant select on imports to tenantry_app, tenantry_worker;
grant insert (organisation_id, archive) on imports to tenantry_worker;
grant delete on imports to tenantry_worker;
insert into tenancy.directory_tables values
  ('tenantry.imports', 'written with the organisation itself, when it is brought in and is not anybody''s yet');

-- As before, but for the one transaction that brings an organisation in: it verifies the whole chain before it commits.
create or replace function tenancy.chain_audit_entry() returns trigger
  language plpgsql
as $$
declare
  head tenantry.audit_heads;
begin
  if exists (select from tenantry.imports as import
              where import.organisation_id = new.organisation_id and import.transaction = pg_current_xact_id()) then
    -- Entries of today's operator follow the ones that were brought in.
    if new.hash is not null then
      return new;
    end if;
  end if;
  insert into tenantry.audit_heads as found (organisation_id, sequence) values (new.organisation_id, 1)
    on conflict (organisation_id) do update set sequence = found.sequence + 1
    returning * into head;
  new.sequence := head.sequence;
  new.happened_at := clock_timestamp();
  new.hash := sha256(head.hash || convert_to(tenancy.audit_text(new), 'UTF8'));
  update tenantry.audit_heads set hash = new.hash where organisation_id = new.organisation_id;
  return new;
end $$;

-- What leaves the database in an export is everything but a column whose comment begins with "secret:". A test asks it of
-- every column that is called like one.
comment on column audit_log.hash is 'not secret: SHA-256 over what the entry says, to be verified by whoever has it';
comment on column audit_heads.hash is 'not secret: the hash of the newest entry';
comment on column checkouts.session_id is 'not secret: the id of a Checkout session that only our own key opens';

-- An organisation's files are erased with it.
alter table erasures
  drop constraint erasures_step_check,
  add constraint erasures_step_check check (step in ('jobs', 'tables', 'files', 'clerk', 'stripe', 'directory', 'record', 'done'));
