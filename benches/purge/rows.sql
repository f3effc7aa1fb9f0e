-- Two organisations of 420,000 rows each: one that is erased, and one that is read meanwhile.
set search_path = tenantry; set session_replication_role = replica;
create temporary table two (org text, slug text);
insert into two values ('org_large', 'large'), ('org_beside', 'beside');
insert into organisations (id, slug, name, mirrored_at) select org, slug, slug, now() from two;
insert into users (id, email, name, mirrored_at) values ('user_ada', 'ada@example.test', 'Ada Brandt', now());
insert into memberships (organisation_id, user_id, role) select org, 'user_ada', 'admin' from two;
insert into procedures (organisation_id, id, name, created_by, published_revision, version)
  select org, md5('procedure')::uuid, 'Open the kitchen', 'user_ada', 1, 1 from two;
insert into procedure_versions (organisation_id, id, procedure_id, number, name, details, published_by)
  select org, md5('version')::uuid, md5('procedure')::uuid, 1, 'Open the kitchen', '', 'user_ada' from two;
insert into version_steps (organisation_id, id, version_id, position, title, details)
  select org, md5('frozen' || s)::uuid, md5('version')::uuid, s, 'Step ' || s, 'What has to be looked at.' from two, generate_series(1, 10) as s;
insert into runs (organisation_id, id, procedure_id, version_id, name, started_by, started_at)
  select org, md5('run' || r)::uuid, md5('procedure')::uuid, md5('version')::uuid, 'Opening on day ' || r, 'user_ada', now() - make_interval(mins => r)
    from two, generate_series(1, 20000) as r;
insert into steps (organisation_id, id, run_id, version_step_id, position, done_by, done_at)
  select org, md5('step' || r || ' ' || s)::uuid, md5('run' || r)::uuid, md5('frozen' || s)::uuid, s, 'user_ada', now() - make_interval(mins => r)
    from two, generate_series(1, 20000) as r, generate_series(1, 10) as s;
insert into activity_events (organisation_id, id, run_id, step_id, what, who, at)
  select organisation_id, md5('event' || id)::uuid, run_id, id, 'done', 'user_ada', done_at from steps;
set session_replication_role = origin;
update organisations set deleted_at = now() - interval '31 days', erase_at = now() - interval '1 day' where id = 'org_large';
vacuum analyze;
