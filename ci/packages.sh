#!/usr/bin/env bash
# Installs what the tests need from Debian; as root, without questions.
set -euo pipefail

packages=(python3 python3-venv make ca-certificates mosquitto mosquitto-clients chromium-headless-shell fonts-noto-cjk debootstrap mbpoll
    gcc libc6-dev libmodbus-dev socat openssl collectd-core iproute2)
missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "== Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# No service may start by itself: the tests start their own.
[ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; mine=1; }
trap '[ -z "${mine:-}" ] || rm -f /usr/sbin/policy-rc.d' EXIT
quiet=(-qq -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)
apt-get "${quiet[@]}" update
apt-get "${quiet[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
