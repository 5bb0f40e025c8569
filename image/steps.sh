#!/bin/sh
# What is done inside the image, as the Dockerfile runs it and as CI runs it in a bare Debian 13 tree.
# steps.sh build: from the checkout in the working directory, ParkWatt into /opt/parkwatt.
# steps.sh runtime: what the image needs beside it, and the user it runs as.
set -eu

install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends "$@"
    rm -rf /var/lib/apt/lists/*
}

case "$1" in
    build)
        install python3 python3-venv ca-certificates
        python3 -m venv /opt/parkwatt
        /opt/parkwatt/bin/python -m pip install --no-cache-dir --constraint constraints.txt .
        /opt/parkwatt/bin/python -m pip uninstall --yes --quiet pip
        cp image/health.sh /opt/parkwatt/health.sh
        ;;
    runtime)
        install python3 ca-certificates
        groupadd --system --gid 10001 parkwatt
        useradd --system --uid 10001 --gid parkwatt --home-dir /var/lib/parkwatt --shell /usr/sbin/nologin parkwatt
        for folder in /var/lib/parkwatt /etc/parkwatt; do
            mkdir -p "$folder"
            chown parkwatt:parkwatt "$folder"
            chmod 0750 "$folder"
        done
        ;;
    *)
        echo "usage: steps.sh build|runtime" >&2
        exit 2
        ;;
esac
