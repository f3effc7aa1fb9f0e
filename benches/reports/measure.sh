#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own (TEST_DATABASE_URL, an administrator's).
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/../server.sh"
echo "seeding 1,000,000 steps"
psql -qX "$(url postgres)" -f "$here/seed.sql"
"$root/target/release/examples/reports"
psql -qXAt "$(url postgres)" -f "$here/ticks.sql"
