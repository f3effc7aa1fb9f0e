-- Reports: what was done in time, counted while it is done, so that a million steps are never read for a page.

set search_path = tenantry;

-- How many steps that were due in one quarter of an hour are done, done in time and skipped. Each of them counts three
-- times: for its procedure, for its person, and for both. Steps that are still open are counted when somebody asks, and
-- those that were never due not at all.
create table step_tallies (
  organisation_id text not null,
  -- All zeros: of every procedure.
  procedure_id    uuid not null,
  -- Whose step it was: who was to do it, or else who did. Empty: of everybody.
  person          text collate "C" not null,
  -- The beginning of the quarter: no zone's day begins within one.
  due_slot        timestamptz not null,
  done            int not null default 0,
  on_time         int not null default 0,
  skipped         int not null default 0,
  primary key (organisation_id, procedure_id, person, due_slot)
);
create index step_tallies_of_procedures on step_tallies (organisation_id, due_slot) where person = '';
select tenancy.isolate('step_tallies');
revoke delete on step_tallies from tenantry_app;

-- What is still to do in a run, and when the soonest of it is due.
create index open_steps on steps (organisation_id, run_id, due_at) where done_at is null;
-- Which runs began, and which ended, in a time.
create index runs_started on runs (organisation_id, started_at) include (procedure_id);
create index runs_completed on runs (organisation_id, completed_at) include (procedure_id, started_at)
  where completed_at is not null;
create index runs_cancelled on runs (organisation_id, cancelled_at) include (procedure_id) where cancelled_at is not null;

-- The weeks or months of a report, where the organisation is: when each begins, the last one being under way; and the same
-- time just before, as far as this one has come.
create function tenancy.report_frame(organisation text, unit text, units int,
                                     out edges timestamptz[], out starts timestamptz,
                                     out before_starts timestamptz, out before_ends timestamptz) returns setof record
  language sql stable parallel safe rows 1
  set search_path = pg_catalog, pg_temp
  set row_security = on
as $$
  select array(select (calendar.this - n * calendar.step) at time zone calendar.zone from generate_series(units - 1, 0, -1) as n),
         (calendar.this - (units - 1) * calendar.step) at time zone calendar.zone,
         (calendar.this - (2 * units - 1) * calendar.step) at time zone calendar.zone,
         (calendar.here - units * calendar.step) at time zone calendar.zone
    from (select seen.time_zone as zone, now() at time zone seen.time_zone as here,
                 date_trunc(unit, now() at time zone seen.time_zone) as this,
                 case unit when 'week' then interval '1 week' else interval '1 month' end as step
            from tenantry.organisations as seen where seen.id = organisation) as calendar
$$;

-- With the right of whoever changes the step, and so behind the same wall. A tick changes a row of each kind, always in
-- this order, so that two ticks never wait for each other in a circle.
create function tenancy.tally_step() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  -- What comes in with an archive is tallied in it.
  if tg_op = 'INSERT' and exists (select from tenantry.imports as import
                                   where import.organisation_id = new.organisation_id
                                     and import.transaction = pg_current_xact_id()) then
    return null;
  end if;
  insert into tenantry.step_tallies as tally
         (organisation_id, procedure_id, person, due_slot, done, on_time, skipped)
  select new.organisation_id, place.procedure_id, place.person,
         date_bin('15 minutes', step.due_at, '2001-01-01Z'),
         sum(step.sign * (not step.skipped)::int),
         sum(step.sign * (not step.skipped and step.done_at <= step.due_at)::int),
         sum(step.sign * step.skipped::int)
    from (values (old.done_at, old.due_at, old.skipped, coalesce(old.assignee, old.done_by), -1),
                 (new.done_at, new.due_at, new.skipped, coalesce(new.assignee, new.done_by), 1))
         as step (done_at, due_at, skipped, person, sign)
    join tenantry.runs as run on run.organisation_id = new.organisation_id and run.id = new.run_id
   cross join lateral (values (1, run.procedure_id, ''),
                              (2, '00000000-0000-0000-0000-000000000000'::uuid, step.person),
                              (3, run.procedure_id, step.person)) as place (turn, procedure_id, person)
   where step.done_at is not null and step.due_at is not null
   group by place.turn, place.procedure_id, place.person, date_bin('15 minutes', step.due_at, '2001-01-01Z')
   order by place.turn, place.person
      on conflict (organisation_id, procedure_id, person, due_slot)
      do update set done = tally.done + excluded.done, on_time = tally.on_time + excluded.on_time,
                    skipped = tally.skipped + excluded.skipped;
  return null;
end $$;

-- What is there already. The owner is under the policies and sees no row: for this it is not.
do $$
declare
  looked_through text;
begin
  foreach looked_through in array array['steps', 'runs', 'step_tallies'] loop
    execute format('alter table %I no force row level security', looked_through);
  end loop;
end $$;
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
 where step.done_at is not null and step.due_at is not null
 group by 1, 2, 3, 4;
do $$
declare
  looked_through text;
begin
  foreach looked_through in array array['steps', 'runs', 'step_tallies'] loop
    execute format('alter table %I force row level security', looked_through);
  end loop;
end $$;

create trigger tally_new after insert on steps
  for each row when (new.done_at is not null) execute function tenancy.tally_step();
create trigger tally_changed after update on steps
  for each row when ((old.done_at is not null or new.done_at is not null)
                     and (old.done_at, old.due_at, old.skipped, old.assignee, old.done_by)
                         is distinct from (new.done_at, new.due_at, new.skipped, new.assignee, new.done_by))
  execute function tenancy.tally_step();
grant execute on function tenancy.tally_step(), tenancy.report_frame(text, text, int) to tenantry_app, tenantry_worker;
