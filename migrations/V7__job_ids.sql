-- A job's id is unique across organisations. Whoever may choose one learns by the refusal whether another
-- organisation's job has it: so Postgres chooses, and a server changes of a job only what a worker writes.

set search_path = tenantry;

alter table jobs alter column id set default gen_random_uuid();
revoke insert, update on jobs from tenantry_app, tenantry_worker;
grant insert (kind, organisation_id, payload) on jobs to tenantry_app, tenantry_worker;
grant update (state, run_at, attempts, leased_until, last_error, finished_at) on jobs to tenantry_app, tenantry_worker;
