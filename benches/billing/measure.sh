#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/../server.sh"
WORKER_DATABASE_URL="$(url tenantry_worker)"
export WORKER_DATABASE_URL CLERK_API_URL="http://localhost:$((port + 1))" CLERK_CALLS_IN_TEN_SECONDS=1000000 RUST_LOG=error
export STRIPE_API_BASE="http://localhost:$((port + 2))" STRIPE_CALLS_IN_A_SECOND=1000000
export STRIPE_PAGES="$STRIPE_API_BASE" SANDBOX_DATA="$work/sandbox" SANDBOX_PORTS="$((port + 2)) $((port + 3)) $((port + 4))"
node "$here/measure.mjs" "$root/target/release" | tee "$work/billing"
node "$here/../told.mjs" billing "$work/billing"
