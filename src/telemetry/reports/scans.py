"""Looks at who answers on a Modbus line, each in the background, and what they found."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from ingest.collectors.modbus.scan import Found, scan
from ingest.collectors.modbus.source import ModbusSource
from ingest.device import Device
from ingest.errors import SourceError
from telemetry.reports.names import Name

_KEPT, _SHOWN = 20, 5


class ScanState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    ENDED = "ended"
    """Before all unit ids were asked, because somebody wanted it."""
    FAILED = "failed"


class FitEntry(Struct, frozen=True):
    """A template that nothing contradicts, and what speaks for it."""

    device: str
    name: Name
    points: int
    reasons: list[str]


class FoundUnit(Struct, frozen=True):
    """One unit id that answers."""

    unit: int
    models: Annotated[list[int], Meta(description="Of SunSpec")]
    fits: Annotated[list[FitEntry], Meta(description="The best first")]
    best: Annotated[list[str], Meta(description="Between these the readings do not decide")]
    trouble: Annotated[str, Meta(description="Why the look at it ended early")]


class ScanAnswer(Struct, frozen=True):
    """How far a scan is, and who answered so far."""

    id: str
    state: ScanState
    place: Annotated[str, Meta(examples=["192.168.1.20:502"])]
    units: Annotated[int, Meta(description="That are to be asked")]
    asked: int
    found: list[FoundUnit]
    trouble: Annotated[str, Meta(description="Why it failed")]


@dataclass(slots=True)
class _Scan:
    source: ModbusSource
    units: Sequence[int]
    state: ScanState = ScanState.ENDED
    asked: int = 0
    found: list[Found] = field(default_factory=list)
    trouble: str = ""
    task: "asyncio.Task[None] | None" = None

    async def run(self, devices: Sequence[Device]) -> None:
        try:
            async for _, answered in scan(self.source, self.units, devices):
                self.asked += 1
                self.found += [answered] if answered else []
            self.state = ScanState.DONE
        except SourceError as error:
            self.state, self.trouble = ScanState.FAILED, str(error)


class Scans:
    """The newest scans; one runs at a time. To be used on the event loop alone."""

    def __init__(self) -> None:
        self._scans: OrderedDict[str, _Scan] = OrderedDict()

    def begin(self, source: ModbusSource, units: Sequence[int], devices: Sequence[Device]) -> str | None:
        """Its id; None while another one runs."""
        if any(_runs(each) for each in self._scans.values()):
            return None
        code, begun = secrets.token_hex(8), _Scan(source, units)
        begun.task = asyncio.get_running_loop().create_task(begun.run(devices))
        self._scans[code] = begun
        while len(self._scans) > _KEPT:
            self._scans.popitem(last=False)
        return code

    async def end(self, code: str) -> None:
        """Send nothing more; what was found stays."""
        found = self._scans.get(code)
        if found is not None and found.task is not None and not found.task.done():
            found.task.cancel()
            with suppress(asyncio.CancelledError):
                await found.task

    async def close(self) -> None:
        """End all of them."""
        for code in self._scans:
            await self.end(code)

    def answer(self, code: str) -> ScanAnswer | None:
        found = self._scans.get(code)
        if found is None:
            return None
        state = ScanState.RUNNING if _runs(found) else found.state
        units = [_unit(each) for each in found.found]
        return ScanAnswer(
            code, state, found.source.place, len(found.units), found.asked, units, found.trouble
        )


def _runs(of: _Scan) -> bool:
    return of.task is not None and not of.task.done()


def _unit(of: Found) -> FoundUnit:
    fits = [
        FitEntry(
            fit.device.code,
            Name.of(fit.device.name),
            fit.evidence.points,
            list(fit.evidence.reasons),
        )
        for fit in of.fits[:_SHOWN]
    ]
    best = [fit.device.code for fit in of.best] if of.fits else []
    return FoundUnit(of.unit, [model.number for model in of.models], fits, best, of.trouble)
