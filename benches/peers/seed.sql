-- So many organisations with 20 procedures each; 1,000 people spread evenly over them, and one more member in each.
-- psql variable: organisations (10, 1000, 100000).
set search_path = tenantry;
-- References are not checked row by row: the rows are right by construction.
set session_replication_role = replica;

insert into users (id, email, name, mirrored_at)
  select 'user_b' || n, 'b' || n || '@example.test', 'Person ' || n, now() from generate_series(1, 1000) as n;
insert into users (id, email, name, mirrored_at)
  select 'user_o' || n, 'o' || n || '@example.test', 'Owner ' || n, now() from generate_series(1, :organisations) as n;
insert into organisations (id, slug, name, mirrored_at)
  select 'org_b' || n, 'b' || n, 'Organisation ' || n, now() from generate_series(1, :organisations) as n;
insert into memberships (organisation_id, user_id, role)
  select 'org_b' || n, 'user_o' || n, 'admin' from generate_series(1, :organisations) as n;
-- As benches/tokens.mjs spreads the tokens.
insert into memberships (organisation_id, user_id, role)
  select 'org_b' || 1 + (n - 1) * greatest(1, :organisations / 1000) % :organisations, 'user_b' || n, 'admin'
    from generate_series(1, 1000) as n;
insert into procedures (organisation_id, id, name, details, created_by, created_at)
  select 'org_b' || n,
         -- Ordered by time, as the application's own version 7 ids are.
         (lpad(to_hex(1760000000000 + i * 60000), 12, '0') || '7' || substr(md5(n || '-' || i), 1, 3)
          || '8' || substr(md5(i || '-' || n), 1, 15))::uuid,
         'Procedure ' || i, 'What the team does on day ' || i || ', written down.', 'user_o' || n, '2026-01-01'
    from generate_series(1, 20) as i, generate_series(1, :organisations) as n;
-- Two steps in every fifth.
insert into step_templates (organisation_id, id, procedure_id, position, title)
  select organisation_id, gen_random_uuid(), id, position, 'Step ' || position
    from procedures, generate_series(1, 2) as position
   where substr(name, 11)::int % 5 = 0;
vacuum (analyze) procedures;
vacuum (analyze) step_templates;
vacuum (analyze) memberships;
vacuum (analyze) organisations;
vacuum (analyze) users;
