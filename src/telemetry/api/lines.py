"""Lines and devices that stand in no site file yet: who answers, and what one shows."""

import asyncio
import math
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool

from accounting.multiplier import scales
from accounting.quantity import CATALOGUE
from ingest.collector import read_meter
from ingest.collectors.modbus.scan import unit_ids
from ingest.collectors.modbus.source import ModbusSource
from ingest.device import Device
from ingest.errors import IngestError
from ingest.kinds import Source
from ingest.once import Reading, Shown
from telemetry.api import bodies
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.problems import Mistake, Refusal, come_again, shortened
from telemetry.api.records import as_body
from telemetry.api.site import QUANTITIES
from telemetry.model import Meter
from telemetry.reports.names import Name
from telemetry.reports.scans import FitEntry, FoundUnit, ScanAnswer, ScanState
from telemetry.settings.mistakes import ConfigError
from telemetry.settings.plan import Plan
from telemetry.settings.site_file import posted_source

_A_SECOND = 20.0
_ANSWER_S = 0.5  # of whoever is scanned: most ids are silent
_TEST_S = 40.0
_AT_ONCE = 2


class PostedScan(Struct, frozen=True, forbid_unknown_fields=True):
    """A Modbus line, and which unit ids of it are asked."""

    source: Annotated[
        dict[str, Any] | str, Meta(description="As a site file has it, or the code of one that it has")
    ]
    agreed: Annotated[
        bool, Meta(description="Whoever else uses the line waits meanwhile: true says so be it")
    ] = False
    units: Annotated[str, Meta(max_length=200, examples=["1-32,100"])] = "1-32"


class PostedTest(Struct, frozen=True, forbid_unknown_fields=True):
    """A device, and where it is reached."""

    source: Annotated[
        dict[str, Any] | str, Meta(description="As a site file has it, or the code of one that it has")
    ]
    device: Annotated[str, Meta(max_length=64, examples=["eastron-sdm630"])]
    address: int | Annotated[str, Meta(max_length=200)] | None = None
    multiplier: Annotated[float, Meta(gt=0, le=1e6)] = 1.0


class TestValue(Struct, frozen=True):
    """A quantity as the device showed it once."""

    quantity: str
    name: Name
    value: Annotated[float | None, Meta(description="With the multiplier; null: the device has none")]
    unit: str
    place: Annotated[str, Meta(description="Register or path")]
    raw: str


class TestReading(Struct, frozen=True):
    """One reading, kept nowhere."""

    place: str
    values: list[TestValue]
    identity: Annotated[dict[str, str], Meta(description="Who the device says it is")]
    complaints: list[str]
    trouble: Annotated[str, Meta(description="Why nothing was read")]


SCAN_EXAMPLE = ScanAnswer(
    "9f86d081884c7d65",
    ScanState.RUNNING,
    "192.168.1.20:502",
    32,
    4,
    [
        FoundUnit(
            3,
            [],
            [FitEntry("eastron-sdm630", Name("Eastron SDM630", "Eastron SDM630"), 6, ["frequency 50.01"])],
            ["eastron-sdm630"],
            "",
        )
    ],
    "",
)
TEST_EXAMPLE = TestReading(
    "192.168.1.20:502",
    [TestValue("active_power", Name("Active power", "有功功率"), 41.25, "kW", "input 52", "4721 2000")],
    {},
    [],
    "",
)
FURTHER: tuple[type[Struct], ...] = (PostedScan, PostedTest)
_Id = Annotated[str, Path(max_length=32, pattern="^[0-9a-f]+$", examples=["9f86d081884c7d65"])]


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["site"])
    testing = asyncio.Semaphore(_AT_ONCE)

    @routes.post(
        "/scans",
        responses=documented("It has begun", ScanAnswer),
        openapi_extra=as_body(PostedScan),
        summary="Look who answers on a Modbus line",
    )
    async def begun(request: Request) -> Response:
        """Sends reading requests alone, at most 20 a second; its id asks how far it is. One at a time."""
        posted = await bodies.form(request, PostedScan)
        return answer(_begin(dependencies, posted))

    @routes.get("/scans/{code}", responses=documented("How far it is", ScanAnswer), summary="A scan")
    async def found(code: _Id) -> Response:
        """Who answered so far; forgotten when the service starts again."""
        return answer(_scan(dependencies, code))

    @routes.post("/scans/{code}/end", responses=documented("It has ended", ScanAnswer), summary="End a scan")
    async def ended(code: _Id) -> Response:
        """Nothing more is sent."""
        await dependencies.scans.end(code)
        return answer(_scan(dependencies, code))

    @routes.post(
        "/test-readings",
        responses=documented("What it showed", TestReading),
        openapi_extra=as_body(PostedTest),
        summary="Read a device once",
    )
    async def tested(request: Request) -> Response:
        """Reads by a template, and keeps nothing; what the device did not answer stands in `trouble`."""
        posted = await bodies.form(request, PostedTest)
        if testing.locked():
            raise come_again(429, "Two devices are being read already; please come again.")
        async with testing:
            return answer(await _tested(dependencies.plan, posted))

    return routes


