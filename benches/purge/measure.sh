#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/../server.sh"
psql -qX "$(url postgres)" -f "$here/rows.sql"
WORKER_DATABASE_URL="$(url tenantry_worker)"
export WORKER_DATABASE_URL
# How long each statement of the worker's has been running, fifty times a second.
psql -qXAt "$(url postgres)" >"$work/running" <<'SQL' &
select coalesce(max(extract(epoch from clock_timestamp() - query_start) * 1000), 0)::int from pg_stat_activity where usename = 'tenantry_worker' and state = 'active' \watch 0.02
SQL
watcher=$!
"$root/target/release/examples/purge" >"$work/purge"
kill "$watcher"
longest="$(sort -n "$work/running" | tail -1)"
printf '%-64s%12s\n' 'longest statement of the erasure, milliseconds' "$longest" >>"$work/purge"
cat "$work/purge"
node "$here/../told.mjs" purge "$work/purge"
