-- The product's own tables: one organisation with 20,000 procedures and as many runs, 199 with 200 of each.
set search_path = tenantry;
-- References are not checked row by row: the rows are right by construction.
set session_replication_role = replica;

insert into users (id, email, name, mirrored_at)
  select 'user_b' || n, 'b' || n || '@example.test', 'Person ' || n, now() from generate_series(1, 200) as n;
insert into organisations (id, slug, name, mirrored_at)
  select 'org_b' || n, 'b' || n, 'Organisation ' || n, now() from generate_series(1, 200) as n;
insert into memberships (organisation_id, user_id, role)
  select 'org_b' || n, 'user_b' || n, 'admin' from generate_series(1, 200) as n;

-- Ids in the order of time, as the application's version 7 ids are; `kind` keeps those of two tables apart.
create function pg_temp.id(kind text, n int, i int) returns uuid language sql immutable
  return (lpad(to_hex(1760000000000 + i * 60000::bigint), 12, '0') || '7' || substr(md5(kind || n || '-' || i), 1, 3)
          || '8' || substr(md5(kind || i || '-' || n), 1, 15))::uuid;
create temporary table counted as
  select n, i from generate_series(1, 200) as n, generate_series(1, case n when 1 then 20000 else 200 end) as i;

insert into procedures (organisation_id, id, name, details, created_by, published_revision, version)
  select 'org_b' || n, pg_temp.id('p', n, i), 'Procedure ' || i, 'What the team does, written down.', 'user_b' || n, 1, 1
    from counted;
insert into step_templates (organisation_id, id, procedure_id, position, title)
  select 'org_b' || n, pg_temp.id('t' || position, n, i), pg_temp.id('p', n, i), position, 'Step ' || position
    from counted, generate_series(1, 3) as position;
insert into procedure_versions (organisation_id, id, procedure_id, number, name, details, published_by)
  select 'org_b' || n, pg_temp.id('v', n, i), pg_temp.id('p', n, i), 1, 'Procedure ' || i, '', 'user_b' || n from counted;
insert into version_steps (organisation_id, id, version_id, position, title, details)
  select 'org_b' || n, pg_temp.id('w' || position, n, i), pg_temp.id('v', n, i), position, 'Step ' || position, ''
    from counted, generate_series(1, 3) as position;
insert into runs (organisation_id, id, procedure_id, version_id, name, started_by, started_at)
  select 'org_b' || n, pg_temp.id('r', n, i), pg_temp.id('p', n, i), pg_temp.id('v', n, i), 'Run ' || i, 'user_b' || n, now()
    from counted;
insert into steps (organisation_id, id, run_id, version_step_id, position)
  select 'org_b' || n, pg_temp.id('s' || position, n, i), pg_temp.id('r', n, i), pg_temp.id('w' || position, n, i), position
    from counted, generate_series(1, 3) as position;
