-- Run once per database by an administrator (a superuser on a server of one's own), before any migration.
-- `tenantry dev` and the tests run it for you; docs/going-live.md says how to run it by hand.
-- Four roles, none of them able to do another's work:
--   tenantry_owner   owns every table; migrations only; sees no tenant's rows without a context (RLS is forced)
--   tenantry_app     the server; owns nothing, cannot bypass RLS
--   tenantry_worker  background jobs; like the server, with longer statements allowed
--   tenantry_backup  reads everything for dumps; its secret never reaches a server
do $$
declare
  role text;
begin
  foreach role in array array['tenantry_owner', 'tenantry_app', 'tenantry_worker', 'tenantry_backup'] loop
    -- Roles belong to the whole server: a second database finds them there.
    if not exists (select from pg_roles where rolname = role) then
      execute format('create role %I login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit', role);
    end if;
  end loop;
end $$;

-- An administrator who is no superuser has to be the owner's member to hand things over.
do $$ begin
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant tenantry_owner to %I', current_user);
  end if;
end $$;

-- A migration that forgets its organisation fails loudly instead of silently changing no rows.
alter role tenantry_owner set row_security = off;
-- Only a superuser may give this. Elsewhere dumps are made by the service's own means, or per organisation.
do $$ begin
  alter role tenantry_backup bypassrls;
exception when insufficient_privilege then
  raise warning 'tenantry_backup cannot read past row-level security: this server gives BYPASSRLS to nobody';
end $$;
alter role tenantry_backup set default_transaction_read_only = on;

-- Tables live in one schema; the machinery of the boundary (tenancy) is always named in full.
alter role tenantry_owner set search_path = tenantry;
alter role tenantry_app set search_path = tenantry;
alter role tenantry_worker set search_path = tenantry;
alter role tenantry_backup set search_path = tenantry;

-- Limits that hold even where a caller forgets them.
alter role tenantry_app set statement_timeout = '5s';
alter role tenantry_app set lock_timeout = '2s';
alter role tenantry_app set idle_in_transaction_session_timeout = '10s';
alter role tenantry_worker set statement_timeout = '60s';
alter role tenantry_worker set lock_timeout = '5s';
alter role tenantry_worker set idle_in_transaction_session_timeout = '30s';

do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to tenantry_owner, tenantry_app, tenantry_worker, tenantry_backup', current_database());
  execute format('grant create on database %I to tenantry_owner', current_database());
end $$;

revoke all on schema public from public;
create schema if not exists tenancy authorization tenantry_owner;
create schema if not exists tenantry authorization tenantry_owner;
-- A dump must hold every table, the ones to come too. Nobody else gets anything by default.
alter default privileges for role tenantry_owner in schema tenancy, tenantry grant select on tables to tenantry_backup;

-- The organisation is set by `set local` alone: an expression smuggled into a statement cannot change it.
revoke execute on function pg_catalog.set_config(text, text, boolean) from public;
grant execute on function pg_catalog.set_config(text, text, boolean) to tenantry_backup;

-- What other connections are doing is nobody's business but a monitor's: their statements may name other organisations.
revoke execute on function pg_catalog.pg_stat_get_activity(integer), pg_catalog.pg_stat_get_backend_activity(integer) from public;
grant execute on function pg_catalog.pg_stat_get_activity(integer), pg_catalog.pg_stat_get_backend_activity(integer)
  to pg_monitor, tenantry_backup;

-- Large objects have owners and no policies: nobody makes any.
revoke execute on function pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), pg_catalog.lo_from_bytea(oid, bytea) from public;
