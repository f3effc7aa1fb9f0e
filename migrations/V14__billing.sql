-- What an organisation pays, as Stripe last said it.

set search_path = tenantry;

-- The file of plans says which ones there are.
alter table organisations drop constraint organisations_plan_check;
alter table organisations
  add constraint organisations_plan_check check (plan ~ '^[a-z][a-z0-9_]{0,30}$'),
  -- The subscription's status in Stripe's word, and since when money is owed: read with each request.
  add column billing_status text collate "C",
  add column past_due_since timestamptz;

-- What Stripe changed is recorded under its name.
alter table audit_log drop constraint audit_log_actor_kind_check;
alter table audit_log add constraint audit_log_actor_kind_check
  check (actor_kind in ('member', 'invited', 'job', 'clerk', 'stripe', 'operator'));

-- Whose customer is whose: the one place that says so. Looked up for each event, before an organisation is known.
create table stripe_customers (
  customer_id     text collate "C" primary key check (customer_id ~ '^cus_[A-Za-z0-9_]+$'),
  organisation_id text collate "C" not null references organisations (id),
  created_at      timestamptz not null default now(),
  -- Gone at Stripe; the next purchase makes another.
  deleted_at      timestamptz,
  -- When the fetch began whose answer is the one we have, by this database's clock.
  synced_from     timestamptz,
  -- One fetch at a time: whose, and until when it is believed to live.
  lease           uuid,
  leased_until    timestamptz,
  -- When something is due to change by itself: a trial or a period ends.
  look_again_at   timestamptz
);
create unique index stripe_customers_of on stripe_customers (organisation_id) where deleted_at is null;
create index stripe_customers_due on stripe_customers (look_again_at) where deleted_at is null;
alter table stripe_customers enable row level security;
alter table stripe_customers force row level security;
create policy seen on stripe_customers for select to tenantry_app, tenantry_worker using (
  organisation_id = current_setting('app.current_org_id', true) or tenancy.system_reason() is not null);
create policy added on stripe_customers for insert to tenantry_app, tenantry_worker
  with check (tenancy.system_reason() is not null);
create policy changed on stripe_customers for update to tenantry_app, tenantry_worker
  using (tenancy.system_reason() is not null);
grant select, insert on stripe_customers to tenantry_app, tenantry_worker;
grant update (deleted_at, synced_from, lease, leased_until, look_again_at) on stripe_customers to tenantry_app, tenantry_worker;

-- What was fetched. All of it can be fetched again.
create table billing_accounts (
  organisation_id text not null primary key,
  -- Counts from 1: part of the key under which a customer is asked for, so that any number of tries make one.
  customer_number int not null default 1,
  customer_id     text collate "C",
  billing_email   text,
  billing_name    text,
  -- In the currency's smallest unit; negative is credit.
  balance         bigint not null default 0,
  currency        text collate "C",
  payment_method  jsonb,
  subscription    jsonb,
  next_invoice    jsonb,
  -- A second subscription was found and ended: when, and which.
  doubled_at      timestamptz,
  doubled         jsonb,
  trial_used_at   timestamptz,
  synced_from     timestamptz,
  changed_at      timestamptz not null default now()
);
select tenancy.isolate('billing_accounts');

create table invoices (
  organisation_id text not null,
  id              text collate "C" not null check (length(id) between 4 and 255),
  number          text,
  status          text collate "C" not null,
  total           bigint not null,
  amount_due      bigint not null,
  currency        text collate "C" not null,
  created_at      timestamptz not null,
  hosted_url      text,
  pdf_url         text,
  primary key (organisation_id, id)
);
create index invoices_by_age on invoices (organisation_id, created_at desc);
select tenancy.isolate('invoices');

-- A way to Checkout: written down before Stripe is asked, so that any number of clicks end in one session.
create table checkouts (
  organisation_id text not null,
  id              uuid not null,
  lookup_key      text collate "C" not null,
  with_trial      boolean not null,
  state           text not null default 'open' check (state in ('open', 'complete', 'ended')),
  session_id      text collate "C",
  asked_by        text collate "C" not null,
  asked_at        timestamptz not null default now(),
  expires_at      timestamptz not null,
  ended_at        timestamptz,
  primary key (organisation_id, id),
  check ((state = 'open') = (ended_at is null))
);
-- One at a time.
create unique index checkouts_open on checkouts (organisation_id) where state = 'open';
select tenancy.isolate('checkouts');

-- What the program asks before it changes billing, Postgres asks again; a job of Stripe's is nobody in particular.
do $$
declare
  on_table text;
  command  text;
begin
  foreach on_table in array array['billing_accounts', 'invoices', 'checkouts'] loop
    foreach command in array array['insert', 'update', 'delete'] loop
      execute format('create policy asked_for_%s on %I as restrictive for %s to tenantry_app, tenantry_worker %s
        ((select tenancy.holds(current_setting(''app.current_org_id'', true), current_setting(''app.current_user_id'', true), ''billing:manage'')))',
        command, on_table, command, case command when 'insert' then 'with check' else 'using' end);
    end loop;
  end loop;
end $$;

insert into tenancy.directory_tables values
  ('tenantry.stripe_customers', 'looked up for each of Stripe''s events, before anyone knows which organisation it speaks of');
