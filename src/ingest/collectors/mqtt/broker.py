"""Where a broker is, and as whom to connect to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from aiomqtt import ProtocolVersion

from ingest.collectors.mqtt.source import BrokerSource
from ingest.collectors.mqtt.trust import Trust
from ingest.errors import SourceError

_VERSIONS = {"5": ProtocolVersion.V5, "3.1.1": ProtocolVersion.V311}
_WEEK_S = 7 * 86_400
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is and as whom to connect; `?version=5` or `3.1.1` fixes the version."""

    host: str
    port: int
    tls: bool
    versions: tuple[ProtocolVersion, ...]
    """To try in turn."""
    client: str
    """Client id: the broker keeps the session under it."""
    user: str | None = None
    password: str | None = None
    trust: Trust = field(default_factory=Trust)
    keeps_s: int = _WEEK_S
    """How long the broker keeps what comes while nobody is connected [s]; in MQTT 3.1.1 for ever or 0."""

    @classmethod
    def of(cls, source: BrokerSource, variables: Mapping[str, str]) -> "Broker":
        """From a source and the environment. Raises SourceError."""
        parts = urlsplit(source.url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
            raise SourceError(
                f"source {source.code}: {parts.scheme}://{parts.hostname} is not mqtt://host:port"
            )
        if query.get("version", "5") not in _VERSIONS:
            raise SourceError(f"source {source.code}: MQTT version {query['version']!r} is not 5 or 3.1.1")
        named = query.get("version")
        told = _Told(source.code, variables)
        worker = variables.get("PARKWATT_MQTT_WORKER")
        user, password = told.together("PARKWATT_MQTT_USER", "PARKWATT_MQTT_PASSWORD")
        return cls(
            parts.hostname,
            parts.port or _PORTS[parts.scheme],
            parts.scheme == "mqtts",
            (_VERSIONS[named],) if named else tuple(_VERSIONS.values()),
            "-".join(filter(None, (query.get("client", f"parkwatt-{source.code}"), worker))),
            user,
            password,
            _trust(source, told),
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """What the environment says for one source, before what it says for all."""

    source: str
    variables: Mapping[str, str]

    def together(self, *names: str) -> tuple[str | None, ...]:
        """All of the source's own or all of the common ones: one source's secret is not another's."""
        suffix = "_" + "".join(letter if letter.isalnum() else "_" for letter in self.source.upper())
        own, common = (
            tuple(self.variables.get(f"{name}{end}") or None for name in names) for end in (suffix, "")
        )
        return own if any(own) else common


def _trust(source: BrokerSource, told: _Told) -> Trust:
    (ca,) = told.together("PARKWATT_MQTT_CA")
    cert, key, password = told.together(
        "PARKWATT_MQTT_CERT", "PARKWATT_MQTT_KEY", "PARKWATT_MQTT_KEY_PASSWORD"
    )
    return Trust(source.ca or ca, source.cert or cert, source.key or key, password)
