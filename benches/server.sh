# Sourced by the measurements: a migrated database named bench, and the environment of a server that trusts our own key.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
port="${BENCH_PORT:-4790}"
work="$BENCH_WORK"
options="${TEST_DATABASE_URL#*\?}"
url() { echo "postgresql://$1@/bench?$options"; }

psql -qX "$TEST_DATABASE_URL" -c "create database bench template template0 encoding 'UTF8' locale 'C'"
psql -qX "$(url postgres)" -f "$root/migrations/bootstrap.sql" -c "alter database bench owner to tenantry_owner"
OWNER_DATABASE_URL="$(url tenantry_owner)" RUST_LOG=warn "$root/target/release/tenantry" migrate >/dev/null

export KEY_FILE="$work/key.pem" TOKENS_FILE="$work/tokens"
export ISSUER="https://tenantry-sandbox-13.clerk.accounts.dev" PARTY="http://localhost:$port"
node "$root/benches/tokens.mjs"

export ALLOW_OLD_POSTGRES=yes
export DATABASE_URL="$(url tenantry_app)" PUBLIC_BASE_URL="http://localhost:$port" LISTEN="127.0.0.1:$port" RUST_LOG=warn
export CLERK_PUBLISHABLE_KEY=pk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk CLERK_ISSUER="$ISSUER"
export STRIPE_SECRET_KEY=sk_test_bench_0000000000000000 STRIPE_API_BASE=http://localhost:1 STRIPE_WEBHOOK_SECRETS=whsec_bench00000000000000000000 ERASURE_SIGNING_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
export CLERK_SECRET_KEY=sk_test_bench_0000000000000000 CLERK_WEBHOOK_SIGNING_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
# Nothing listens there: the key is given, so no request has to leave the server.
export CLERK_AUTHORIZED_PARTIES="$PARTY" CLERK_API_URL=http://localhost:1 CLERK_PROXY_URL=http://localhost:1
CLERK_JWT_KEY="$(cat "$KEY_FILE")"
export CLERK_JWT_KEY
