-- Invitations, custom roles, and what is known of a membership besides what Clerk says.

set search_path = tenantry;
-- The functions below read under policies; so does the new reference, whose rows name built-in roles alone.
set local row_security = on;

-- Every address of the person's that Clerk has verified, in small letters: an invitation to any of them is theirs.
alter table users add column addresses text[] collate "C" not null default '{}';

alter table organisations
  -- Which limits hold.
  add column plan            text not null default 'free' check (plan in ('free', 'team', 'business')),
  add column time_zone       text not null default 'UTC' check (length(time_zone) between 1 and 64),
  -- The address as Clerk has it; ours differs where that one is or was another organisation's here.
  add column clerk_slug      text collate "C",
  -- Since when nobody is an admin: what happens at Clerk cannot be refused here.
  add column ownerless_since timestamptz;

alter table memberships
  -- Changed here, and Clerk has not been told yet: until then its answers do not touch the row.
  add column changed_at    timestamptz,
  -- Removed here: lets nobody in, and goes once Clerk has been told.
  add column removed_at    timestamptz,
  -- Added at Clerk, and not let in: the door has not been asked yet, or there is no seat.
  add column waiting_since timestamptz,
  add column seen_at       timestamptz;

-- What the built-in roles hold. The program's own catalogue is compared with it by a test.
create function tenancy.permissions_of(role text) returns text[]
  language sql stable parallel safe
  return case role
    when 'admin' then array['procedures:read', 'procedures:manage', 'runs:read', 'runs:work', 'reports:read',
                            'members:read', 'members:invite', 'members:manage', 'roles:manage', 'organisation:manage',
                            'billing:read', 'billing:manage', 'audit:read']
    when 'member' then array['procedures:read', 'runs:read', 'runs:work', 'members:read', 'billing:read']
    when 'report-viewer' then array['reports:read']
    when 'billing-admin' then array['billing:manage']
    else '{}'
  end;

-- A customer's own roles, beside the built-in ones.
create table custom_roles (
  organisation_id text not null,
  id              uuid not null,
  name            text not null check (length(name) between 1 and 40),
  -- Names that differ in large and small letters alone are one name.
  folded_name     text collate "C" generated always as (lower(name)) stored,
  permissions     text[] collate "C" not null check (cardinality(permissions) between 1 and 40),
  created_by      text collate "C" not null,
  created_at      timestamptz not null default now(),
  changed_at      timestamptz not null default now(),
  primary key (organisation_id, id),
  unique (organisation_id, folded_name)
);
select tenancy.isolate('custom_roles');

-- A membership's custom role is a built-in one by its name, or one of the customer's own by its id.
alter table membership_roles drop constraint membership_roles_role_check;
alter table membership_roles
  add constraint membership_roles_role_check
    check (role in ('report-viewer', 'billing-admin') or role ~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'),
  add column own_role uuid generated always as (case when role ~ '^[0-9a-f]{8}-' then role::uuid end) stored,
  add foreign key (organisation_id, own_role) references custom_roles (organisation_id, id) on delete cascade;
create index membership_roles_by_own on membership_roles (organisation_id, own_role);

-- Whether the person holds the permission there. Nobody in particular (a job, the directory's mirror) holds all of them.
create function tenancy.holds(organisation text, person text, permission text) returns boolean
  language sql stable parallel safe
  set search_path = tenantry, pg_catalog, pg_temp
as $$
  select coalesce(person, '') = '' or exists (
    select from memberships as membership
     where membership.organisation_id = organisation and membership.user_id = person
       and membership.removed_at is null and membership.waiting_since is null
       and (permission = any (tenancy.permissions_of(membership.role))
            or exists (select from membership_roles as held
                        where held.organisation_id = organisation and held.user_id = person
                          and permission = any (tenancy.permissions_of(held.role)))
            or exists (select from membership_roles as held
                         join custom_roles as role on role.organisation_id = organisation and role.id = held.own_role
                        where held.organisation_id = organisation and held.user_id = person
                          and permission = any (role.permissions))))
$$;
grant execute on function tenancy.permissions_of(text), tenancy.holds(text, text, text)
  to tenantry_app, tenantry_worker, tenantry_backup;

-- What the program asks before it changes roles and reads the log, Postgres asks again. Restrictive: each of these narrows what
-- the tenant's own policy lets through.
do $$
declare
  asked record;
begin
  for asked in
    select * from (values
      ('custom_roles', 'roles:manage', array['insert', 'update', 'delete']),
      ('membership_roles', 'members:manage', array['update', 'delete']),
      ('audit_log', 'audit:read', array['select'])) as asked (on_table, permission, commands)
  loop
    for i in 1 .. cardinality(asked.commands) loop
      execute format('create policy asked_for_%s on %I as restrictive for %s to tenantry_app, tenantry_worker %s
        ((select tenancy.holds(current_setting(''app.current_org_id'', true), current_setting(''app.current_user_id'', true), %L)))',
        asked.commands[i], asked.on_table, asked.commands[i],
        case asked.commands[i] when 'insert' then 'with check' else 'using' end, asked.permission);
    end loop;
  end loop;
end $$;

-- A directory table like memberships: read by people who are not in the organisation yet.
create table invitations (
  organisation_id text collate "C" not null references organisations (id),
  id              uuid not null,
  -- In small letters.
  address         text collate "C" not null check (address = lower(address) and length(address) between 3 and 254),
  role            text not null check (role in ('admin', 'member')),
  extra_roles     text[] collate "C" not null default '{}',
  -- An ended state never changes. What is pending beyond `expires_at` has expired.
  state           text not null default 'pending' check (state in ('pending', 'accepted', 'declined', 'revoked', 'expired')),
  invited_by      text collate "C" not null,
  -- As they were called then: whoever is invited cannot look them up yet.
  inviter_name    text not null,
  invited_at      timestamptz not null default now(),
  expires_at      timestamptz not null,
  ended_at        timestamptz,
  accepted_by     text collate "C",
  -- When a mail was last asked for; when Clerk took it and under which id; why it did not.
  asked_at        timestamptz not null default now(),
  clerk_id        text collate "C",
  sent_at         timestamptz,
  trouble         text,
  primary key (organisation_id, id),
  check ((state = 'pending') = (ended_at is null)),
  check ((state = 'accepted') = (accepted_by is not null))
);
-- One pending invitation for an address and organisation.
create unique index invitations_pending on invitations (organisation_id, address) where state = 'pending';
create index invitations_to on invitations (address) where state = 'pending';
create index invitations_accepted on invitations (organisation_id, accepted_by) where accepted_by is not null;
create index invitations_by_age on invitations (organisation_id, invited_at desc);

-- Addresses the person receives mail at.
create function tenancy.addresses_of(person text) returns setof text
  language sql stable parallel safe
  set search_path = tenantry, pg_catalog, pg_temp
as $$ select unnest(me.addresses) from users as me where me.id = person $$;
grant execute on function tenancy.addresses_of(text) to tenantry_app, tenantry_worker, tenantry_backup;

alter table invitations enable row level security;
alter table invitations force row level security;
create policy seen on invitations for select to tenantry_app, tenantry_worker using (
  organisation_id = current_setting('app.current_org_id', true)
  or tenancy.system_reason() is not null
  or address in (select tenancy.addresses_of(current_setting('app.current_user_id', true))));
create policy added on invitations for insert to tenantry_app, tenantry_worker with check (
  organisation_id = current_setting('app.current_org_id', true)
  and (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'members:invite')));
create policy changed on invitations for update to tenantry_app, tenantry_worker using (
  organisation_id = current_setting('app.current_org_id', true)
  and ((select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'members:invite'))
       or address in (select tenancy.addresses_of(current_setting('app.current_user_id', true)))));
