-- A tenant table and the table it refers to, shaped as the product's are. psql variable: data (even, skewed or large).
set search_path = tenantry;
-- References are not checked row by row: the rows are right by construction.
set session_replication_role = replica;
select :'data' || '_projects' as projects, :'data' || '_items' as items \gset

create table :projects (
  organisation_id text not null,
  id              uuid not null,
  name            text not null,
  primary key (organisation_id, id)
);
create table :items (
  organisation_id text not null,
  id              uuid not null,
  project_id      uuid not null,
  title           text collate "C" not null,
  status          text not null check (status in ('open', 'done', 'late')),
  amount_minor    bigint not null,
  created_at      timestamptz not null,
  primary key (organisation_id, id),
  foreign key (organisation_id, project_id) references :projects (organisation_id, id)
) with (autovacuum_enabled = false);
alter table :projects owner to tenantry_owner;
alter table :items owner to tenantry_owner;
select tenancy.isolate(:'projects'), tenancy.isolate(:'items') \g /dev/null

-- 31 characters, as a Clerk id has.
create temporary table sizes as
  select 'org_' || rpad(:'data' || 'x' || n || 'x', 27, 'z') as organisation_id, n,
         case :'data' when 'even' then 1000
                      when 'large' then case when n = 1 then 200000 else 1000 end
                      else case when n = 1 then 300000 when n <= 11 then 20000 when n <= 111 then 3000 else 225 end
         end as rows
    from generate_series(1, case :'data' when 'large' then 101 else 1000 end) as n;
insert into organisations (id, slug, name, mirrored_at)
  select organisation_id, :'data' || '-' || n, 'Organisation ' || n, now() from sizes;
insert into :projects select organisation_id, md5('project' || :'data' || n || '-' || p)::uuid, 'Project ' || p
  from sizes, generate_series(0, 19) as p;
-- In the order of time, as rows are written in life: the organisations' rows lie between one another.
insert into :items
  select organisation_id, md5(:'data' || n || '-' || i)::uuid, md5('project' || :'data' || n || '-' || i % 20)::uuid,
         'Invoice ' || i || ' of the quarter',
         case when i % 50 = 0 then 'late' when i % 3 = 0 then 'open' else 'done' end, i * 7 % 100000,
         timestamptz '2026-01-01' + i * 3600000.0 / rows * interval '1 second'
    from sizes, generate_series(1, rows) as i
   order by i::float8 / rows, n;
create index on :items (organisation_id, created_at, id);
create index on :items (organisation_id, title);
