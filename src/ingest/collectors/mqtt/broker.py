"""Where a broker is, and as whom to connect to it."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from aiomqtt import ProtocolVersion

from ingest.collectors.mqtt.source import BrokerSource
from ingest.errors import SourceError

_VERSIONS = {"5": ProtocolVersion.V5, "3.1.1": ProtocolVersion.V311}
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Trust:
    """The files that TLS is built on."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    key_password: str | None = None

    def context(self) -> ssl.SSLContext:
        """Raises SourceError naming the file that cannot be used."""
        try:
            made = ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as error:
            raise SourceError(f"ca {self.ca}: {error}") from error
        if self.cert is None:
            return made
        try:
            made.load_cert_chain(self.cert, self.key, self.key_password or _no_password)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise SourceError(f"cert {self.cert}, key {self.key or self.cert}: {error}") from error
        return made


def _no_password() -> str:
    """OpenSSL would ask on the terminal."""
    raise ValueError("the key is locked, and PARKWATT_MQTT_KEY_PASSWORD is not set")


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
    trust: Trust = Trust()
    lasting: bool = True
    """The broker keeps what comes while nobody is connected."""

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
        user, password = told.together("USER", "PASSWORD")
        return cls(
            parts.hostname,
            parts.port or _PORTS[parts.scheme],
            parts.scheme == "mqtts",
            (_VERSIONS[named],) if named else tuple(_VERSIONS.values()),
            query.get("client", f"parkwatt-{source.code}"),
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
        own = tuple(self.variables.get(f"PARKWATT_MQTT_{name}{suffix}") or None for name in names)
        return (
            own if any(own) else tuple(self.variables.get(f"PARKWATT_MQTT_{name}") or None for name in names)
        )


def _trust(source: BrokerSource, told: _Told) -> Trust:
    (ca,) = told.together("CA")
    cert, key, password = told.together("CERT", "KEY", "KEY_PASSWORD")
    return Trust(source.ca or ca, source.cert or cert, source.key or key, password)
