-- Sessions that ended before their last token does, and what the reconciler found.

set search_path = tenantry;

-- The last of the person's sessions that Clerk, or they themselves, have ended. A token of one of them is refused,
-- however long it would be good for; the list is short, because a token is good for a minute.
alter table users add column ended_sessions text[] collate "C" not null default '{}';

create table drift_reports (
  id          uuid primary key,
  vendor      text not null check (vendor in ('clerk', 'stripe')),
  started_at  timestamptz not null,
  finished_at timestamptz not null default now(),
  -- How many things of the vendor's were compared, and which of them were not the same here.
  compared    int not null,
  drift       jsonb not null
);
create index drift_reports_by_age on drift_reports (vendor, started_at desc);

alter table drift_reports enable row level security;
alter table drift_reports force row level security;
create policy kept on drift_reports to tenantry_app, tenantry_worker
  using (tenancy.system_reason() is not null) with check (tenancy.system_reason() is not null);
grant select, insert on drift_reports to tenantry_worker;
grant select on drift_reports to tenantry_app;

insert into tenancy.directory_tables values
  ('tenantry.drift_reports', 'speaks of the vendor''s whole account; read by operators alone');

-- What comes round by itself is due when nothing of its kind began lately.
create index jobs_of_a_kind on jobs (kind, created_at);
