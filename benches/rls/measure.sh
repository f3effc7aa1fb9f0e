#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own (TEST_DATABASE_URL, an administrator's).
# First statements, one at a time, then whole requests of two servers of which one has lost row-level security.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/../server.sh"
sql() { psql -qX -v ON_ERROR_STOP=1 "$@"; }

echo "seeding: 1,000 organisations with 1,000 rows each, a skewed million, one of 200,000 in 300,000, and the product's tables"
for data in even skewed large; do sql "$(url postgres)" -v "data=$data" -f "$here/items.sql"; done
sql "$(url postgres)" -f "$here/product.sql"
# The same statements by somebody whom row-level security does not bind: the same tables, indexes and pages.
sql "$(url postgres)" <<'SQL'
create role bench_unwalled login bypassrls noinherit;
alter role bench_unwalled set search_path = tenantry;
alter role bench_unwalled set statement_timeout = '5s';
alter role bench_unwalled set lock_timeout = '2s';
alter role bench_unwalled set idle_in_transaction_session_timeout = '10s';
grant connect on database bench to bench_unwalled;
grant usage on schema tenantry, tenancy to bench_unwalled;
grant select, insert, update, delete on all tables in schema tenantry to bench_unwalled;
vacuum (analyze);
checkpoint;
SQL

mkdir -p "$root/docs/performance/plans"
"$root/target/release/examples/rls" "$(url tenantry_app)" "$(url bench_unwalled)" "${RLS_SECONDS:-220}" \
  "$work/rls.tsv" "$root/docs/performance/plans"

. "$here/request.sh"
node "$here/report.mjs" "$work/rls.tsv" "$work/request.tsv"
