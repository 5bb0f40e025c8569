"""Meters that send, and names under which numbers come, that nobody has declared."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from msgspec import Meta, Struct

from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.reports.moment import Moment
from telemetry.storage import stray
from telemetry.storage.stray import Stray, StrayName


class StrayEntry(Struct, frozen=True):
    """What came of one undeclared meter."""

    source: Annotated[str, Meta(examples=["push"])]
    meter: Annotated[str, Meta(examples=["M-109"])]
    rows: int
    conflicts: Annotated[
        int,
        Meta(description="Rows that differ from an earlier one; conflicts of the meter once it is declared"),
    ]
    first: Annotated[Moment, Meta(description="Time of the oldest row")]
    last: Annotated[Moment, Meta(description="Time of the newest row")]
    received: Annotated[Moment, Meta(description="When the newest of them came")]
    values: Annotated[dict[str, float], Meta(description="Of the newest row, as they came")]


class UnnamedEntry(Struct, frozen=True):
    """What came under one name that is neither mapped nor in the catalogue."""

    source: Annotated[str, Meta(examples=["influx"])]
    meter: Annotated[str, Meta(examples=["M-101"])]
    measurement: Annotated[str, Meta(description="Of line protocol; else empty", examples=["modbus"])]
    name: Annotated[str, Meta(examples=["total_wh"])]
    rows: int
    first: Annotated[Moment, Meta(description="Time of the oldest number")]
    last: Annotated[Moment, Meta(description="Time of the newest number")]
    received: Annotated[Moment, Meta(description="When the newest of them came")]
    value: Annotated[float, Meta(description="The newest, as it came")]


class UnmappedEntry(Struct, frozen=True):
    """A number in MQTT payloads that the template of its meter does not mention; it is not kept."""

    source: Annotated[str, Meta(examples=["gateway"])]
    meter: Annotated[str, Meta(examples=["M-101"])]
    name: Annotated[str, Meta(description="JSON path, after the channel if any", examples=["wifi.rssi"])]
    time: Annotated[Moment, Meta(description="Of the last that was looked at, once a minute")]
    value: Annotated[float, Meta(description="As it came, at that time")]


class StrayList(Struct, frozen=True):
    """Undeclared meters and undeclared names, those that came last first."""

    strays: list[StrayEntry]
    names: list[UnnamedEntry]
    unmapped: list[UnmappedEntry]
    adopted: Annotated[int, Meta(description="Rows that became readings when meter and name were declared")]
    dropped: Annotated[int, Meta(description="Rows given up because too many were kept")]


_AT = datetime.fromisoformat("2026-11-22T08:07:09+08:00")
_ENTRY = StrayEntry("push", "M-109", 24, 0, _AT.replace(hour=2), _AT, _AT, {"active_power": 41.7})
_NAME = UnnamedEntry("influx", "M-101", "modbus", "total_wh", 24, _AT.replace(hour=2), _AT, _AT, 14250.0)
_UNMAPPED = UnmappedEntry("gateway", "M-101", "wifi.rssi", _AT, -61.0)
EXAMPLE = StrayList([_ENTRY], [_NAME], [_UNMAPPED], 96, 0)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["sources"])

    @routes.get("/strays", responses=documented("Strays", StrayList), summary="Undeclared meters and names")
    def strays(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
        """Meters that sent readings and stand in no plan, and numbers under names that mean nothing yet.

        All are kept aside as they came. Once a meter is declared, or a name mapped to a quantity, they become
        readings with their own times and leave this list. `unmapped` is shown and not kept: numbers of MQTT
        payloads that a meter's template does not mention. It and both counts are since the service started.
        """
        site = dependencies.plan.site
        zone = ZoneInfo(site.zone if site else "UTC")
        with dependencies.database.connection() as conn:
            found, names = stray.listed(conn, limit), stray.listed_names(conn, limit)
        tally = dependencies.strays
        strays, unnamed = [_entry(each, zone) for each in found], [_unnamed(each, zone) for each in names]
        seen = list(islice(_unmapped(dependencies, zone), limit))
        return answer(StrayList(strays, unnamed, seen, tally.adopted, tally.dropped))

    return routes


def _entry(found: Stray, zone: ZoneInfo) -> StrayEntry:
    first, last, received = (at.astimezone(zone) for at in (found.first, found.last, found.received))
    return StrayEntry(
        found.source, found.meter, found.rows, found.conflicts, first, last, received, found.values
    )


def _unmapped(dependencies: Dependencies, zone: ZoneInfo) -> Iterator[UnmappedEntry]:
    found = [
        (seen.at, source, meter, name, seen.value)
        for source, health in dependencies.health().items()
        for (meter, name), seen in list(health.unmapped.items())
    ]
    for at, source, meter, name, value in sorted(found, reverse=True):
        yield UnmappedEntry(source, meter, name, datetime.fromtimestamp(at, zone), value)


def _unnamed(found: StrayName, zone: ZoneInfo) -> UnnamedEntry:
    first, last, received = (at.astimezone(zone) for at in (found.first, found.last, found.received))
    return UnnamedEntry(
        source=found.source,
        meter=found.meter,
        measurement=found.measurement,
        name=found.name,
        rows=found.rows,
        first=first,
        last=last,
        received=received,
        value=found.value,
    )
