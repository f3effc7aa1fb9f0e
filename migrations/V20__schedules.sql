-- Runs that start by themselves: when, and what became of it.

set search_path = tenantry;

create table schedules (
  organisation_id text not null,
  id              uuid not null,
  procedure_id    uuid not null,
  repeats         text collate "C" not null
                  check (repeats in ('daily', 'weekdays', 'weekly', 'monthly', 'last_business_day')),
  -- Of a weekly one: 1 is Monday. Of a monthly one: the last day where the month is shorter.
  on_weekdays     int[] not null default '{}' check (on_weekdays <@ array[1, 2, 3, 4, 5, 6, 7]),
  day_of_month    int check (day_of_month between 1 and 31),
  -- Where the organisation is, whatever its zone is then.
  at_time         time not null,
  start_before    int not null default 0 check (start_before between 0 and 60),
  -- What its runs are called; empty: what those of the procedure are called.
  run_name        text not null default '' check (length(run_name) <= 120),
  made_by         text collate "C" not null,
  made_at         timestamptz not null default now(),
  paused_at       timestamptz,
  -- The day up to which its days are dealt with: a run was started for them, or they were passed over.
  dealt_to        date not null,
  -- When the next run starts; none while it is paused. `-infinity` where that is to be reckoned first, from then on.
  next_at         timestamptz,
  -- Days for which no run was started: the last of them, how many there were at once, and why.
  missed_on       date,
  missed_days     int check (missed_days > 0),
  missed_why      text collate "C" check (missed_why in ('late', 'archived', 'unpublished', 'unpaid', 'closing')),
  primary key (organisation_id, id),
  foreign key (organisation_id, procedure_id) references procedures (organisation_id, id),
  check ((repeats = 'weekly') = (cardinality(on_weekdays) > 0)),
  check ((repeats = 'monthly') = (day_of_month is not null)),
  check (paused_at is null or next_at is null),
  check ((missed_on is null) = (missed_days is null) and (missed_on is null) = (missed_why is null))
);
create index schedules_of_a_procedure on schedules (organisation_id, procedure_id);
create index schedules_next on schedules (organisation_id, next_at);
select tenancy.isolate('schedules');

-- When an organisation is looked at next: its soonest schedule. A worker has to know before it enters one.
create table next_starts (
  organisation_id text collate "C" primary key references organisations (id),
  due_at          timestamptz
);
create index next_starts_due on next_starts (due_at);
alter table next_starts enable row level security;
alter table next_starts force row level security;
create policy seen on next_starts for select to tenantry_app, tenantry_worker using (
  organisation_id = current_setting('app.current_org_id', true) or tenancy.system_reason() is not null);
-- Inside of the organisation alone, by what changes its schedules.
create policy added on next_starts for insert to tenantry_app, tenantry_worker with check (
  organisation_id = current_setting('app.current_org_id'));
create policy changed on next_starts for update to tenantry_app, tenantry_worker using (
  organisation_id = current_setting('app.current_org_id'));
create policy removed on next_starts for delete to tenantry_worker using (tenancy.system_reason() is not null);
grant select, insert, update (due_at) on next_starts to tenantry_app, tenantry_worker;
grant delete on next_starts to tenantry_worker;
insert into tenancy.directory_tables values
  ('tenantry.next_starts', 'says when a schedule is due: asked before the organisation is entered');
