#!/bin/sh
# Starts the broker of compose.yaml with the two accounts that the environment gives passwords to.
set -eu
umask 077
passwords=${PASSWORDS:-/tmp/passwords}
: >"$passwords"
mosquitto_passwd -b "$passwords" parkwatt "$PARKWATT_MQTT_PASSWORD"
mosquitto_passwd -b "$passwords" meters "$METERS_MQTT_PASSWORD"
[ "$(id -u)" != 0 ] || chown mosquitto "$passwords"
exec mosquitto -c "${CONFIG:-/mosquitto/config/mosquitto.conf}"
