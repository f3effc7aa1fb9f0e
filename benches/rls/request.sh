# Sourced by measure.sh: whole requests of two servers, the same program, on two copies of one database.
# The second loses row-level security after its start: with it lost before, the server would refuse to start.
sql "$(url postgres)" -c "set search_path = tenantry" -c "drop table even_items, even_projects, skewed_items, skewed_projects, large_items, large_projects"
sql "$(url postgres)" -c "drop owned by bench_unwalled"
sql "$TEST_DATABASE_URL" -c "create database unwalled template bench" -c "alter database unwalled owner to tenantry_owner" \
  -c "revoke temporary on database unwalled from public" -c "grant connect on database unwalled to tenantry_app, tenantry_worker"
owner="$(url tenantry_owner)"
unwalled() { sed 's|@/bench?|@/unwalled?|' <<<"$1"; }
walls() {
  sql "$(unwalled "$owner")" -c "do \$\$ declare one regclass; begin
    for one in select polrelid from pg_policy group by polrelid loop execute format('alter table %s $1 row level security', one); end loop;
  end \$\$"
}
servers=()
stop() { for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done; servers=(); }
trap stop EXIT
serve() { # port, database
  LISTEN="127.0.0.1:$1" DATABASE_URL="$2" "$root/target/release/tenantry" serve >"$work/server-$1.log" 2>&1 &
  servers+=($!)
  for _ in $(seq 100); do
    curl -fsS "http://127.0.0.1:$1/healthz" -H "Host: localhost:$port" >/dev/null 2>&1 && return
    sleep 0.05
  done
  cat "$work/server-$1.log" >&2
  exit 1
}

: >"$work/request.tsv"
for start in $(seq "${STARTS:-8}"); do
  walls enable
  serve "$port" "$DATABASE_URL"
  serve $((port + 1)) "$(unwalled "$DATABASE_URL")"
  walls disable
  "$root/target/release/examples/request" "$port" $((port + 1)) "localhost:$port" "$TOKENS_FILE" "$start" >>"$work/request.tsv"
  stop
done
