-- Runs: one execution of a procedure, pinned to the version it was started with.

set search_path = tenantry;

create table runs (
  organisation_id text not null,
  id              uuid not null,
  procedure_id    uuid not null,
  version_id      uuid not null,
  name            text not null check (length(name) between 1 and 120),
  started_by      text collate "C" not null,
  started_at      timestamptz not null default now(),
  completed_at    timestamptz,
  primary key (organisation_id, id),
  foreign key (organisation_id, procedure_id) references procedures (organisation_id, id),
  foreign key (organisation_id, version_id) references procedure_versions (organisation_id, id)
);
create index runs_of_a_procedure on runs (organisation_id, procedure_id, started_at desc);
create index runs_of_a_version on runs (organisation_id, version_id);
select tenancy.isolate('runs');

create table steps (
  organisation_id text not null,
  id              uuid not null,
  run_id          uuid not null,
  version_step_id uuid not null,
  position        int not null,
  done_by         text collate "C",
  done_at         timestamptz,
  primary key (organisation_id, id),
  unique (organisation_id, run_id, position),
  foreign key (organisation_id, run_id) references runs (organisation_id, id),
  foreign key (organisation_id, version_step_id) references version_steps (organisation_id, id),
  check ((done_by is null) = (done_at is null))
);
create index steps_of_a_version_step on steps (organisation_id, version_step_id);
select tenancy.isolate('steps');

-- Every tick and every undo, with who and when; never rewritten.
create table step_events (
  organisation_id text not null,
  id              uuid not null,
  step_id         uuid not null,
  what            text not null check (what in ('done', 'undone')),
  who             text collate "C" not null,
  at              timestamptz not null default now(),
  primary key (organisation_id, id),
  foreign key (organisation_id, step_id) references steps (organisation_id, id)
);
create index step_events_of_a_step on step_events (organisation_id, step_id);
select tenancy.isolate('step_events');
revoke update on step_events from tenantry_app, tenantry_worker;
revoke delete on step_events from tenantry_app;
