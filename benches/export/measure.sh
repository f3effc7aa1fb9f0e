#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/../server.sh"
psql -qX "$(url postgres)" -f "$here/rows.sql"
mkdir "$work/files"
WORKER_DATABASE_URL="$(url tenantry_worker)" FILES_DIR="$work/files"
export WORKER_DATABASE_URL FILES_DIR
"$root/target/release/examples/export" | tee "$work/export"
node "$here/../told.mjs" export "$work/export"
