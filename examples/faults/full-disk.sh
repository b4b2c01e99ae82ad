#!/bin/sh
# A disk that is full in truth, to the last byte: a small one in memory, which a file fills up. Writes are refused, reads go
# on, and when the file is gone writes go on too; no node has to be started again. For Linux, where users may make mounts of
# their own (unshare); leaves nothing behind.
#   KVCTL   the kvctl to use, if it is not on the path
#   PORT    the first of three ports, 7101 if not given
set -eu

if [ "${1:-}" != inside ]; then
    exec unshare --user --map-root-user --mount sh "$0" inside
fi

KVCTL_HOME=$(mktemp -d)
export KVCTL_HOME
mount -t tmpfs -o size=256m none "$KVCTL_HOME"
kv() { ${KVCTL:-kvctl} "$@"; }
trap 'kv cluster down --purge --yes >/dev/null || true; umount "$KVCTL_HOME"; rmdir "$KVCTL_HOME"' EXIT

kv cluster up --nodes 3 --groups 1 --detach --wait 90s --base-port "${PORT:-7101}"
kv put a 1
kv bench --fill --keys 2000 --prefix load: --timeout 30s
before=$(kv status --no-header | cut -f 1,3)

echo '== The disk is filled up'
# In two steps, as disks do: who fills 200 MiB between two looks of a node stops it in the middle of a write.
left=$(df -k "$KVCTL_HOME" | awk 'NR == 2 { print $4 }')
dd if=/dev/zero of="$KVCTL_HOME/filler" bs=1024 count=$((left - 48 * 1024)) 2>/dev/null
until [ "$(kv status --no-header 2>/dev/null | cut -f 2 | sort -u)" = full ]; do sleep 0.2; done
sleep 2 # What was applied before is written by then.
dd if=/dev/zero of="$KVCTL_HOME/filler2" bs=64k 2>/dev/null || true
df "$KVCTL_HOME"
code=0
kv put a 2 --timeout 2s || code=$?
test "$code" = 5
kv get a && echo
kv scan load: --count
kv status

echo '== There is room again'
rm "$KVCTL_HOME/filler" "$KVCTL_HOME/filler2"
kv put a 3 --timeout 30s
kv get a && echo
kv wait healthy --timeout 60s
test "$before" = "$(kv status --no-header | cut -f 1,3)"
