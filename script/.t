#!/usr/bin/env bash
# Everything CI runs, in the same order, from nothing. Ends at the first stage that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
programs=${CARGO_TARGET_DIR:-$PWD/target}/debug
# The tests make a database of their own; a developer's must not be touched.
unset DATABASE_URL TENANTRY_DATA_DIR

heading=
stage() {
  if [[ -n $heading ]]; then echo "--- $heading: $((SECONDS - begun)) s"; fi
  heading=$1
  begun=$SECONDS
  if [[ -n $heading ]]; then echo "=== $heading"; fi
}
begun=0
trap 'status=$?; if (( status != 0 )); then echo "!!! failed: $heading" >&2; fi' EXIT

# Every file that is committed, or would be, with a checksum.
files() { git ls-files -co --exclude-standard -z | sort -z | while IFS= read -r -d '' file; do [[ ! -f $file ]] || cksum "$file"; done; }

stage "what is needed"
script/setup --browser

stage "format"
true cargo fmt --all --check

stage "lints"
true cargo clippy --locked --workspace --all-targets -- -D warnings

stage "programs"
true cargo build --locked --workspace

before=$(files)
stage "tests, migrations from nothing"
true run --throwaway -- cargo test --locked --workspace

stage "dependencies"
if [[ ! -e deny.toml ]]; then
  echo "no deny.toml"
elif cargo deny --version >/dev/null 2>&1; then
  cargo deny --locked check --hide-inclusion-graph
else
  echo "skipped: cargo-deny is not installed"
fi

stage "generated files clean"
if ! changed=$(diff <(echo "$before") <(files)); then
  echo "the tests wrote over these files; look at them and commit them:" >&2
  sed -nE 's/^[<>] [0-9]+ [0-9]+ /  /p' <<<"$changed" | sort -u >&2
  exit 1
fi

stage "browser"
mapfile -t browser_tests < <(find /nonexistent e2e -name '*.test.mjs' -o -name '*.test.js' | sort)
if (( ${#browser_tests[@]} > 0 )); then
  node --test --test-concurrency=1 "${browser_tests[@]}"
fi

stage ""
echo "all of it: $SECONDS s"
