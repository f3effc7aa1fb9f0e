-- A database can ask for a signature on the context of every transaction.
-- Plain (as installed): the settings are taken as they are. Signed (`tenantry context sign`): they count only together with
-- the server's signature over them, so that SQL smuggled into a transaction cannot name another organisation, person or reason.

-- The two halves of an HMAC-SHA256 key (RFC 2104): the key, filled up to 64 bytes, xor 0x36 and xor 0x5c.
create table tenancy.context_keys (
  id         text collate "C" primary key check (id ~ '^[a-z0-9]{1,16}$'),
  inner_key  bytea not null check (length(inner_key) = 64),
  outer_key  bytea not null check (length(outer_key) = 64),
  created_at timestamptz not null default now()
);

-- A setting's value, if app.context (key id | valid until, in seconds since 1970 | 64 hexadecimal digits) signs
-- key id | organisation | person | reason | valid until, as the settings stand now; null if not.
-- It runs as the owner, who alone reads the keys. In plpgsql, because that keeps its plan from one call to the next.
create function tenancy.genuine(setting text, missing_ok boolean) returns text
  language plpgsql stable parallel safe security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  context constant text := current_setting('app.context', true);
  key_id  constant text := split_part(context, '|', 1);
  until   constant text := split_part(context, '|', 2);
  body    constant text := concat_ws('|', key_id,
                             coalesce(current_setting('app.current_org_id', true), ''),
                             coalesce(current_setting('app.current_user_id', true), ''),
                             coalesce(current_setting('app.system_reason', true), ''),
                             until);
  value   constant text := current_setting(setting, missing_ok);
  signing tenancy.context_keys;
begin
  select * into signing from tenancy.context_keys where id = key_id;
  if split_part(context, '|', 3) = encode(
       sha256(signing.outer_key || sha256(signing.inner_key || convert_to(body, 'UTF8'))), 'hex')
     -- As text: ten digits until the year 2286, and garbage is no error.
     and until >= floor(date_part('epoch', now()))::text
  then
    return nullif(value, '');
  end if;
  return null;
end $$;

-- Rewritten by tenancy.sign_contexts.
create function tenancy.contexts_are_signed() returns boolean
  language sql stable parallel safe
  return false;
grant execute on function tenancy.genuine(text, boolean), tenancy.contexts_are_signed()
  to tenantry_app, tenantry_worker, tenantry_backup;

-- What a policy says when contexts are signed, and what it says when they are not. A sub-select is evaluated once in a
-- statement: that is cheaper than once a row, and a cursor keeps to the organisation it began with.
create function tenancy.with_signature(expression text) returns text
  language sql stable
  return replace(regexp_replace(regexp_replace(expression,
    'current_setting\(''(app\.\w+)''(::text)?, true\)', '(select tenancy.genuine(''\1'', true))', 'g'),
    'current_setting\(''(app\.\w+)''(::text)?\)', '(select tenancy.genuine(''\1'', false))', 'g'),
    'tenancy.system_reason()', '(select tenancy.genuine(''app.system_reason'', true))');
create function tenancy.without_signature(expression text) returns text
  language sql stable
  return regexp_replace(regexp_replace(regexp_replace(expression,
    '\( SELECT tenancy\.genuine\(''app\.system_reason''::text, true\) AS genuine\)', 'tenancy.system_reason()', 'g'),
    '\( SELECT tenancy\.genuine\(''(app\.\w+)''::text, true\) AS genuine\)', 'current_setting(''\1''::text, true)', 'g'),
    '\( SELECT tenancy\.genuine\(''(app\.\w+)''::text, false\) AS genuine\)', 'current_setting(''\1''::text)', 'g');

-- Asks for signed contexts from now on, or no longer. Run by the owner.
create function tenancy.sign_contexts(signed boolean) returns void
  language plpgsql
as $$
declare
  policy record;
begin
  if signed and not exists (select from tenancy.context_keys) then
    raise exception 'contexts cannot be signed: there is no key' using hint = 'add one: tenantry context sign';
  end if;
  execute format('create or replace function tenancy.contexts_are_signed() returns boolean
                  language sql stable parallel safe return %s', signed::text);
  for policy in
    select polname as name, polrelid::regclass as on_table, kind.clause,
           tenancy.without_signature(pg_get_expr(kind.tree, polrelid)) as expression
    from pg_policy, lateral (values ('using', polqual), ('with check', polwithcheck)) as kind (clause, tree)
    where kind.tree is not null
      and polrelid in (select oid from pg_class where relnamespace = 'tenantry'::regnamespace)
  loop
    execute format('alter policy %I on %s %s (%s)', policy.name, policy.on_table, policy.clause,
      case when signed then tenancy.with_signature(policy.expression) else policy.expression end);
  end loop;
end $$;

-- As before (V1), with a signature in the policy where contexts are signed, and exclusions refused like unique keys.
-- Turns a table with an organisation_id into a tenant table, or says what is in the way.
-- Meant for new tables: on one with rows the reference to organisations fails, because the owner sees none.
create or replace function tenancy.isolate(tenant_table regclass) returns void
  language plpgsql
  set row_security = on
as $$
declare
  key          text := 'organisation_id';
  defect       text;
  policy       text;
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
  where index.indrelid = tenant_table and (index.indisunique or index.indisexclusion)
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
  policy := format('%I = current_setting(%L)', key, 'app.current_org_id');
  if tenancy.contexts_are_signed() then policy := tenancy.with_signature(policy); end if;
  execute format('create policy tenant on %s to tenantry_app, tenantry_worker using (%s)', tenant_table, policy);
  execute format('grant select, insert, update, delete on %s to tenantry_app, tenantry_worker', tenant_table);
end $$;
