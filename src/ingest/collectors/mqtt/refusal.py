"""Why there is no session with a broker, in words that say what to do."""

import ssl

from aiomqtt import MqttCodeError, MqttError

from ingest.collectors.mqtt.broker import Broker
from ingest.doubt import doubted
from ingest.unreached import unreached

_OF_THE_ACCOUNT = frozenset({4, 5, 134, 135})
"""Bad user name or password, and not authorised, in MQTT 3.1.1 and in 5."""


def no_way(error: MqttError, broker: Broker) -> str:
    """The error that aiomqtt's was made of stands in its context alone."""
    cause = error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return doubted(cause, "ca")
    if isinstance(cause, ssl.SSLError) or (broker.tls and isinstance(cause, ConnectionResetError)):
        return "it may not speak TLS (mqtt://)"
    return unreached(cause or error)


def refused(error: MqttError, broker: Broker) -> str:
    code = error.rc if isinstance(error, MqttCodeError) else None
    if (code if isinstance(code, int) else getattr(code, "value", None)) not in _OF_THE_ACCOUNT:
        return str(error)
    if broker.user is None:
        return "it wants an account: set PARKWATT_MQTT_USER and PARKWATT_MQTT_PASSWORD"
    return f"not as {broker.user}: look at PARKWATT_MQTT_USER and PARKWATT_MQTT_PASSWORD"


def hung_up(broker: Broker) -> str:
    if not broker.tls:
        return "it may want encryption (mqtts://) or another version of MQTT"
    if broker.trust.cert is None:
        return "it may want a certificate of ours: cert and key"
    return "it may not accept our certificate: expired, or of an authority that it does not know"
