"""What a site says of an OPC UA server."""

from enum import StrEnum
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from ingest.kinds import Source


class Security(StrEnum):
    SIGN_AND_ENCRYPT = "sign_and_encrypt"
    """Basic256Sha256."""
    SIGN = "sign"
    """Basic256Sha256."""
    NONE = "none"
    """Neither; nobody's password is sent over it."""


class OpcUaSource(Source):
    protocol = "OPC UA"
    kind: Literal["opcua"]
    url: str
    """opc.tcp://host:4840/path"""
    security: Security = Security.SIGN_AND_ENCRYPT
    certificate: str | None = None
    """File of ParkWatt's own certificate, .der or .pem."""
    key: str | None = None
    """File of its private key."""
    server_certificate: str | None = None
    """File of the certificate by which the server is known."""
    sampling_s: float = Field(1.0, gt=0)
    """How often the server looks at its values."""
    publishing_s: float = Field(1.0, gt=0)
    """How often it reports those that changed."""
    queue: int = Field(60, ge=1)
    """Values of one node that the server keeps between two reports, or while the connection is away."""
    refresh_s: float = Field(60.0, gt=0)
    """How often all are read besides: a server reports only what changed, and a counter may stand still."""
    timeout_s: float = Field(10.0, gt=0)

    @property
    def place(self) -> str:
        return self.url

    @property
    def expected_s(self) -> float:
        return self.refresh_s

    @field_validator("url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "opc.tcp" or not parts.hostname or parts.username is not None:
            raise ValueError("an address is opc.tcp://host:port/path, without a name or password in it")
        return value

    @model_validator(mode="after")
    def _with_certificates(self) -> Self:
        files = {
            "certificate": self.certificate,
            "key": self.key,
            "server_certificate": self.server_certificate,
        }
        missing = [name for name, file in files.items() if file is None]
        if self.security is not Security.NONE and missing:
            raise ValueError(
                f"security {self.security} needs the files {', '.join(missing)}; "
                "security: none is for servers on a network that nobody else reaches"
            )
        return self
