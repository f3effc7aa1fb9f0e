-- Permissive policies add up, so each command on a directory table has exactly one: `seen` for reading, and one that writes.

set search_path = tenantry;

do $$
declare
  directory text;
begin
  foreach directory in array array['organisations', 'users', 'memberships'] loop
    execute format('drop policy mirrored on %I', directory);
    execute format('create policy added on %I for insert to tenantry_app, tenantry_worker
                    with check (tenancy.system_reason() is not null)', directory);
    execute format('create policy changed on %I for update to tenantry_app, tenantry_worker
                    using (tenancy.system_reason() is not null)', directory);
    execute format('create policy removed on %I for delete to tenantry_app, tenantry_worker
                    using (tenancy.system_reason() is not null)', directory);
  end loop;
end $$;

-- The same as before, asked as a set: Postgres reads one's memberships once in a statement instead of once a row.
alter policy seen on organisations using (
  id = current_setting('app.current_org_id', true)
  or tenancy.system_reason() is not null
  or id in (select mine.organisation_id from memberships as mine
             where mine.user_id = current_setting('app.current_user_id', true)));
alter policy seen on users using (
  id = current_setting('app.current_user_id', true)
  or tenancy.system_reason() is not null
  or id in (select theirs.user_id from memberships as theirs
             where theirs.organisation_id = current_setting('app.current_org_id', true)));

-- The list of directory tables is for the people and the checks that look after the database.
revoke select on tenancy.directory_tables from tenantry_app, tenantry_worker;

-- What is to be done for an organisation is found, and one day erased, by its id.
create index jobs_of_an_organisation on jobs (organisation_id);
