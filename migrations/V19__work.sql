-- What a step asks of whom, until when and with what proof; and what becomes of it in a run.

set search_path = tenantry;

-- A named responsibility; whoever holds it does what is assigned to it. Retired instead of removed: versions name it.
create table duties (
  organisation_id text not null,
  id              uuid not null,
  name            text not null check (length(name) between 1 and 60),
  name_key        text not null generated always as (lower(name)) stored,
  created_at      timestamptz not null default now(),
  retired_at      timestamptz,
  primary key (organisation_id, id)
);
create unique index duties_by_name on duties (organisation_id, name_key) where retired_at is null;
select tenancy.isolate('duties');

create table duty_holders (
  organisation_id text not null,
  duty_id         uuid not null,
  user_id         text collate "C" not null,
  primary key (organisation_id, duty_id, user_id),
  foreign key (organisation_id, duty_id) references duties (organisation_id, id)
);
create index duties_of_a_person on duty_holders (organisation_id, user_id);
select tenancy.isolate('duty_holders');

-- Postgres checks new references, and what is filled in below, as the owner, who is under the policies and sees no row: for this
-- migration it is not.
do $$
declare
  looked_through text;
begin
  foreach looked_through in array array['duties', 'step_templates', 'version_steps', 'runs', 'steps', 'step_events'] loop
    execute format('alter table %I no force row level security', looked_through);
  end loop;
end $$;

-- The same on a step of a draft and on one of a version, where it never changes again.
do $$
declare
  steps text;
