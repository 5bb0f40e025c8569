"""Which provider of OpenID Connect vouches for people, and what its claims open here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from telemetry.settings.mistakes import ConfigError, Mistake

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Granted:
    """What one value of the claim opens."""

    value: str
    roles: tuple[str, ...]
    areas: tuple[str, ...] | None
    """None: the whole park."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    """As the page calls it."""
    claim: str
    grants: tuple[Granted, ...]
    """The first that fits counts; none: people come in by invitation alone."""


def read_provider(variables: Mapping[str, str]) -> ProviderSettings | None:
    """None where no provider is named. Raises ConfigError naming the variable."""
    issuer = variables.get("PARKWATT_OIDC_ISSUER", "").strip()
    if not issuer:
        return None
    if not may_be_asked(issuer):
        raise _mistake("ISSUER", f"{issuer!r} has to begin with https:// (http:// on loopback alone)")
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        if not variables.get(f"PARKWATT_OIDC_{name}"):
            raise _mistake(name, "is missing beside PARKWATT_OIDC_ISSUER")
    return ProviderSettings(
        issuer=issuer,
        client_id=variables["PARKWATT_OIDC_CLIENT_ID"],
        client_secret=variables["PARKWATT_OIDC_CLIENT_SECRET"],
        name=variables.get("PARKWATT_OIDC_NAME", "").strip() or urlsplit(issuer).hostname or issuer,
        claim=variables.get("PARKWATT_OIDC_CLAIM", "").strip() or "groups",
        grants=tuple(
            _granted(part) for part in variables.get("PARKWATT_OIDC_ROLES", "").split(",") if part.strip()
        ),
    )


def may_be_asked(address: str) -> bool:
    """Secrets travel to it: by TLS, or not beyond this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _granted(part: str) -> Granted:
    """`VALUE=ROLE+ROLE@AREA+AREA`, without `@` for the whole park. Raises ConfigError."""
    value, _, opened = (side.strip() for side in part.rpartition("="))
    named, limited, within = opened.partition("@")
    roles, areas = _codes(named), _codes(within)
    if not value or not roles or bool(limited) != bool(areas):
        raise _mistake("ROLES", f"{part.strip()!r} is not VALUE=ROLE+ROLE or VALUE=ROLE@AREA+AREA")
    return Granted(value, roles, areas if limited else None)


def _codes(text: str) -> tuple[str, ...]:
    return tuple(code.strip() for code in text.split("+") if code.strip())


def _mistake(name: str, reason: str) -> ConfigError:
    return ConfigError([Mistake("environment", f"PARKWATT_OIDC_{name}", reason)])
