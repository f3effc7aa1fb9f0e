# Sourced by measure.sh: starting, loading and stopping the stacks.
peers="$root/target/peers"
declare -A running=()

# Packages by the lock files beside the sources, into target/.
install_peers() {
  mkdir -p "$peers/node"
  cp "$here"/node/* "$peers/node/"
  npm ci --prefix "$peers/node" --ignore-scripts --silent
  [ -x "$peers/python/bin/pip" ] || python3 -m venv "$peers/python"
  "$peers/python/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/python/requirements.txt"
}

# A process and all it has started.
family() {
  local child
  echo "$1"
  for child in $(ps -o pid= --ppid "$1"); do family "$child"; done
}

stop() {
  local name pid
  for name in "${!running[@]}"; do
    for pid in $(family "${running[$name]}"); do kill "$pid" 2>/dev/null || true; done
    wait "${running[$name]}" 2>/dev/null || true
    unset "running[$name]"
  done
}
trap stop EXIT

start() { # name, port, command
  local name="$1" to="$2"
  shift 2
  "$@" >"$work/$name.log" 2>&1 &
  running[$name]=$!
  for _ in $(seq 200); do
    curl -s -o "$work/answer" "http://127.0.0.1:$to/" -H "Host: $LOAD_HOST" && return
    kill -0 "${running[$name]}" 2>/dev/null || break
    sleep 0.05
  done
  echo "$name does not start:" >&2
  cat "$work/$name.log" >&2
  exit 1
}

# Resident memory of a stack's processes in MB.
memory() {
  [ -n "${running[$1]:-}" ] || { echo 0; return; }
  local pid
  for pid in $(family "${running[$1]}"); do awk '/VmRSS/ {print $2}' "/proc/$pid/status" 2>/dev/null || true; done |
    awk '{sum += $1} END {printf "%.0f", sum / 1024}'
}

load() { # connections, port, seconds
  local figures
  figures="$(TOKENS_FILE="$TOKENS_FILE" wrk -t1 -c"$1" -d"${3}s" -s "$root/benches/procedures_list/load.lua" "http://127.0.0.1:$2" |
    awk '/RESULT/ {print $2, $3, $4, $5}')"
  [ "${figures##* }" = 0 ] || { echo "${figures##* } answers of port $2 were no 200" >&2; return 1; }
  echo "${figures% *}"
}

# The transaction in pgbench. A variable cannot stand in SET LOCAL of a prepared statement, so a function sets the context.
bench_script() {
  psql -qX "$(url postgres)" -c "grant execute on function set_config(text, text, boolean) to tenantry_app" >&2
  cat <<SQL
\set n random(1, 1000)
\startpipeline
begin read only;
select set_config('app.current_org_id', 'org_b' || :n, true), set_config('app.current_user_id', 'user_b' || :n, true);
$(sed "s/\$1/('org_b'||:n::text)/g; s/\$2/('user_b'||:n::text)/g; s/\$3/('b'||:n::text)/g" <<<"$ENTER");
$(sed "s/\$1/('org_b'||:n::text)/g; s/\$2/'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid/g" <<<"$LIST");
commit;
\endpipeline
SQL
}

transactions() {
  rm -f "$work"/latency.*
  pgbench -n -M prepared -c 8 -j 1 -T "$SECONDS_EACH" -l --log-prefix="$work/latency" -f "$work/list.pgbench" "$(url tenantry_app)" 2>"$work/pgbench.log" |
    awk '/tps/ {printf "%.0f ", $3} /failed/ && $(NF-1) + 0 > 0 {exit 1}'
  awk '{print $3}' "$work"/latency.* | sort -n |
    awk '{all[NR] = $1} END {printf "%.2f %.2f\n", all[int((NR + 1) / 2)] / 1000, all[int(NR * .99)] / 1000}'
}
