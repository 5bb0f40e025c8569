"""The connection to an OPC UA server. The only module that needs the library."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.node import Node
from asyncua.common.subscription import DataChangeNotif, Subscription
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.crypto.uacrypto import load_certificate
from asyncua.ua.uaerrors import UaError
from cryptography.x509 import SubjectAlternativeName, UniformResourceIdentifier
from cryptography.x509.extensions import ExtensionNotFound

from ingest.collectors.opcua.source import OpcUaSource, Security
from ingest.collectors.opcua.tag import DataValue
from ingest.collectors.opcua.template import split
from ingest.errors import LineDown, SourceError
from ingest.unreached import unreached

logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # health records and logs each failure once

_USER, _PASSWORD = "PARKWATT_OPCUA_USER", "PARKWATT_OPCUA_PASSWORD"
_WATCH_S = 5.0
_NODES_A_REQUEST = 500
_MODES = {
    Security.SIGN: ua.MessageSecurityMode.Sign,
    Security.SIGN_AND_ENCRYPT: ua.MessageSecurityMode.SignAndEncrypt,
}
Heard = Callable[[str, DataValue], None]
"""Called with the text of a node and what the server says of it."""


class Session:
    """One connection, for as long as it holds."""

    def __init__(self, client: Client, source: OpcUaSource) -> None:
        self._client = client
        self._source = source
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        client.connection_lost_callback = self._on_loss

    async def read(self, nodes: Iterable[str]) -> dict[str, DataValue]:
        """What the server says of each node now. Raises SourceError."""
        found = await self._resolve(nodes)
        said: list[DataValue] = []
        try:
            for part in _parts(found.values()):
                said += await self._client.read_attributes(part)
        except (UaError, OSError) as error:
            raise SourceError(f"{self._source.url}: {_reason(error)}") from error
        return dict(zip(found, said, strict=True))

    async def subscribe(self, nodes: Iterable[str], heard: Heard) -> dict[str, str]:
        """Lets the server report the nodes; the answer holds those that it refuses, with its reason."""
        found = await self._resolve(nodes)
        handler = _Handler({node.nodeid: text for text, node in found.items()}, heard)
        try:
            subscription = await self._client.create_subscription(1000 * self._source.publishing_s, handler)
            results = [
                result
                for part in _parts(found.values())
                for result in await self._monitor(subscription, part)
            ]
        except (UaError, OSError) as error:
            raise SourceError(f"{self._source.url}: no subscription: {_reason(error)}") from error
        outcomes = zip(found, results, strict=True)
        return {text: result.name for text, result in outcomes if isinstance(result, ua.StatusCode)}

    async def _monitor(self, subscription: Subscription, nodes: Sequence[Node]) -> list[int | ua.StatusCode]:
        return await subscription.subscribe_data_change(
            nodes,
            queuesize=self._source.queue,
            sampling_interval=ua.Double(1000 * self._source.sampling_s),
        )

    async def hold(self) -> None:
        """Raises LineDown when the connection is lost."""
        await self._lost

    def forget(self) -> None:
        """Nobody waits for the loss of a connection that was left."""
        if self._lost.done() and not self._lost.cancelled():
            self._lost.exception()
        self._lost.cancel()

    async def _resolve(self, nodes: Iterable[str]) -> dict[str, Node]:
        """The nodes by their text, once each; namespaces are looked up by their URI."""
        try:
            uris = await self._client.get_namespace_array()
        except (UaError, OSError) as error:
            raise SourceError(f"{self._source.url}: {_reason(error)}") from error
        return {text: self._client.get_node(_node_id(text, uris)) for text in dict.fromkeys(nodes)}

    async def _on_loss(self, error: Exception) -> None:
        if not self._lost.done():
            self._lost.set_exception(
                LineDown(f"{self._source.url}: the connection was lost: {_reason(error)}")
            )


class _Handler:
    """What the library calls for each notification."""

    def __init__(self, texts: Mapping[ua.NodeId, str], heard: Heard) -> None:
        self._texts = texts
        self._heard = heard

    def datachange_notification(self, node: Node, _val: object, data: DataChangeNotif) -> None:
        self._heard(self._texts[node.nodeid], data.monitored_item.Value)


@asynccontextmanager
async def session(source: OpcUaSource, variables: Mapping[str, str]) -> AsyncIterator[Session]:
    """A connection to the server. Raises SourceError."""
    client = Client(source.url, timeout=source.timeout_s, watchdog_intervall=_WATCH_S)
    client.name = client.description = "ParkWatt"
    if source.security is not Security.NONE:
        await _secure(client, source, variables)
    opened = Session(client, source)
    try:
        await client.connect()
    except (UaError, OSError) as error:
        raise LineDown(f"no connection to {source.url}: {unreached(error)}") from error
    except AssertionError as error:  # the library expects no refusal here
        raise LineDown(
            f"{source.url} refuses the connection; does the server trust ParkWatt's certificate?"
        ) from error
    try:
        yield opened
    finally:
        await _leave(client, opened)


async def _secure(client: Client, source: OpcUaSource, variables: Mapping[str, str]) -> None:
    own, key, theirs = (
        _file(source, file) for file in (source.certificate, source.key, source.server_certificate)
    )
    try:
        client.application_uri = await _application_uri(own) or client.application_uri
        await client.set_security(
            SecurityPolicyBasic256Sha256, own, key, server_certificate=theirs, mode=_MODES[source.security]
        )
    except (ValueError, TypeError, OSError, UaError) as error:
        raise SourceError(f"source {source.code}: a certificate or key is not usable: {error}") from error
    if _USER in variables:
        client.set_user(variables[_USER])
        client.set_password(variables.get(_PASSWORD, ""))


def _file(source: OpcUaSource, file: str | None) -> str:
    path = Path(file or "").expanduser()
    if not path.is_file():
        raise SourceError(f"source {source.code}: there is no file {path}")
    return str(path)


async def _application_uri(certificate: str) -> str | None:
    """Servers compare the name that a client gives itself with the one in its certificate."""
    try:
        names = (await load_certificate(certificate)).extensions.get_extension_for_class(
            SubjectAlternativeName
        )
    except ExtensionNotFound:
        return None
    return next(iter(names.value.get_values_for_type(UniformResourceIdentifier)), None)


def _node_id(text: str, uris: Sequence[str]) -> ua.NodeId:
    uri, identifier = split(text)
    if uri is not None and uri not in uris:
        raise SourceError(f"{text}: the server has no namespace {uri}, only {', '.join(uris)}")
    index = 0 if uri is None else uris.index(uri)
    try:
        return ua.NodeId.from_string(f"ns={index};{identifier}")
    except (UaError, ValueError) as error:
        raise SourceError(f"{text} is no node id: {error}") from error


async def _leave(client: Client, opened: Session) -> None:
    try:
        await client.disconnect()
    except (UaError, OSError) as error:
        logging.getLogger(__name__).debug("left without a goodbye", exc_info=error)
    opened.forget()


def _parts(nodes: Iterable[Node]) -> Iterator[list[Node]]:
    """Servers limit how many nodes one request may name."""
    whole = list(nodes)
    return (whole[start : start + _NODES_A_REQUEST] for start in range(0, len(whole), _NODES_A_REQUEST))


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
