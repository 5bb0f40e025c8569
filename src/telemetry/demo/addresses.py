"""Where the demo park listens: ports that are free, and the variables by which its site file names them."""

import socket
from contextlib import closing
from dataclasses import dataclass
from itertools import count

from telemetry.settings.environment import Environment

GATEWAYS = 5
_MODBUS_PORT, _MQTT_PORT = 15020, 18830


@dataclass(frozen=True, slots=True)
class Addresses:
    """Ports that were free a moment ago."""

    http: int
    modbus: int
    """Of the first gateway; the others follow."""
    mqtt_url: str
    own_broker: bool


def choose_addresses(environment: Environment) -> Addresses:
    """The usual ports where they are free, else the next free ones; a broker that is named is used."""
    http = next(port for port in count(environment.port) if _free(port))
    modbus = next(port for port in count(_MODBUS_PORT, 10) if all(_free(port + n) for n in range(GATEWAYS)))
    mqtt = next(port for port in count(_MQTT_PORT) if _free(port))
    named = environment.mqtt_url
    return Addresses(http, modbus, named or f"mqtt://127.0.0.1:{mqtt}", named is None)


def gateway_variables(modbus_port: int) -> dict[str, str]:
    return {f"PARKWATT_DEMO_MODBUS_PORT_{n}": str(modbus_port + n) for n in range(GATEWAYS)}


def _free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
