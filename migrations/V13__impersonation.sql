-- Who acted in a person's name, where somebody did.

set search_path = tenantry;

alter table audit_log add column impersonator text collate "C" not null default '';

-- An entry of before says what it said, so that the chain holds; one with an impersonator is a text longer by one.
create or replace function tenancy.audit_text(entry tenantry.audit_log) returns text
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
  return (jsonb_build_array(
    entry.organisation_id, entry.sequence, extract(epoch from entry.happened_at),
    entry.actor_kind, entry.actor_id, entry.actor_name, entry.actor_role, entry.action, entry.outcome,
    entry.object_id, entry.object_name, entry.before, entry.after,
    entry.request_id, entry.address, entry.user_agent)
    || case entry.impersonator when '' then '[]'::jsonb else jsonb_build_array(entry.impersonator) end)::text;
