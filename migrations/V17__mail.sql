-- Mails that are to be sent, and people who are to be forgotten.

set search_path = tenantry;
-- The functions below read under policies.
set local row_security = on;

-- Written with what it tells of; a job sends it.
create table mails (
  organisation_id text not null,
  id              uuid not null,
  -- What it tells, once: nobody is told the same twice.
  key             text collate "C" not null check (length(key) between 1 and 200),
  -- The person; empty where it goes to an address of the organisation's own.
  recipient_id    text collate "C" not null default '',
  address         text not null check (length(address) between 1 and 320),
  -- What is to be said. Names nobody but by id: a name is looked up when the mail is sent.
  notice          jsonb not null,
  state           text not null default 'queued' check (state in ('queued', 'sent', 'failed')),
  attempts        int not null default 0,
  -- While somebody sends it; after that moment another may.
  leased_until    timestamptz,
  -- The same for every attempt, so that a server that has the mail already can tell.
  message_id      text collate "C",
  last_error      text,
  created_at      timestamptz not null default now(),
  settled_at      timestamptz,
  primary key (organisation_id, id),
  unique (organisation_id, key, recipient_id),
  check ((state = 'queued') = (settled_at is null))
);
create index mails_to on mails (organisation_id, recipient_id);
create index mails_waiting on mails (organisation_id) where state = 'queued';
select tenancy.isolate('mails');

-- When the last trace of a person was taken out: until then their row says whom to look for.
alter table users add column forgotten_at timestamptz;

-- The entry of the log that says what is left of this one, since a person in it was forgotten.
alter table audit_log add column forgotten_in bigint;

-- Whether a value differs from what it was in nothing but texts that were forgotten.
create function tenancy.only_forgets(was jsonb, now jsonb) returns boolean
  language plpgsql stable parallel safe
  set search_path = pg_catalog, pg_temp
as $$
begin
  if was is not distinct from now then
    return true;
  elsif now = '"Former member"' then
    return jsonb_typeof(was) = 'string';
  elsif jsonb_typeof(was) = 'object' and jsonb_typeof(now) = 'object' then
    return (select count(*) from jsonb_object_keys(was)) = (select count(*) from jsonb_object_keys(now))
       and not exists (select from jsonb_each(was) as field
                        where not now ? field.key or not tenancy.only_forgets(field.value, now -> field.key));
  elsif jsonb_typeof(was) = 'array' and jsonb_typeof(now) = 'array' then
    return jsonb_array_length(was) = jsonb_array_length(now)
       and not exists (select from jsonb_array_elements(was) with ordinality as item (value, place)
                        where not tenancy.only_forgets(item.value, now -> (item.place::int - 1)));
  end if;
  return false;
end $$;

-- An entry of the log says for ever what it said, but for whom it named: a name becomes `Former member`, where a request
-- came from becomes nothing. Nothing else of it changes, whoever asks.
create function tenancy.forget_in_audit_entry() returns trigger
  language plpgsql
as $$
begin
  if new.forgotten_in is null or new.forgotten_in <= new.sequence
     or new.actor_name not in (old.actor_name, 'Former member')
     or new.object_name not in (old.object_name, 'Former member')
     or new.address not in (old.address, '') or new.user_agent not in (old.user_agent, '')
     or not tenancy.only_forgets(old.before, new.before) or not tenancy.only_forgets(old.after, new.after) then
    raise exception 'an entry of the audit log is not rewritten' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
grant execute on function tenancy.only_forgets(jsonb, jsonb), tenancy.forget_in_audit_entry()
  to tenantry_app, tenantry_worker, tenantry_backup;
create trigger forget before update on audit_log for each row execute function tenancy.forget_in_audit_entry();
grant update (actor_name, object_name, before, after, address, user_agent, forgotten_in) on audit_log to tenantry_worker;
create policy asked_for_update on audit_log as restrictive for update to tenantry_app, tenantry_worker using (
  coalesce(current_setting('app.current_user_id', true), '') = '');

-- Whom an invitation went to is forgotten with them.
grant update (address) on invitations to tenantry_worker;
-- What a job is done with is nobody's any more, and may name people.
grant update (payload) on jobs to tenantry_app, tenantry_worker;

-- The vendor still has the address of somebody who is forgotten, and is to be given another one.
alter table billing_accounts add column email_forgotten boolean not null default false;
