#!/usr/bin/env bash
# ci/timescaledb.sh TREE DATA: a TimescaleDB (Apache edition) from the tree, in the foreground, on a free port of
# loopback. Writes its URL to DATA/url as soon as it answers; ends with SIGINT or SIGTERM and removes its cluster,
# which is kept in memory where a mount is allowed: tests make and drop some thousand databases.
set -euo pipefail

tree=$1
data=$2
bin=/usr/lib/postgresql/17/bin
cluster=$(mktemp -d "$tree/srv/cluster.XXXXXX")
mount -t tmpfs -o size=4g tmpfs "$cluster" || echo "$0: its files stay on the disk" >&2
inside=${cluster#"$tree"}
as_postgres=(chroot --userspec=postgres:postgres "$tree" env -i LC_ALL=C.UTF-8 PATH="$bin:/usr/bin:/bin")
server=
end() {
    [ -z "$server" ] || { kill -INT "$server" 2>/dev/null || true; wait "$server" || true; }
    ! mountpoint -q "$cluster" || umount "$cluster"
    rm -rf "$cluster"
}
trap end EXIT
trap 'exit 0' INT TERM

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
password=$(python3 -c 'import secrets; print(secrets.token_urlsafe(24))')
(umask 077; printf %s "$password" >"$cluster/password")
chown -R "$(chroot "$tree" id -u postgres):$(chroot "$tree" id -g postgres)" "$cluster"
"${as_postgres[@]}" initdb -D "$inside/main" -U parkwatt -A scram-sha-256 --pwfile="$inside/password" \
    --encoding=UTF8 --locale=C.UTF-8 --no-instructions --no-sync >"$data/initdb.log"

# A copied template database must have no session in it, so no background jobs; fsync is of no use to a test server.
"${as_postgres[@]}" postgres -D "$inside/main" -p "$port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c dynamic_shared_memory_type=mmap \
    -c shared_preload_libraries=timescaledb -c timescaledb.license=apache -c timescaledb.telemetry_level=off \
    -c timescaledb.max_background_workers=0 -c fsync=off -c shared_buffers=256MB -c max_connections=300 \
    >"$data/server.log" 2>&1 &
server=$!
for _ in $(seq 300); do
    kill -0 "$server" 2>/dev/null || { cat "$data/server.log" >&2; exit 1; }
    "${as_postgres[@]}" pg_isready -q -h 127.0.0.1 -p "$port" && break
    sleep 0.1
done
printf 'postgresql://parkwatt:%s@127.0.0.1:%s/postgres' "$password" "$port" >"$data/url.new"
mv "$data/url.new" "$data/url"
wait "$server"
