#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own (TEST_DATABASE_URL, an administrator's).
# Rounds alternate between the page, the JSON list and pgbench, so that noise of the machine hits all of them alike.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/../server.sh"
echo "seeding 1,000 organisations with 1,000 procedures each"
psql -qX "$(url postgres)" -f "$here/seed.sql"
# pgbench sets the organisation by a function call, because a variable cannot stand in SET LOCAL of a prepared statement.
psql -qX "$(url postgres)" -c "grant execute on function set_config(text, text, boolean) to tenantry_app"

export LOAD_HOST="localhost:$port"
"$root/target/release/tenantry" serve >"$work/server.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  curl -fsS "http://127.0.0.1:$port/healthz" -H "Host: localhost:$port" >/dev/null 2>&1 && break
  sleep 0.05
done
kill -0 $server 2>/dev/null || { cat "$work/server.log" >&2; exit 1; }
echo "idle memory of the server: $(awk '/VmRSS/ {print $2 / 1024 " MB"}' "/proc/$server/status")"

statement() { "$root/target/debug/examples/statement" "$1" 2>/dev/null || cargo run -q --manifest-path "$root/Cargo.toml" -p domain --example statement -- "$1"; }
access="$(statement domain::access::ENTER)"
list="$(statement domain::product::procedures::LIST)"
fill() { sed -e "s/\$1/'org_b'||:org/g" -e "s/\$2/$2/g" -e "s/\$3/'b'||:org/g" <<<"$1"; }
cat >"$work/list.pgbench" <<SQL
\set org random(1, 1000)
\startpipeline
begin read only;
select set_config('app.current_org_id', 'org_b' || :org, true), set_config('app.current_user_id', 'user_b' || :org, true);
$(fill "$access" "'user_b'||:org");
$(fill "$list" "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid");
commit;
\endpipeline
SQL
sed -i "s/'org_b'||:org/('org_b'||:org::text)/g; s/'user_b'||:org/('user_b'||:org::text)/g; s/ 'b'||:org/ ('b'||:org::text)/g" "$work/list.pgbench"

load() { LOAD_PATH="$1" LOAD_ACCEPT="$2" wrk -t1 -c"$3" -d"${SECONDS_EACH}s" -s "$here/load.lua" "http://127.0.0.1:$port" | awk '/RESULT/ {print $2, $3, $4, $5}'; }
bench() { pgbench -n -M prepared -c 8 -j 1 -T "$SECONDS_EACH" -f "$work/list.pgbench" "$(url tenantry_app)" 2>/dev/null | awk '/tps/ {print $3}'; }

load "/orgs/b%d/procedures" "text/html" 32 >/dev/null
printf '%-6s %-34s %-34s %s\n' round "page: req/s p50 p99 ms, not 2xx" "json: req/s p50 p99 ms, not 2xx" "pgbench tps"
for round in $(seq "$ROUNDS"); do
  printf '%-6s %-34s %-34s %s\n' "$round" "$(load "/orgs/b%d/procedures" "text/html" 32)" \
    "$(load "/api/v1/orgs/b%d/procedures" "application/json" 32)" "$(bench)"
done | tee "$work/rounds"
awk '{p[NR]=$2; j[NR]=$6; b[NR]=$10} function median(a, n,   i, k, t) { for (i=1;i<n;i++) for (k=i+1;k<=n;k++) if (a[i]>a[k]) {t=a[i];a[i]=a[k];a[k]=t}; return a[int((n+1)/2)] }
  END {P=median(p,NR); J=median(j,NR); B=median(b,NR); printf "medians: page %.0f/s (%.2f of pgbench), json %.0f/s (%.2f of pgbench), pgbench %.0f/s\n", P, P/B, J, J/B, B}' "$work/rounds"
echo "memory of the server afterwards: $(awk '/VmRSS/ {print $2 / 1024 " MB"}' "/proc/$server/status")"
