-- The audit log: what was changed in an organisation, or refused, by whom, and what it was before. Nothing in it changes.

set search_path = tenantry;

-- The end of each organisation's log. Whoever changes members, roles or settings holds this row until they commit: it is
-- the organisation's lock.
create table audit_heads (
  organisation_id  text not null primary key,
  sequence         bigint not null default 0,
  hash             bytea not null default '',
  -- What the verifier found: up to where the chain holds, and the first entry that does not fit.
  verified_through bigint not null default 0,
  verified_at      timestamptz,
  broken_at        bigint
);
select tenancy.isolate('audit_heads');
revoke delete on audit_heads from tenantry_app, tenantry_worker;

create table audit_log (
  organisation_id text not null,
  sequence        bigint not null,
  happened_at     timestamptz not null,
  actor_kind      text not null check (actor_kind in ('member', 'invited', 'job', 'clerk', 'operator')),
  -- The person's id, or the job's kind. Name and role are as they were then.
  actor_id        text collate "C" not null,
  actor_name      text not null,
  actor_role      text not null default '',
  -- `noun.verb`, as `member.removed`.
  action          text collate "C" not null check (action ~ '^[a-z_]+\.[a-z_]+$'),
  outcome         text not null check (outcome in ('done', 'refused')),
  object_id       text collate "C" not null default '',
  object_name     text not null default '',
  -- The fields that changed; null where there was nothing before, or nothing is left.
  before          jsonb,
  after           jsonb,
  -- Where it came from, as far as that is known.
  request_id      uuid,
  address         text not null default '',
  user_agent      text not null default '',
  hash            bytea not null,
  primary key (organisation_id, sequence)
);
select tenancy.isolate('audit_log');
create index audit_log_by_actor on audit_log (organisation_id, actor_id, sequence desc);
create index audit_log_by_action on audit_log (organisation_id, action, sequence desc);
revoke update, delete on audit_log from tenantry_app, tenantry_worker;

-- Everything an entry says, as one text that cannot be read two ways.
create function tenancy.audit_text(entry tenantry.audit_log) returns text
  language sql stable parallel safe
  set search_path = pg_catalog, pg_temp
  return jsonb_build_array(
    entry.organisation_id, entry.sequence, extract(epoch from entry.happened_at),
    entry.actor_kind, entry.actor_id, entry.actor_name, entry.actor_role, entry.action, entry.outcome,
    entry.object_id, entry.object_name, entry.before, entry.after,
    entry.request_id, entry.address, entry.user_agent)::text;

-- Numbers an entry and ties it to the one before: SHA-256 over that one's hash and this one's text.
create function tenancy.chain_audit_entry() returns trigger
  language plpgsql
as $$
declare
  head tenantry.audit_heads;
begin
  insert into tenantry.audit_heads as found (organisation_id, sequence) values (new.organisation_id, 1)
    on conflict (organisation_id) do update set sequence = found.sequence + 1
    returning * into head;
  new.sequence := head.sequence;
  new.happened_at := clock_timestamp();
  new.hash := sha256(head.hash || convert_to(tenancy.audit_text(new), 'UTF8'));
  update tenantry.audit_heads set hash = new.hash where organisation_id = new.organisation_id;
  return new;
end $$;
grant execute on function tenancy.audit_text(tenantry.audit_log), tenancy.chain_audit_entry()
  to tenantry_app, tenantry_worker, tenantry_backup;
create trigger chain before insert on audit_log for each row execute function tenancy.chain_audit_entry();
