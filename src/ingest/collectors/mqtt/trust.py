"""The files that TLS is built on, and what becomes of a handshake that fails."""

import ssl
from dataclasses import dataclass
from typing import Any

from ingest.errors import SourceError


class _Socket(ssl.SSLSocket):
    """Closes after a failed handshake: paho leaves such a socket open."""

    def do_handshake(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # as the class above has it
        try:
            super().do_handshake(*args, **kwargs)
        except (OSError, ValueError):
            self.close()
            raise


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
        made.sslsocket_class = _Socket
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
