#!/bin/sh
# The image's health check: fails unless the service answers that it is alive.
exec /opt/parkwatt/bin/python -c 'import os, urllib.request
urllib.request.urlopen("http://127.0.0.1:" + os.environ.get("PARKWATT_PORT", "8000") + "/healthz", timeout=4)'
