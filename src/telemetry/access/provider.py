"""How a provider of OpenID Connect is asked who somebody is: discovery, code with PKCE, ID token."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from telemetry.access.errors import NotVouched, ProviderSilent
from telemetry.settings.provider import ProviderSettings, may_be_asked

_SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Whoever knows the client's secret alone, as HS256 would have it, vouches for nobody."""
_KNOWN_S = 3600.0
_WAIT_S = 10.0
_LEEWAY_S = 60
_MOST_BYTES = 1 << 20
_SCOPE = "openid profile email"


class Discovered(Struct, frozen=True):
    """What the provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    scopes_supported: tuple[str, ...] = ()
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Attempt(Struct, frozen=True):
    """What a browser brings back, beside what the provider says: it began this itself."""

    state: str
    nonce: str
    verifier: str
    link: str | None = None
    """Secret of an invitation."""

    @classmethod
    def fresh(cls, link: str | None) -> "Attempt":
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, link)


@dataclass(slots=True)
class Provider:
    settings: ProviderSettings
    _found: Discovered | None = None
    _until: float = 0.0

    def address(self, attempt: Attempt, back: str) -> str:
        """Where a browser asks to be vouched for. Raises ProviderSilent."""
        found = self._discovered()
        told: str = prepare_grant_uri(
            found.authorization_endpoint,
            self.settings.client_id,
            "code",
            redirect_uri=back,
            scope=self._scope(found),
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return told

    def claims(self, attempt: Attempt, answer: Mapping[str, str], back: str) -> Mapping[str, Any]:
        """What the provider says of who came back. Raises NotVouched, ProviderSilent."""
        found = self._discovered()
        self._check(found, attempt, answer)
        token = self._exchange(found, answer["code"], attempt.verifier, back)
        access = token.get("access_token")
        told = self._verified(found, token.get("id_token"), attempt.nonce, access)
        if found.userinfo_endpoint is None or not isinstance(access, str):
            return told
        further = _asked("GET", found.userinfo_endpoint, headers={"Authorization": f"Bearer {access}"})
        if further.get("sub") != told["sub"]:
            raise NotVouched("the provider speaks of two people")
        return {**further, **told}

    def _scope(self, found: Discovered) -> str:
        return f"{_SCOPE} groups" if "groups" in found.scopes_supported else _SCOPE

    def _check(self, found: Discovered, attempt: Attempt, answer: Mapping[str, str]) -> None:
        """Raises NotVouched."""
        if not secrets.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise NotVouched("this sign-in was not begun in this browser, or begun twice")
        named = answer.get("iss")
        if named != found.issuer and (named or found.authorization_response_iss_parameter_supported):
            raise NotVouched("the answer is another provider's")
        if "code" not in answer:
            raise NotVouched(f"the provider refused: {answer.get('error', 'no code')[:64]}")

    def _exchange(self, found: Discovered, code: str, verifier: str, back: str) -> Mapping[str, Any]:
        settings = self.settings
        basic = "client_secret_basic" in found.token_endpoint_auth_methods_supported
        auth = ClientAuth(
            settings.client_id,
            settings.client_secret,
            "client_secret_basic" if basic else "client_secret_post",
        )
        form = httpx.QueryParams(
            grant_type="authorization_code", code=code, redirect_uri=back, code_verifier=verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        address, headers, body = auth.prepare("POST", found.token_endpoint, headers, str(form))
        return _asked("POST", address, headers=headers, content=body)

    def _verified(self, found: Discovered, token: object, nonce: str, access: object) -> Mapping[str, Any]:
        """Raises NotVouched, ProviderSilent."""
        if not isinstance(token, str):
            raise NotVouched("the provider gave no ID token")
        params = {"nonce": nonce, "client_id": self.settings.client_id, "access_token": access}
        options = {
            "iss": {"essential": True, "value": found.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }
        try:
            keys = KeySet.import_key_set(_asked("GET", found.jwks_uri))  # type: ignore[arg-type]  # checked by it
            decoded = jwt.decode(token, keys, algorithms=_SIGNED_BY)
            told = CodeIDToken(decoded.claims, decoded.header, options, params)
            told.validate(int(time.time()), _LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise NotVouched(f"its ID token does not hold ({type(error).__name__})") from error
        if not isinstance(told["sub"], str) or not told["sub"].strip():
            raise NotVouched("its ID token does not hold (it names nobody)")
        return dict(told)

    def _discovered(self) -> Discovered:
        """Raises ProviderSilent."""
        if self._found is None or time.monotonic() > self._until:
            address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            self._found, self._until = self._fitting(_asked("GET", address)), time.monotonic() + _KNOWN_S
        return self._found

    def _fitting(self, told: Mapping[str, Any]) -> Discovered:
        try:
            found = msgspec.convert(told, Discovered)
        except msgspec.ValidationError as error:
            raise ProviderSilent(f"its description cannot be read: {error}") from error
        if found.issuer != self.settings.issuer:
            raise ProviderSilent(f"it calls itself {found.issuer!r}, not {self.settings.issuer!r}")
        asked = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.userinfo_endpoint)
        for address in asked:
            if address is not None and not may_be_asked(address):
                raise ProviderSilent(f"it names {address!r}, which is not https://")
        return found


def _asked(method: str, address: str, **rest: Any) -> dict[str, Any]:  # noqa: ANN401  # httpx's own
    """Raises ProviderSilent; nothing secret is in what it says."""
    try:
        with httpx.Client(timeout=_WAIT_S) as client, client.stream(method, address, **rest) as answer:
            body = _read(answer)
            answer.raise_for_status()
        told = msgspec.json.decode(body)
    except httpx.HTTPStatusError as error:
        raise ProviderSilent(f"it answered {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProviderSilent(type(error).__name__) from error
    if not isinstance(told, dict):
        raise ProviderSilent("it answered with no JSON object")
    return told


def _read(answer: httpx.Response) -> bytes:
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > _MOST_BYTES:
            raise ProviderSilent("its answer is too long")
    return bytes(body)
