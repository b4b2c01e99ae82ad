#!/bin/sh
# Runs scale-out.kv under load: a client reads and writes from before the first move until after the last node is gone.
# Ends with 0 if every step went well and not one of the client's requests failed or stayed unknown.
#   KVCTL   the kvctl to use, if it is not on the path
set -eu

here=$(dirname "$0")
client=$(mktemp)
${KVCTL:-kvctl} bench --clients 4 --duration 1h --warmup 0 --keys 500 --prefix client: --timeout 10s -o json >"$client" &
bench=$!
trap 'kill $bench 2>/dev/null || true; rm -f "$client"' EXIT

${KVCTL:-kvctl} -f "$here/scale-out.kv" "$@"

kill $bench
wait $bench || true # 143: it was told to end, and has shown what it measured
echo '== What the client saw'
cat "$client"
grep -q '"errors":0,"unknown":0,' "$client"
