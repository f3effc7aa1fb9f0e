-- The machinery of the tenant boundary. migrations/README.md explains the two kinds of table.

grant usage on schema tenancy, tenantry to tenantry_app, tenantry_worker, tenantry_backup;
alter default privileges revoke execute on functions from public;

-- Why the system door was opened in this transaction; null where it was not.
create function tenancy.system_reason() returns text
  language sql stable parallel safe
  return nullif(current_setting('app.system_reason', true), '');
grant execute on function tenancy.system_reason() to tenantry_app, tenantry_worker, tenantry_backup;

-- The complete list of tables that are not a tenant's, each with its reason.
-- Whatever has an organisation_id and is not named here must have passed tenancy.isolate.
create table tenancy.directory_tables (
  name   text primary key,
  reason text not null check (length(reason) > 20)
);
grant select on tenancy.directory_tables to tenantry_app, tenantry_worker;

-- Turns a table with an organisation_id into a tenant table, or says what is in the way.
-- Meant for new tables: on one with rows the reference to organisations fails, because the owner sees none.
create function tenancy.isolate(tenant_table regclass) returns void
  language plpgsql
  set row_security = on
as $$
declare
  key          text := 'organisation_id';
  defect       text;
  short_name   text := (select relname from pg_class where oid = tenant_table);
begin
  if not exists (select from pg_attribute
                 where attrelid = tenant_table and attname = key and atttypid = 'text'::regtype and not attisdropped) then
    raise exception '% cannot become a tenant table: it has no column % of type text', tenant_table, key
      using hint = 'add: organisation_id text not null';
  end if;

  -- A reference that does not carry the organisation could hang a row on another organisation's row,
  -- and would tell by its error whether a foreign id exists.
  select string_agg(format('%s (%s)', reference.conname, pg_get_constraintdef(reference.oid)), '; ') into defect
  from pg_constraint as reference
  join pg_attribute as target_key
    on target_key.attrelid = reference.confrelid and target_key.attname = key and not target_key.attisdropped
  where reference.conrelid = tenant_table and reference.contype = 'f'
    and not exists (
      select from unnest(reference.conkey, reference.confkey) as pair (ours, theirs)
      join pg_attribute as our_key on our_key.attrelid = tenant_table and our_key.attnum = pair.ours
      where our_key.attname = key and pair.theirs = target_key.attnum);
  if defect is not null then
    raise exception '% cannot become a tenant table: references without the organisation: %', tenant_table, defect
      using hint = 'reference (organisation_id, id) on both sides';
  end if;

  select string_agg(index.indexrelid::regclass::text, ', ') into defect
  from pg_index as index
  where index.indrelid = tenant_table and index.indisunique
    and not exists (select from pg_attribute where attrelid = tenant_table and attname = key and attnum = any (index.indkey));
  if defect is not null then
    raise exception '% cannot become a tenant table: unique across organisations: %', tenant_table, defect
      using hint = 'begin the key with organisation_id';
  end if;

  execute format('alter table %s alter column %I type text collate "C"', tenant_table, key);
  execute format('alter table %s alter column %I set default current_setting(%L)', tenant_table, key, 'app.current_org_id');
  execute format('alter table %s alter column %I set not null', tenant_table, key);
  execute format('alter table %s alter column %I set statistics 1000', tenant_table, key);
  execute format('alter table %s add constraint %I check (%I ~ ''^org_[A-Za-z0-9]+$'')',
                 tenant_table, short_name || '_written_inside_an_organisation', key);
  execute format('alter table %s add constraint %I foreign key (%I) references tenantry.organisations (id)',
                 tenant_table, short_name || '_organisation', key);

  if not exists (select from pg_index as index
                 join pg_attribute as first on first.attrelid = tenant_table and first.attnum = index.indkey[0]
                 where index.indrelid = tenant_table and first.attname = key and index.indpred is null) then
    execute format('create index on %s (%I)', tenant_table, key);
  end if;

  execute format('alter table %s enable row level security', tenant_table);
  execute format('alter table %s force row level security', tenant_table);
  -- One policy for reading and for writing: USING stands for WITH CHECK where that is absent.
  execute format('create policy tenant on %s to tenantry_app, tenantry_worker using (%I = current_setting(%L))',
                 tenant_table, key, 'app.current_org_id');
  execute format('grant select, insert, update, delete on %s to tenantry_app, tenantry_worker', tenant_table);
end $$;
