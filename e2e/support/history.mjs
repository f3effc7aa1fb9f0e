// Twenty-six weeks of finished work, which nobody could do in the seconds that a test has: written past the product's rules, and
// the same each time. Each week every procedure has a run; more of it was late half a year ago.
export const history = (organisation) => `
  set search_path = tenantry;
  create temporary table began as
    select procedure.organisation_id, gen_random_uuid() as id, procedure.id as procedure_id, version.id as version_id,
           version.name || ', week ' || week as name, week,
           date_trunc('week', now()) - week * interval '1 week' + interval '9 hours' as started_at,
           row_number() over (partition by week order by procedure.name) as number
      from procedures as procedure
      join procedure_versions as version on version.procedure_id = procedure.id and version.number = procedure.version
      join organisations as organisation on organisation.id = procedure.organisation_id and organisation.slug = '${organisation}',
           generate_series(1, 26) as week;
  insert into runs (organisation_id, id, procedure_id, version_id, name, started_by, started_at)
    select organisation_id, id, procedure_id, version_id, name,
           (select min(user_id) from memberships where memberships.organisation_id = began.organisation_id), started_at from began;
  insert into steps (organisation_id, id, run_id, version_step_id, position, assignee, due_at, done_at, done_by, skipped, reason)
    select began.organisation_id, gen_random_uuid(), began.id, template.id, template.position, who.user_id, work.due_at,
           case when began.week % 9 = 5 and began.number = 1 and template.position > 2 then null
                else work.due_at + case when (began.week * 7 + template.position * 5 + began.number * 3) % 29 < began.week / 3 + began.number
                                        then interval '20 hours' else interval '-3 hours' end end,
           case when began.week % 9 = 5 and began.number = 1 and template.position > 2 then null else who.user_id end,
           (began.week + template.position) % 23 = 0 and not (began.week % 9 = 5 and began.number = 1), ''
      from began
      join version_steps as template on template.version_id = began.version_id
     cross join lateral (select began.started_at + template.position * interval '1 day' + interval '8 hours' as due_at) as work
      join lateral (select user_id from memberships
                     where memberships.organisation_id = began.organisation_id
                     order by md5(user_id || (template.position * 31 + began.number)) limit 1) as who on true;
  update runs set completed_at = ended.at
    from (select run_id, max(done_at) as at from steps group by run_id having bool_and(done_at is not null)) as ended, began
   where runs.id = ended.run_id and runs.id = began.id;
  update runs set cancelled_at = runs.started_at + interval '3 days', cancelled_by = runs.started_by, reason = 'The stock system was down.'
    from began where runs.id = began.id and runs.completed_at is null;`;
