-- Procedures: how a team does recurring work. The draft is edited, a version is published and never changes.

set search_path = tenantry;

create table procedures (
  organisation_id    text not null,
  id                 uuid not null,
  name               text not null check (length(name) between 1 and 120),
  details            text not null default '' check (length(details) <= 4000),
  -- Counts edits of the draft; equal to published_revision when the draft says what the newest version says.
  draft_revision     int not null default 1,
  published_revision int,
  -- Number of the newest version; null while nothing is published.
  version            int,
  created_by         text collate "C" not null,
  created_at         timestamptz not null default now(),
  primary key (organisation_id, id),
  check ((version is null) = (published_revision is null))
);
select tenancy.isolate('procedures');

create table step_templates (
  organisation_id text not null,
  id              uuid not null,
  procedure_id    uuid not null,
  position        int not null check (position > 0),
  title           text not null check (length(title) between 1 and 120),
  details         text not null default '' check (length(details) <= 4000),
  primary key (organisation_id, id),
  -- Deferrable, so that two steps can change places in one statement.
  unique (organisation_id, procedure_id, position) deferrable initially immediate,
  foreign key (organisation_id, procedure_id) references procedures (organisation_id, id)
);
select tenancy.isolate('step_templates');

create table procedure_versions (
  organisation_id text not null,
  id              uuid not null,
  procedure_id    uuid not null,
  number          int not null check (number > 0),
  name            text not null,
  details         text not null,
  note            text not null default '' check (length(note) <= 300),
  published_by    text collate "C" not null,
  published_at    timestamptz not null default now(),
  primary key (organisation_id, id),
  unique (organisation_id, procedure_id, number),
  foreign key (organisation_id, procedure_id) references procedures (organisation_id, id)
);
select tenancy.isolate('procedure_versions');

create table version_steps (
  organisation_id text not null,
  id              uuid not null,
  version_id      uuid not null,
  position        int not null,
  title           text not null,
  details         text not null,
  primary key (organisation_id, id),
  unique (organisation_id, version_id, position),
  foreign key (organisation_id, version_id) references procedure_versions (organisation_id, id)
);
select tenancy.isolate('version_steps');

-- What is published stays as it was: the server has no right to change it.
revoke update on procedure_versions, version_steps from tenantry_app, tenantry_worker;
revoke delete on procedure_versions, version_steps from tenantry_app;
