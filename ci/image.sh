#!/usr/bin/env bash
# ci/image.sh TREE DATABASE_URL: the Dockerfile's steps in copies of a bare Debian 13 tree, then the service from the
# second one as the image's user, until the image's health check passes. No Docker engine is needed.
set -euo pipefail

bare=$1
database_url=$2
work=$(mktemp -d "$(dirname "$bare")/image.XXXXXX")
service=
end() {
    [ -z "$service" ] || { kill "$service" 2>/dev/null || true; wait "$service" 2>/dev/null || true; }
    rm -rf --one-file-system "$work"
}
trap end EXIT

# The machine's own way to its registries, certificates and names, for the build alone.
lend_network() {
    local tree=$1 file
    for file in /etc/resolv.conf /etc/hosts /etc/pip.conf "${HOME}/.config/pip/pip.conf" "${HOME}/.npmrc"; do
        [ ! -e "$file" ] || install -D -m 644 "$file" "$tree$file"
    done
    install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$tree$certificates"
    apt-config dump | grep -E '^Acquire::(http|https|Check|Retries)' >"$tree/etc/apt/apt.conf.d/90machine" || true
}

# Under a name of its own, since the tree's own bundle is written anew by its package.
certificates=/etc/ssl/machine.crt

# In namespaces of its own: whatever a step starts ends with it.
inside() {
    local tree=$1
    shift
    PIP_CERT=$certificates SSL_CERT_FILE=$certificates REQUESTS_CA_BUNDLE=$certificates \
        NODE_EXTRA_CA_CERTS=$certificates npm_config_cafile=$certificates \
        unshare --mount --pid --fork --kill-child sh -c 'mount -t proc proc "$1/proc"; tree=$1; shift; exec chroot "$tree" "$@"' \
        sh "$tree" "$@"
}

quietly() {
    "$@" >"$work/step.log" 2>&1 || { tail -n 60 "$work/step.log" >&2; exit 1; }
}

for stage in build final; do cp -a "$bare" "$work/$stage"; done
mkdir "$work/build/src"
git archive HEAD | tar -x -C "$work/build/src"
lend_network "$work/build"
lend_network "$work/final"

echo "== image: build"
quietly inside "$work/build" sh -c 'cd /src && sh image/steps.sh build'
echo "== image: runtime"
install -D "$work/build/src/image/steps.sh" "$work/final/tmp/steps.sh"
quietly inside "$work/final" sh /tmp/steps.sh runtime
cp -a "$work/build/opt/parkwatt" "$work/final/opt/parkwatt"

echo "== image: health"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
user=(chroot --userspec=10001:10001 "$work/final" env -i PATH=/opt/parkwatt/bin:/usr/bin:/bin PARKWATT_PORT="$port"
    PARKWATT_DATA_DIR=/var/lib/parkwatt PARKWATT_CONFIG_DIR=/etc/parkwatt PARKWATT_DATABASE_URL="$database_url"
    PARKWATT_HOST=127.0.0.1)
"${user[@]}" parkwatt check
# As compose.yaml runs it: nothing can be written but /tmp, in memory, and the data folder.
install -d -o 10001 -g 10001 -m 750 "$work/data"
closed='set -e
tree=$1 data=$2; shift 2
mount --bind "$tree" "$tree"
mount -o remount,bind,ro "$tree"
mount -t tmpfs -o mode=1777 tmpfs "$tree/tmp"
mount --bind "$data" "$tree/var/lib/parkwatt"
exec "$@"'
unshare --mount sh -c "$closed" sh "$work/final" "$work/data" \
    "${user[@]}" sh -c '! touch /etc/parkwatt/written 2>/dev/null && exec parkwatt serve' \
    >"$work/serve.log" 2>&1 &
service=$!
for _ in $(seq 120); do
    if "${user[@]}" sh /opt/parkwatt/health.sh 2>/dev/null; then
        echo "image: healthy, its files read-only"
        exit 0
    fi
    kill -0 "$service" 2>/dev/null || break
    sleep 0.5
done
echo "image: the service did not become healthy:" >&2
cat "$work/serve.log" >&2
exit 1