begin
  foreach steps in array array['step_templates', 'version_steps'] loop
    execute format('alter table %I
      -- The heading it stands under; steps under one heading stand together.
      add column section       text not null default '''' check (length(section) <= 80),
      add column assignee_kind text collate "C" not null default ''starter''
                               check (assignee_kind in (''starter'', ''person'', ''duty'')),
      add column assignee_user text collate "C",
      add column assignee_duty uuid,
      -- Days after the start of the run, or after the step before it is done; null: never due.
      add column due_after     text collate "C" check (due_after in (''start'', ''step'')),
      add column due_days      int check (due_days between 0 and 365),
      add column due_weekdays  boolean not null default false,
      add column must_wait     boolean not null default false,
      add column sign_off      boolean not null default false,
      -- What is to be written down: [{"key", "label", "kind", "required", "choices"}].
      add column fields        jsonb not null default ''[]'' check (jsonb_typeof(fields) = ''array''),
      add check ((assignee_kind = ''person'') = (assignee_user is not null)),
      add check ((assignee_kind = ''duty'') = (assignee_duty is not null)),
      add check ((due_after is null) = (due_days is null)),
      add foreign key (organisation_id, assignee_duty) references duties (organisation_id, id)', steps);
    execute format('create index %I on %I (organisation_id, assignee_duty) where assignee_duty is not null',
                   steps || '_of_a_duty', steps);
  end loop;
end $$;

-- Which step of the draft it was, so that versions are compared step by step; unknown where it was published before this.
alter table version_steps add column template_id uuid;

alter table procedures
  -- What runs are called: text with {date}, {week}, {month}, {quarter} or {year}.
  add column run_name    text not null default '' check (length(run_name) <= 120),
  add column archived_at timestamptz;
alter table procedure_versions add column run_name text not null default '';

alter table runs
  -- Nobody where a schedule did it.
  alter column started_by drop not null,
  add column schedule_id  uuid,
  -- The day of the calendar that a schedule started it for.
  add column occurs_on    date,
  add column cancelled_at timestamptz,
  add column cancelled_by text collate "C",
  add column reason       text not null default '' check (length(reason) <= 300),
  -- Counts what happened in it: an open page compares.
  add column revision     int not null default 1,
  add check ((schedule_id is null) = (occurs_on is null)),
  add check (started_by is not null or schedule_id is not null),
  add check ((cancelled_at is null) = (cancelled_by is null)),
  -- However many workers come at once: one run a day of a schedule.
  add unique (organisation_id, schedule_id, occurs_on);
create index runs_in_progress on runs (organisation_id, id desc) where completed_at is null and cancelled_at is null;

alter table steps
  -- Copied from the version when the run starts, so that work is found without it.
  add column must_wait  boolean not null default false,
  add column sign_off   boolean not null default false,
  add column assignee   text collate "C",
  add column duty_id    uuid,
  add column due_at     timestamptz,
  -- Left undone on purpose: done_at and done_by say when and by whom.
  add column skipped    boolean not null default false,
  -- Why it was skipped, or what is in its way; empty where nothing is.
  add column reason     text not null default '' check (length(reason) <= 300),
  add column problem    boolean not null default false,
  add column signed_by  text collate "C",
  add column signed_at  timestamptz,
  add column revision   int not null default 1,
  add check (not skipped or done_at is not null),
  add check (not problem or done_at is null),
  add check ((signed_by is null) = (signed_at is null)),
  add check (signed_at is null or (done_at is not null and signed_by <> done_by)),
  add foreign key (organisation_id, duty_id) references duties (organisation_id, id);
-- What somebody has to do, soonest first.
create index open_steps_of_a_person on steps (organisation_id, assignee, due_at) where done_at is null;
create index open_steps_of_a_duty on steps (organisation_id, duty_id, due_at) where done_at is null;
create index steps_to_sign on steps (organisation_id, run_id) where sign_off and done_at is not null and signed_at is null;
-- What was done when, for reports.
create index steps_done on steps (organisation_id, done_at) where done_at is not null;

-- What was written down in a step, by the key of the field.
create table field_values (
  organisation_id text not null,
  step_id         uuid not null,
  key             text collate "C" not null,
  value           text not null check (length(value) between 1 and 1000),
  written_by      text collate "C" not null,
  written_at      timestamptz not null default now(),
  primary key (organisation_id, step_id, key),
  foreign key (organisation_id, step_id) references steps (organisation_id, id)
);
select tenancy.isolate('field_values');

create table comments (
  organisation_id text not null,
  id              uuid not null,
  run_id          uuid not null,
  step_id         uuid not null,
  -- A person who is named in it stands there by id: `<@user_…>`.
  text            text not null check (length(text) between 1 and 4000),
  written_by      text collate "C" not null,
  written_at      timestamptz not null default now(),
  primary key (organisation_id, id),
  foreign key (organisation_id, run_id) references runs (organisation_id, id),
  foreign key (organisation_id, step_id) references steps (organisation_id, id)
);
create index comments_of_a_run on comments (organisation_id, run_id, id);
create index comments_of_a_step on comments (organisation_id, step_id);
select tenancy.isolate('comments');

create table mentions (
  organisation_id text not null,
  comment_id      uuid not null,
  user_id         text collate "C" not null,
  primary key (organisation_id, comment_id, user_id),
  foreign key (organisation_id, comment_id) references comments (organisation_id, id)
);
create index mentions_of_a_person on mentions (organisation_id, user_id, comment_id desc);
select tenancy.isolate('mentions');

-- Everything that happens in a run, with who and when; never rewritten. So far it was ticks and undos of steps.
alter table step_events rename to activity_events;
alter table activity_events
  alter column step_id drop not null,
  add column run_id uuid,
  add column note   text not null default '' check (length(note) <= 300),
  drop constraint step_events_what_check,
  add constraint activity_events_what check (what in (
    'started', 'cancelled', 'reopened', 'renamed',
    'done', 'undone', 'skipped', 'problem', 'resolved', 'written', 'assigned', 'due', 'commented', 'approved', 'rejected'));
update activity_events as event set run_id = step.run_id
  from steps as step where step.organisation_id = event.organisation_id and step.id = event.step_id;
alter table activity_events
  alter column run_id set not null,
  add foreign key (organisation_id, run_id) references runs (organisation_id, id);
create index activity_of_a_run on activity_events (organisation_id, run_id, id desc);

-- Who looks at a run at this moment.
create table viewers (
  organisation_id text not null,
  run_id          uuid not null,
  user_id         text collate "C" not null,
  seen_at         timestamptz not null default now(),
  primary key (organisation_id, run_id, user_id),
  foreign key (organisation_id, run_id) references runs (organisation_id, id)
);
select tenancy.isolate('viewers');

do $$
declare
  looked_through text;
begin
  foreach looked_through in array array['duties', 'step_templates', 'version_steps', 'runs', 'steps', 'activity_events'] loop
    execute format('alter table %I force row level security', looked_through);
  end loop;
end $$;
