-- The context of a transaction behind functions, so that a database can ask for a signature on it.
-- Plain (as installed): the settings are taken as they are. Signed (`tenantry context sign`): they count only with the
-- server's signature, so that SQL smuggled into a transaction cannot name another organisation, person or reason.

set search_path = tenantry;

create function tenancy.current_organisation() returns text
  language sql stable parallel safe
  return nullif(current_setting('app.current_org_id', true), '');
create function tenancy.current_person() returns text
  language sql stable parallel safe
  return nullif(current_setting('app.current_user_id', true), '');

alter policy seen on memberships using (
  organisation_id = tenancy.current_organisation()
  or user_id = tenancy.current_person()
  or tenancy.system_reason() is not null);
alter policy seen on organisations using (
  id = tenancy.current_organisation()
  or tenancy.system_reason() is not null
  or exists (select from memberships as mine
             where mine.organisation_id = organisations.id and mine.user_id = tenancy.current_person()));
alter policy seen on users using (
  id = tenancy.current_person()
  or tenancy.system_reason() is not null
  or exists (select from memberships as theirs
             where theirs.user_id = users.id and theirs.organisation_id = tenancy.current_organisation()));
alter policy queue on jobs using (
  organisation_id = tenancy.current_organisation() or tenancy.system_reason() is not null);

-- The two halves of an HMAC-SHA256 key (RFC 2104): the key, filled up to 64 bytes, xor 0x36 and xor 0x5c.
create table tenancy.context_keys (
  id         text collate "C" primary key check (id ~ '^[a-z0-9]{1,16}$'),
  inner_key  bytea not null check (length(inner_key) = 64),
  outer_key  bytea not null check (length(outer_key) = 64),
  created_at timestamptz not null default now()
);

-- One part of the context, if its signature is right and not too old:
-- key id | organisation | person | reason | valid until, in seconds since 1970 | 64 hexadecimal digits over all before.
-- The body is bound to its tables and functions when it is created: no search_path of a caller changes what it means.
create function tenancy.signed_part(part int) returns text
  language sql stable parallel safe security definer
begin atomic
  select nullif(split_part(given.context, '|', part), '')
    from (select current_setting('app.context', true) as context) as given
    join tenancy.context_keys as key on key.id = split_part(given.context, '|', 1)
   where right(given.context, 64) = encode(sha256(key.outer_key
           || sha256(key.inner_key || convert_to(left(given.context, -65), 'UTF8'))), 'hex')
     -- As text: ten digits until the year 2286, and garbage is no error.
     and split_part(given.context, '|', 5) collate "C" >= floor(extract(epoch from now()))::text;
end;

-- Rewritten by tenancy.sign_contexts.
create function tenancy.contexts_are_signed() returns boolean
  language sql stable parallel safe
  return false;
grant execute on function tenancy.current_organisation(), tenancy.current_person(), tenancy.signed_part(int),
  tenancy.contexts_are_signed() to tenantry_app, tenantry_worker, tenantry_backup;

-- What every tenant table's policy says. Signed, the answer is asked for once a statement, not once a row.
create function tenancy.tenant_policy() returns text
  language sql stable
  return case when tenancy.contexts_are_signed()
    then 'organisation_id = (select tenancy.current_organisation())'
    else 'organisation_id = current_setting(''app.current_org_id'')' end;

-- Asks for signed contexts from now on, or no longer. Run by the owner, between two versions of the server's configuration.
create function tenancy.sign_contexts(signed boolean) returns void
  language plpgsql
as $$
declare
  setting record;
  policy  record;
begin
  if signed and not exists (select from tenancy.context_keys) then
    raise exception 'contexts cannot be signed: there is no key' using hint = 'add one: tenantry context sign';
  end if;
  for setting in select * from (values (2, 'current_organisation', 'app.current_org_id'),
                                       (3, 'current_person', 'app.current_user_id'),
                                       (4, 'system_reason', 'app.system_reason')) as list (part, name, variable) loop
    execute format('create or replace function tenancy.%I() returns text language sql stable parallel safe return %s',
                   setting.name,
                   case when signed then format('tenancy.signed_part(%s)', setting.part)
                        else format('nullif(current_setting(%L, true), '''')', setting.variable) end);
  end loop;
  execute format('create or replace function tenancy.contexts_are_signed() returns boolean
                  language sql stable parallel safe return %s', signed::text);

  for policy in
    select polname as name, polrelid::regclass as on_table, pg_get_expr(polqual, polrelid) as expression
    from pg_policy where polrelid in (select oid from pg_class where relnamespace = 'tenantry'::regnamespace)
  loop
    if policy.name = 'tenant' then
      policy.expression := tenancy.tenant_policy();
    else
      -- First back to the plain call, then, where it costs something, into a sub-select that is evaluated once.
      policy.expression := regexp_replace(policy.expression,
        '\( SELECT tenancy\.(current_organisation|current_person|system_reason)\(\) AS \1\)', 'tenancy.\1()', 'g');
      if signed then
        policy.expression := regexp_replace(policy.expression,
          'tenancy\.(current_organisation|current_person|system_reason)\(\)', '(select tenancy.\1())', 'g');
      end if;
    end if;
    execute format('alter policy %I on %s using (%s)', policy.name, policy.on_table, policy.expression);
  end loop;
end $$;

-- As before (V1), with the policy that tenancy.tenant_policy names.
-- Turns a table with an organisation_id into a tenant table, or says what is in the way.
-- Meant for new tables: on one with rows the reference to organisations fails, because the owner sees none.
create or replace function tenancy.isolate(tenant_table regclass) returns void
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
  execute format('create policy tenant on %s to tenantry_app, tenantry_worker using (%s)',
                 tenant_table, tenancy.tenant_policy());
  execute format('grant select, insert, update, delete on %s to tenantry_app, tenantry_worker', tenant_table);
end $$;
