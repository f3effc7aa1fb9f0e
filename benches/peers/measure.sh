#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own (TEST_DATABASE_URL, an administrator's).
# One endpoint in several stacks, in alternating rounds; then Tenantry on databases of three sizes.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
export SPREAD="10 100000"
. "$here/../server.sh"
. "$here/stacks.sh"
program="$root/target/release/tenantry"
statement() { "$root/target/release/examples/statement" "$1"; }
ENTER="$(statement domain::access::ENTER)" LIST="$(statement domain::product::procedures::LIST)"
export ENTER LIST

echo "seeding 10, 1,000 and 100,000 organisations with 20 procedures each"
for size in 10 100000; do
  psql -qX "$TEST_DATABASE_URL" -c "create database of_$size template bench" -c "alter database of_$size owner to tenantry_owner" \
    -c "revoke temporary on database of_$size from public" \
    -c "grant connect on database of_$size to tenantry_app, tenantry_worker"
  psql -qX -v ON_ERROR_STOP=1 "$(url postgres | sed "s|@/bench?|@/of_$size?|")" -v "organisations=$size" -f "$here/seed.sql"
done
psql -qX -v ON_ERROR_STOP=1 "$(url postgres)" -v organisations=1000 -f "$here/seed.sql"
install_peers

export LOAD_HOST="localhost:$port" LOAD_PATH="/api/v1/orgs/b%d/procedures" LOAD_ACCEPT=application/json
stacks=(tenantry node node-plain python)
declare -A at=([tenantry]=$port [node]=$((port + 1)) [node-plain]=$((port + 2)) [python]=$((port + 3)))
start tenantry "${at[tenantry]}" "$program" serve
start node "${at[node]}" env "PORT=${at[node]}" node "$peers/node/server.mjs"
start node-plain "${at[node-plain]}" env PLAIN=1 "PORT=${at[node-plain]}" node "$peers/node/server.mjs"
start python "${at[python]}" "$peers/python/bin/uvicorn" --app-dir "$here/python" server:app --host 127.0.0.1 --port "${at[python]}" \
  --workers 2 --loop uvloop --http httptools --no-access-log --log-level warning
node "$here/same.mjs" "$port" "${at[node]}" "${at[node-plain]}" "${at[python]}"
for stack in "${stacks[@]}"; do load 32 "${at[$stack]}" 2 >/dev/null; done
bench_script >"$work/list.pgbench"

printf '%-8s %-10s %s\n' round stack "requests/s, p50 ms, p99 ms"
: >"$work/peers.tsv"
for round in $(seq "$ROUNDS"); do
  for turn in 0 1 2 3 4; do
    stack="$(printf '%s\n' "${stacks[@]}" pgbench | sed -n "$(((round + turn) % 5 + 1))p")"
    if [ "$stack" = pgbench ]; then figures="$(transactions)"; else figures="$(load 32 "${at[$stack]}" "$SECONDS_EACH")"; fi
    printf '%-8s %-10s %s\n' "$round" "$stack" "$figures"
    printf '%s\t%s\t%s\n' "$stack" "${figures// /$'\t'}" "$(memory "$stack")" >>"$work/peers.tsv"
  done
done
stop

# As it was before pgbench: the server looks at what its role may call.
psql -qX "$(url postgres)" -c "revoke execute on function set_config(text, text, boolean) from tenantry_app"
declare -A sizes=([10]=$port [1000]=$((port + 1)) [100000]=$((port + 2)))
tokens="$TOKENS_FILE"
for size in 10 1000 100000; do
  database="of_$size"; [ "$size" = 1000 ] && database=bench
  start "of_$size" "${sizes[$size]}" env "LISTEN=127.0.0.1:${sizes[$size]}" "DATABASE_URL=${DATABASE_URL/@\/bench\?/@/$database?}" "$program" serve
done
: >"$work/growth.tsv"
for round in $(seq 0 "$ROUNDS"); do
  for turn in 0 1 2; do
    size="$(printf '%s\n' 10 1000 100000 | sed -n "$(((round + turn) % 3 + 1))p")"
    TOKENS_FILE="$tokens"; [ "$size" = 1000 ] || TOKENS_FILE="$tokens.$size"
    figures="$(LOAD_ORGANISATIONS=$size load 8 "${sizes[$size]}" "$(((SECONDS_EACH + 1) / 2))")"
    # The first round warms up.
    [ "$round" = 0 ] || printf '%s\t%s\n' "$size" "${figures// /$'\t'}" | tee -a "$work/growth.tsv"
  done
done
stop
node "$here/report.mjs" "$work/peers.tsv" "$work/growth.tsv"
