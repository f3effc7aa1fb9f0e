-- What vendors told us, and the work that is still to do.

set search_path = tenantry;

create table inbound_events (
  id           uuid primary key,
  vendor       text not null check (vendor in ('clerk', 'stripe')),
  event_id     text not null check (length(event_id) between 1 and 256),
  kind         text not null,
  -- As it came, and text: whatever a vendor signs can be kept, also what jsonb would refuse.
  body         text not null,
  received_at  timestamptz not null default now(),
  processed_at timestamptz,
  -- A vendor delivers at least once; we record once.
  unique (vendor, event_id)
);

create table jobs (
  id              uuid primary key,
  kind            text not null,
  -- The organisation the job works for, where it works for one.
  organisation_id text collate "C" references organisations (id),
  payload         jsonb not null,
  state           text not null default 'ready' check (state in ('ready', 'done', 'parked')),
  run_at          timestamptz not null default now(),
  attempts        int not null default 0,
  -- While a worker holds the job; after that moment another may take it.
  leased_until    timestamptz,
  last_error      text,
  created_at      timestamptz not null default now(),
  finished_at     timestamptz
);
create index jobs_to_do on jobs (run_at) where state = 'ready';

alter table inbound_events enable row level security;
alter table inbound_events force row level security;
alter table jobs enable row level security;
alter table jobs force row level security;
create policy intake on inbound_events to tenantry_app, tenantry_worker
  using (tenancy.system_reason() is not null);
create policy queue on jobs to tenantry_app, tenantry_worker
  using (organisation_id = current_setting('app.current_org_id', true) or tenancy.system_reason() is not null);
grant select, insert, update on inbound_events to tenantry_app, tenantry_worker;
grant select, insert, update on jobs to tenantry_app, tenantry_worker;

insert into tenancy.directory_tables values
  ('tenantry.inbound_events', 'recorded before anyone knows which organisation a vendor speaks of'),
  ('tenantry.jobs', 'claimed before an organisation is entered; a job of an organisation names it');
