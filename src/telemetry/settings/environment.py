"""The environment variables that a running service listens to."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from telemetry.settings.mistakes import ConfigError, Mistake
from telemetry.settings.provider import ProviderSettings, read_provider

_PORTS = range(1, 65536)
_SHORTEST_TOKEN = 16
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  # addresses to listen on
_SMALLEST_SPOOL_MB = 16


@dataclass(frozen=True, slots=True)
class Environment:
    port: int
    host: str
    allowed_hosts: tuple[str, ...]
    data_dir: Path
    config_dir: Path | None
    """Folder with sites/ and the park's own devices/, factors/, tariffs/; None: the library alone."""
    database_url: str | None
    mqtt_url: str | None
    token: str | None
    url: str | None
    """How people reach the page, such as https://park.example; None: where it listens."""
    spool_mb: int
    """What the readings that wait for the database may take of the disk [MiB]."""

    provider: ProviderSettings | None = None
    """Of OpenID Connect; None: people sign in here alone."""

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def address(self) -> str:
        """Where people reach the page."""
        host = "127.0.0.1" if self.loopback or self.host in _EVERYWHERE else self.host
        return self.url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_environment(variables: Mapping[str, str] = os.environ) -> Environment:
    """Settings as the process found them. Raises ConfigError naming the variable."""
    return Environment(
        port=_port(variables.get("PARKWATT_PORT", "8000")),
        host=variables.get("PARKWATT_HOST", "127.0.0.1"),
        allowed_hosts=_listed(variables.get("PARKWATT_ALLOWED_HOSTS", "")),
        data_dir=Path(variables.get("PARKWATT_DATA_DIR") or _user_data_dir(variables))
        .expanduser()
        .absolute(),
        config_dir=_config_dir(variables),
        database_url=variables.get("PARKWATT_DATABASE_URL") or None,
        mqtt_url=variables.get("PARKWATT_MQTT_URL") or None,
        token=_token(variables.get("PARKWATT_TOKEN", "")),
        url=_url(variables.get("PARKWATT_URL", "")),
        spool_mb=_spool_mb(variables.get("PARKWATT_SPOOL_MB") or "1024"),
        provider=read_provider(variables),
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) not in _PORTS:
        raise ConfigError(
            [Mistake("environment", "PARKWATT_PORT", f"{text!r} is not a port from 1 to 65535")]
        )
    return int(text)


def _spool_mb(text: str) -> int:
    if not text.isdecimal() or int(text) < _SMALLEST_SPOOL_MB:
        reason = f"{text!r} is not a number of MiB from {_SMALLEST_SPOOL_MB} on"
        raise ConfigError([Mistake("environment", "PARKWATT_SPOOL_MB", reason)])
    return int(text)


def _token(text: str) -> str | None:
    if 0 < len(text) < _SHORTEST_TOKEN:
        reason = f"a token of {len(text)} characters can be guessed; use {_SHORTEST_TOKEN} or more"
        raise ConfigError([Mistake("environment", "PARKWATT_TOKEN", reason)])
    return text or None


def _url(text: str) -> str | None:
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/")):
        reason = f"{text!r} is not https://host or http://host:port"
        raise ConfigError([Mistake("environment", "PARKWATT_URL", reason)])
    return text.rstrip("/") or None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _user_data_dir(variables: Mapping[str, str]) -> str:
    base = variables.get("XDG_DATA_HOME") or "~/.local/share"
    return f"{base}/parkwatt"


def _config_dir(variables: Mapping[str, str]) -> Path | None:
    named = variables.get("PARKWATT_CONFIG_DIR")
    if not named:
        beside = Path("config").absolute()
        return beside if (beside / "sites").is_dir() else None
    folder = Path(named).expanduser().absolute()
    if not folder.is_dir():
        raise ConfigError([Mistake("environment", "PARKWATT_CONFIG_DIR", f"{named!r} is not a folder")])
    return folder
