"""What a collector is, what it needs to know of sources and meters, and where its kinds are found."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import ModuleType
from typing import Protocol, TypeVar, cast

from ingest.batch import Sink
from ingest.errors import SourceError
from ingest.health import SourceHealth
from ingest.kinds import Source, kind
from ingest.once import Reading
from ingest.pace import Pace, Paced
from ingest.template import Template

Clock = Callable[[], float]
"""[s since 1970]; a test passes its own to date readings."""
T = TypeVar("T", bound=Template)
Devices = Mapping[str, Template]
"""Templates by code."""


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
    @property
    def pace(self) -> Pace: ...


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
        devices: Devices,
        clock: Clock,
    ) -> Collector: ...


class _Reader(Protocol):
    def __call__(self, source: Source, meter: Meter, devices: Devices) -> Awaitable[Reading]: ...


def open_collector(
    source: Source, meters: Sequence[Meter], devices: Devices, clock: Clock
) -> Collector | None:
    """The collector of a source over those of `meters` that name it; None where readings come by themselves.

    The kind is a module of `ingest.collectors`; one without `open` waits to be called.
    """
    if comes_by_itself(source):
        return None
    opener = _kind(source).open
    own = [meter for meter in meters if meter.source == source.code]
    return cast("_Opener", opener)(source, own, devices, clock)


def comes_by_itself(source: Source) -> bool:
    """Whether nobody has to go and fetch its readings."""
    return not hasattr(_kind(source), "open")


async def read_meter(source: Source, meter: Meter, devices: Devices) -> Reading:
    """One reading of one meter, stored nowhere. Raises SourceError, PayloadError."""
    reader = getattr(_kind(source), "read", None)
    if reader is None:
        raise SourceError(
            f"the readings of {meter.code} come by themselves (source {source.code}, {source.kind})"
        )
    return await cast("_Reader", reader)(source, meter, devices)


def template_of(meter: Meter, devices: Devices, form: type[T], speech: str) -> T:
    """The template of a meter, of the form that its source reads. Raises SourceError."""
    template = devices.get(meter.device or "")
    if not isinstance(template, form):
        raise SourceError(f"meter {meter.code}: {meter.device!r} is no {speech} template")
    return template


def pace_of(meter: Meter, devices: Devices) -> Pace:
    """How it is asked: its own wish before its template's."""
    template = devices.get(meter.device or "")
    return meter.pace.within(template.pace if isinstance(template, Paced) else None)


def address_of(source: Source, meter: Meter) -> str:
    """Where the meter is behind its source, as text. Raises SourceError when nothing can be there."""
    misfit = source.misfit(meter.address)
    if misfit:
        raise SourceError(f"meter {meter.code}: {misfit}")
    return str(meter.address)


def _kind(source: Source) -> ModuleType:
    module = kind(source.kind)
    if module is None:
        raise SourceError(f"source {source.code}: there is no collector for the kind {source.kind!r}")
    return module
