#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own (TEST_DATABASE_URL, an administrator's).
# Two databases with the same rows, one of them asking for signed contexts; the program alternates between them.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
options="${TEST_DATABASE_URL#*\?}"
url() { echo "postgresql://$1@/$2?$options"; }
key="bench:$(openssl rand -hex 32)"

psql -qX "$TEST_DATABASE_URL" -c "create database plain template template0 encoding 'UTF8' locale 'C'"
psql -qX "$(url postgres plain)" -f "$root/migrations/bootstrap.sql" -c "alter database plain owner to tenantry_owner"
OWNER_DATABASE_URL="$(url tenantry_owner plain)" RUST_LOG=warn "$root/target/release/tenantry" migrate >/dev/null
echo "seeding 1,000 organisations with 1,000 procedures each, twice"
psql -qX "$(url postgres plain)" -f "$root/benches/procedures_list/seed.sql"
psql -qX "$TEST_DATABASE_URL" -c "create database signed template plain" -c "alter database signed owner to tenantry_owner" \
  -c "grant connect on database signed to tenantry_owner, tenantry_app, tenantry_worker"
OWNER_DATABASE_URL="$(url tenantry_owner signed)" CONTEXT_KEY="$key" "$root/target/release/tenantry" context sign
psql -qX "$(url postgres signed)" -c "vacuum (analyze)"

cargo run --release --quiet --manifest-path "$root/Cargo.toml" -p tenancy --example context -- \
  "$(url tenantry_app plain)" "$(url tenantry_app signed)" "$key" "${ROUNDS:-60}" | tee "$BENCH_WORK/context"
node "$root/benches/told.mjs" context "$BENCH_WORK/context"
