#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
. "$here/../server.sh"
WORKER_DATABASE_URL="$(url tenantry_worker)"
export WORKER_DATABASE_URL SMTP_URL=smtp://127.0.0.1:9 MAIL_FROM=mail@example.com CLERK_API_URL="http://localhost:$((port + 1))" CLERK_CALLS_IN_TEN_SECONDS=1000000 RUST_LOG=error
node "$here/measure.mjs" "$root/target/release/tenantry" | tee "$work/webhooks"
node "$here/../told.mjs" webhooks "$work/webhooks"
