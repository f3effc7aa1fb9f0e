-- The directory: who there is, which organisations there are, and who belongs where.
-- A copy of what Clerk says, kept by the mirror; nothing here is written by a person's request.

set search_path = tenantry;

create table organisations (
  id          text collate "C" primary key check (id ~ '^org_[A-Za-z0-9]+$'),
  slug        text collate "C" not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name        text not null check (length(name) between 1 and 256),
  created_at  timestamptz not null default now(),
  -- When Clerk was asked; an answer fetched earlier never overwrites a later one.
  mirrored_at timestamptz not null,
  deleted_at  timestamptz
);

-- A deleted organisation does not hold on to its address: Clerk may give it to another.
create unique index organisations_by_address on organisations (slug) where deleted_at is null;

create table users (
  id          text collate "C" primary key check (id ~ '^user_[A-Za-z0-9]+$'),
  email       text not null,
  name        text not null check (length(name) between 1 and 512),
  created_at  timestamptz not null default now(),
  mirrored_at timestamptz not null,
  deleted_at  timestamptz
);

create table memberships (
  organisation_id text collate "C" not null references organisations (id),
  user_id         text collate "C" not null references users (id),
  role            text not null check (role in ('admin', 'member')),
  created_at      timestamptz not null default now(),
  primary key (organisation_id, user_id)
);
create index memberships_of_a_person on memberships (user_id, organisation_id);

alter table organisations enable row level security;
alter table organisations force row level security;
alter table users enable row level security;
alter table users force row level security;
alter table memberships enable row level security;
alter table memberships force row level security;

-- Seen: the organisation one stands in, one's own memberships, the people one shares it with.
create policy seen on memberships for select to tenantry_app, tenantry_worker using (
  organisation_id = current_setting('app.current_org_id', true)
  or user_id = current_setting('app.current_user_id', true)
  or tenancy.system_reason() is not null);
create policy seen on organisations for select to tenantry_app, tenantry_worker using (
  id = current_setting('app.current_org_id', true)
  or tenancy.system_reason() is not null
  or exists (select from memberships as mine
             where mine.organisation_id = organisations.id and mine.user_id = current_setting('app.current_user_id', true)));
create policy seen on users for select to tenantry_app, tenantry_worker using (
  id = current_setting('app.current_user_id', true)
  or tenancy.system_reason() is not null
  or exists (select from memberships as theirs
             where theirs.user_id = users.id and theirs.organisation_id = current_setting('app.current_org_id', true)));

-- Written: through the system door alone.
create policy mirrored on memberships to tenantry_app, tenantry_worker
  using (tenancy.system_reason() is not null);
create policy mirrored on organisations to tenantry_app, tenantry_worker
  using (tenancy.system_reason() is not null);
create policy mirrored on users to tenantry_app, tenantry_worker
  using (tenancy.system_reason() is not null);
grant select, insert, update, delete on organisations, users, memberships to tenantry_app, tenantry_worker;

-- Custom roles a person holds in an organisation, on top of the base role that Clerk knows.
create table membership_roles (
  organisation_id text not null,
  user_id         text collate "C" not null,
  role            text not null check (role in ('report-viewer', 'billing-admin')),
  created_at      timestamptz not null default now(),
  primary key (organisation_id, user_id, role),
  foreign key (organisation_id, user_id) references memberships (organisation_id, user_id) on delete cascade
);
select tenancy.isolate('membership_roles');

insert into tenancy.directory_tables values
  ('tenantry.organisations', 'names the tenants: has to be readable before a tenant is known'),
  ('tenantry.users', 'a person belongs to several organisations; seen by those who share one'),
  ('tenantry.memberships', 'decides who may enter an organisation: read before, and while, one is entered');