def _begin(dependencies: Dependencies, posted: PostedScan) -> ScanAnswer:
    source, units = source_of(dependencies.plan, posted.source), _listed(posted.units)
    if not isinstance(source, ModbusSource):
        raise _wrong("source.kind", source.kind, "is not modbus; nothing else can be scanned")
    if not posted.agreed:
        asks = f"up to 2 reading requests to each of {len(units)} unit ids, some hundred to each that answers"
        told = f"{source.place} would be sent {asks}; others on the line wait meanwhile. Post true to go on"
        raise _wrong("agreed", "false", told)
    timing = {"timeout_s": min(source.timeout_s, _ANSWER_S), "pause_s": 1 / _A_SECOND}
    slowly = source.model_copy(update=timing)
    known = dependencies.plan.library.devices.values()
    code = dependencies.scans.begin(slowly, units, [each for each in known if isinstance(each, Device)])
    if code is None:
        raise come_again(429, "Another scan runs; please come again when it has ended.")
    return _scan(dependencies, code)


def _listed(units: str) -> list[int]:
    """Raises Refusal (422)."""
    try:
        return unit_ids(units)
    except ValueError as error:
        raise _wrong("units", units, str(error)) from error


def source_of(plan: Plan, posted: Mapping[str, Any] | str) -> Source:
    """The one of the site, or as it was described. Raises Refusal (422)."""
    if isinstance(posted, str):
        found = next((s for s in (plan.site.sources if plan.site else ()) if s.code == posted), None)
        if found is None:
            raise _wrong("source", posted, "is no source of the site")
    else:
        found = _described(posted)
    if found.edge is not None:
        raise _wrong("source.edge", found.edge, "reads it, and it alone reaches it")
    return found


def _described(posted: Mapping[str, Any]) -> Source:
    try:
        return posted_source({"code": "new", **posted})
    except ConfigError as error:
        found = [Mistake(each.key, None, each.reason) for each in error.mistakes]
        raise Refusal(422, "The source has mistakes; errors names each.", found) from error


def _scan(dependencies: Dependencies, code: str) -> ScanAnswer:
    found = dependencies.scans.answer(code)
    if found is None:
        raise Refusal(404, f"No scan has the id {code}; the newest are kept until the service starts again.")
    return found


async def _tested(plan: Plan, posted: PostedTest) -> TestReading:
    source = await run_in_threadpool(source_of, plan, posted.source)
    meter = _meter(plan, source, posted)
    try:
        async with asyncio.timeout(_TEST_S):
            reading = await read_meter(source, meter, plan.library.devices)
    except TimeoutError:
        return _nothing(source, f"nothing was read within {_TEST_S:g} s")
    except IngestError as error:
        return _nothing(source, str(error))
    return _read(source, reading, posted.multiplier)


def _meter(plan: Plan, source: Source, posted: PostedTest) -> Meter:
    """Raises Refusal (422)."""
    template = plan.library.devices.get(posted.device)
    if template is None:
        raise _wrong("device", posted.device, "is no template of the library")
    if template.protocol != source.kind:
        raise _wrong("device", posted.device, f"speaks {template.protocol}, the source is {source.kind}")
    misfit = source.misfit(posted.address)
    if misfit:
        raise _wrong("address", posted.address, misfit)
    placed = {"source": source.code, "device": posted.device, "address": posted.address}
    return Meter.model_validate({"code": "new", "name": {"en": "new", "zh": "新"}, "area": "new", **placed})


def _nothing(source: Source, trouble: str) -> TestReading:
    return TestReading(source.place, [], {}, [], trouble)


def _read(source: Source, reading: Reading, multiplier: float) -> TestReading:
    values = [_value(shown, multiplier) for shown in reading.shown]
    return TestReading(source.place, values, dict(reading.identity), list(reading.complaints), "")


def _value(shown: Shown, multiplier: float) -> TestValue:
    value = shown.value * (multiplier if scales(shown.quantity) else 1.0)
    known = None if math.isnan(value) else value
    return TestValue(
        shown.quantity,
        QUANTITIES[shown.quantity].name,
        known,
        CATALOGUE[shown.quantity].unit,
        shown.place,
        shown.raw,
    )


def _wrong(field: str, value: object, reason: str) -> Refusal:
    return Refusal(
        422, "The request has a mistake; errors names it.", [Mistake(field, shortened(value), reason)]
    )