grant select, insert on invitations to tenantry_app, tenantry_worker;
grant update (role, extra_roles, state, invited_by, inviter_name, expires_at, ended_at, accepted_by, clerk_id, asked_at, sent_at, trouble)
  on invitations to tenantry_app, tenantry_worker;

-- Whoever is invited sees the name of the organisation.
alter policy seen on organisations using (
  id = current_setting('app.current_org_id', true)
  or tenancy.system_reason() is not null
  or id in (select mine.organisation_id from memberships as mine
             where mine.user_id = current_setting('app.current_user_id', true))
  or id in (select invitation.organisation_id from invitations as invitation
             where invitation.state = 'pending'
               and invitation.address in (select tenancy.addresses_of(current_setting('app.current_user_id', true)))));

-- Memberships are written by the mirror, and inside the organisation by whoever may manage them: a person alone can leave,
-- and come in as an invitation of theirs says that they have accepted.
drop policy added on memberships;
drop policy changed on memberships;
drop policy removed on memberships;
create policy added on memberships for insert to tenantry_app, tenantry_worker with check (
  tenancy.system_reason() is not null
  or (organisation_id = current_setting('app.current_org_id', true)
      and user_id = current_setting('app.current_user_id', true)
      and exists (select from invitations as mine
                   where mine.organisation_id = memberships.organisation_id and mine.accepted_by = memberships.user_id
                     and mine.role = memberships.role and mine.ended_at > now() - interval '1 minute')));
create policy changed on memberships for update to tenantry_app, tenantry_worker using (
  tenancy.system_reason() is not null
  or (organisation_id = current_setting('app.current_org_id', true)
      and (user_id = current_setting('app.current_user_id', true)
           or (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'members:manage')))))
  with check (
  tenancy.system_reason() is not null
  or (organisation_id = current_setting('app.current_org_id', true)
      and ((user_id = current_setting('app.current_user_id', true) and removed_at is not null)
           or (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'members:manage')))));
create policy removed on memberships for delete to tenantry_app, tenantry_worker using (
  tenancy.system_reason() is not null
  or (organisation_id = current_setting('app.current_org_id', true)
      and coalesce(current_setting('app.current_user_id', true), '') = ''));

revoke update on memberships from tenantry_app, tenantry_worker;
grant update (role, changed_at, removed_at, waiting_since, seen_at) on memberships to tenantry_app, tenantry_worker;

-- Custom roles are given by whoever manages members, and come with an accepted invitation.
create policy asked_for_insert on membership_roles as restrictive for insert to tenantry_app, tenantry_worker with check (
  (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'members:manage'))
  or (user_id = current_setting('app.current_user_id', true)
      and exists (select from invitations as mine
                   where mine.organisation_id = membership_roles.organisation_id and mine.accepted_by = membership_roles.user_id
                     and membership_roles.role = any (mine.extra_roles) and mine.ended_at > now() - interval '1 minute')));

-- An organisation's own settings are written by its admins and by jobs inside it; name and address come from Clerk.
drop policy changed on organisations;
create policy changed on organisations for update to tenantry_app, tenantry_worker using (
  tenancy.system_reason() is not null
  or (id = current_setting('app.current_org_id', true)
      and (select tenancy.holds(current_setting('app.current_org_id', true), current_setting('app.current_user_id', true), 'organisation:manage'))));

insert into tenancy.directory_tables values
  ('tenantry.invitations', 'read by people who are not in the organisation yet, and counted before they are let in');
