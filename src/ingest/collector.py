"""What a collector is, what it needs to know of sources and meters, and where its kinds are found."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Protocol, cast

from ingest.batch import Sink
from ingest.device import Device, JsonDevice
from ingest.errors import SourceError
from ingest.health import SourceHealth
from ingest.once import Reading

Clock = Callable[[], float]
"""[s since 1970]; a test passes its own to date readings."""


class Source(Protocol):
    """Where readings come from; each kind asks for more in its own module."""

    @property
    def code(self) -> str: ...
    @property
    def kind(self) -> str: ...


class Meter(Protocol):
    """What a collector needs to know of a meter."""

    @property
    def code(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def device(self) -> str | None: ...
    @property
    def address(self) -> str | int | None: ...


class Collector(Protocol):
    """Reads one source for as long as it runs and puts what it read into a sink."""

    @property
    def health(self) -> SourceHealth: ...

    async def run(self, sink: Sink) -> None:
        """Runs until cancelled. Raises SourceError when the source cannot be read at all."""
        ...


class _Opener(Protocol):
    def __call__(
        self,
        source: Source,
        meters: Sequence[Meter],
        devices: Mapping[str, Device | JsonDevice],
        clock: Clock,
    ) -> Collector: ...


class _Reader(Protocol):
    def __call__(
        self, source: Source, meter: Meter, devices: Mapping[str, Device | JsonDevice]
    ) -> Awaitable[Reading]: ...


def open_collector(
    source: Source, meters: Sequence[Meter], devices: Mapping[str, Device | JsonDevice], clock: Clock
) -> Collector | None:
    """The collector of a source over those of `meters` that name it; None where readings come by themselves.

    The kind is a module of `ingest.collectors`; one without `open` waits to be called.
    """
    opener = getattr(_kind(source), "open", None)
    if opener is None:
        return None
    own = [meter for meter in meters if meter.source == source.code]
    return cast("_Opener", opener)(source, own, devices, clock)


async def read_meter(source: Source, meter: Meter, devices: Mapping[str, Device | JsonDevice]) -> Reading:
    """One reading of one meter, stored nowhere. Raises SourceError, PayloadError."""
    reader = getattr(_kind(source), "read", None)
    if reader is None:
        raise SourceError(
            f"the readings of {meter.code} come by themselves (source {source.code}, {source.kind})"
        )
    return await cast("_Reader", reader)(source, meter, devices)


def _kind(source: Source) -> ModuleType:
    name = f"ingest.collectors.{source.kind}"
    if find_spec(name) is None:
        raise SourceError(f"source {source.code}: there is no collector for the kind {source.kind!r}")
    return import_module(name)
