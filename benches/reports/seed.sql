-- One organisation with a million steps in 100,000 runs of 40 procedures over two years, done by 15 people, and another
-- with a tenth of that. One step in eight is late, one in fifty skipped, one run in thirty cancelled; the newest are open.
set search_path = tenantry;
insert into users (id, email, name, mirrored_at)
  select 'user_b' || n, 'b' || n || '@example.test', 'Person ' || n, now() from generate_series(1, 15) as n;
insert into organisations (id, slug, name, mirrored_at, plan, time_zone)
  select 'org_b' || n, 'b' || n, 'Organisation ' || n, now(), 'business', 'Europe/Berlin' from generate_series(1, 2) as n;
insert into memberships (organisation_id, user_id, role)
  select 'org_b' || n, 'user_b' || i, 'admin' from generate_series(1, 15) as i, generate_series(1, 2) as n;
insert into procedures (organisation_id, id, name, created_by, created_at, draft_revision, published_revision, version)
  select 'org_b' || n, gen_random_uuid(), 'Procedure ' || i, 'user_b1', now(), 1, 1, 1
    from generate_series(1, 40) as i, generate_series(1, 2) as n;
insert into procedure_versions (organisation_id, id, procedure_id, number, name, details, published_by)
  select organisation_id, gen_random_uuid(), id, 1, name, '', 'user_b1' from procedures;
insert into version_steps (organisation_id, id, version_id, position, title, details, due_after, due_days)
  select organisation_id, gen_random_uuid(), id, position, 'Step ' || position, '', 'start', position / 2
    from procedure_versions, generate_series(1, 10) as position;

create temporary table started as
  select version.organisation_id, gen_random_uuid() as id, version.procedure_id, version.id as version_id,
         'Run ' || i as name, 'user_b' || (1 + i % 15) as started_by,
         now() - random() * interval '730 days' as started_at, random() as fate
    from procedure_versions as version,
         generate_series(1, case version.organisation_id when 'org_b1' then 2500 else 250 end) as i;
create temporary table made as
  select run.*, template.id as template_id, template.position,
         date_trunc('day', run.started_at) + (template.position / 2) * interval '1 day' + interval '17 hours' as due_at,
         random() as dice
    from started as run
    join version_steps as template on template.organisation_id = run.organisation_id and template.version_id = run.version_id;
alter table made add column done_at timestamptz;
update made set done_at = case when dice < 0.125 then due_at + random() * interval '3 days'
                               else greatest(started_at, due_at - random() * interval '20 hours') end;
update made set done_at = null where done_at > now() or (fate < 0.033 and position > 5);
insert into runs (organisation_id, id, procedure_id, version_id, name, started_by, started_at, completed_at, cancelled_at, cancelled_by)
  select run.organisation_id, run.id, run.procedure_id, run.version_id, run.name, run.started_by, run.started_at,
         case when done.all_done then done.last end,
         case when run.fate < 0.033 and not done.all_done then least(now(), run.started_at + interval '3 days') end,
         case when run.fate < 0.033 and not done.all_done then 'user_b1' end
    from started as run
    join (select id, bool_and(done_at is not null) as all_done, max(done_at) as last from made group by id) as done on done.id = run.id;
-- The tallies of so many steps are counted at once, as V21 does it.
alter table steps disable trigger tally_new;
insert into steps (organisation_id, id, run_id, version_step_id, position, assignee, due_at, done_at, done_by, skipped, reason)
  select organisation_id, gen_random_uuid(), id, template_id, position, 'user_b' || (1 + (random() * 14)::int), due_at, done_at,
         case when done_at is not null then 'user_b' || (1 + (random() * 14)::int) end,
         dice > 0.98 and done_at is not null, case when dice > 0.98 and done_at is not null then 'Not today' else '' end
    from made order by started_at;
alter table steps enable trigger tally_new;
insert into step_tallies (organisation_id, procedure_id, person, due_slot, done, on_time, skipped)
  select step.organisation_id, place.procedure_id, place.person, date_bin('15 minutes', step.due_at, '2001-01-01Z'),
         count(*) filter (where not step.skipped),
         count(*) filter (where not step.skipped and step.done_at <= step.due_at),
         count(*) filter (where step.skipped)
    from steps as step
    join runs as run on run.organisation_id = step.organisation_id and run.id = step.run_id
   cross join lateral (values (run.procedure_id, ''),
                              ('00000000-0000-0000-0000-000000000000'::uuid, coalesce(step.assignee, step.done_by)),
                              (run.procedure_id, coalesce(step.assignee, step.done_by))) as place (procedure_id, person)
   where step.done_at is not null
   group by 1, 2, 3, 4;
vacuum (analyze) step_tallies;
vacuum (analyze) steps;
vacuum (analyze) runs;
vacuum (analyze) procedures;
vacuum (analyze) procedure_versions;
vacuum (analyze) version_steps;
vacuum (analyze) memberships;
vacuum (analyze) organisations;
vacuum (analyze) users;
