#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/../server.sh"
node "$here/measure.mjs" "$root/target/release/tenantry" | tee "$work/start"
node "$here/../told.mjs" start "$work/start"
