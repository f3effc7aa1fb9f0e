-- An organisation with a million rows: runs of one procedure, their steps, and a tick for most of them.
set search_path = tenantry; set session_replication_role = replica;
insert into organisations (id, slug, name, mirrored_at) values ('org_large', 'large', 'Large', now());
insert into users (id, email, name, mirrored_at) values ('user_ada', 'ada@example.test', 'Ada Brandt', now());
insert into memberships (organisation_id, user_id, role) values ('org_large', 'user_ada', 'admin');
insert into procedures (organisation_id, id, name, created_by, published_revision, version)
  values ('org_large', md5('procedure')::uuid, 'Open the kitchen', 'user_ada', 1, 1);
insert into procedure_versions (organisation_id, id, procedure_id, number, name, details, published_by)
  values ('org_large', md5('version')::uuid, md5('procedure')::uuid, 1, 'Open the kitchen', '', 'user_ada');
insert into version_steps (organisation_id, id, version_id, position, title, details)
  select 'org_large', md5('frozen' || s)::uuid, md5('version')::uuid, s, 'Step ' || s, 'What has to be looked at, and what to do where it is not as it should be.'
    from generate_series(1, 10) as s;
insert into runs (organisation_id, id, procedure_id, version_id, name, started_by, started_at)
  select 'org_large', md5('run' || r)::uuid, md5('procedure')::uuid, md5('version')::uuid, 'Opening on day ' || r, 'user_ada', now() - make_interval(mins => r)
    from generate_series(1, 48000) as r;
insert into steps (organisation_id, id, run_id, version_step_id, position, done_by, done_at)
  select 'org_large', md5('step' || r || ' ' || s)::uuid, md5('run' || r)::uuid, md5('frozen' || s)::uuid, s, 'user_ada', now() - make_interval(mins => r)
    from generate_series(1, 48000) as r, generate_series(1, 10) as s;
insert into activity_events (organisation_id, id, run_id, step_id, what, who, at)
  select organisation_id, md5('event' || id)::uuid, run_id, id, 'done', 'user_ada', done_at from steps limit 471975;
set session_replication_role = origin;
vacuum analyze;
