-- Addresses that an organisation had, and its logo.

set search_path = tenantry;

-- An address leads its members on to the new one for a while, and is never another organisation's.
create table retired_addresses (
  slug            text collate "C" primary key,
  organisation_id text collate "C" not null references organisations (id),
  retired_at      timestamptz not null default now()
);
create index retired_addresses_of on retired_addresses (organisation_id);
alter table retired_addresses enable row level security;
alter table retired_addresses force row level security;
create policy seen on retired_addresses for select to tenantry_app, tenantry_worker using (
  organisation_id = current_setting('app.current_org_id', true) or tenancy.system_reason() is not null);
create policy added on retired_addresses for insert to tenantry_app, tenantry_worker
  with check (tenancy.system_reason() is not null);
create policy changed on retired_addresses for update to tenantry_app, tenantry_worker
  using (tenancy.system_reason() is not null);
create policy removed on retired_addresses for delete to tenantry_app, tenantry_worker
  using (tenancy.system_reason() is not null);
grant select, insert, delete on retired_addresses to tenantry_app, tenantry_worker;
grant update (retired_at) on retired_addresses to tenantry_app, tenantry_worker;

-- A picture as we made it anew from what was uploaded: PNG, 256 pixels at the most, nothing else of the file.
create table logos (
  organisation_id text not null primary key,
  picture         bytea not null check (length(picture) between 1 and 262144),
  -- Names the picture in its address, so that a browser may keep it.
  digest          text collate "C" not null check (digest ~ '^[0-9a-f]{64}$'),
  changed_by      text collate "C" not null,
  changed_at      timestamptz not null default now()
);
select tenancy.isolate('logos');
create policy asked_for_insert on logos as restrictive for insert to tenantry_app, tenantry_worker with check (
  (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'organisation:manage')));
create policy asked_for_update on logos as restrictive for update to tenantry_app, tenantry_worker using (
  (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'organisation:manage')));
create policy asked_for_delete on logos as restrictive for delete to tenantry_app, tenantry_worker using (
  (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'organisation:manage')));

insert into tenancy.directory_tables values
  ('tenantry.retired_addresses', 'looked up before an organisation is known, and for every organisation before a new address is given');
