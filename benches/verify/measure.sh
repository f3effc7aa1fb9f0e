#!/usr/bin/env bash
# Called by script/bench with a Postgres of its own, of which only the version is asked.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../.." && pwd)"
node "$here/measure.mjs" "$root/target/release/examples/verify" | tee "$BENCH_WORK/verify"
node "$here/../told.mjs" verify "$BENCH_WORK/verify"
