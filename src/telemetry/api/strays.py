"""Meters that send, and names under which numbers come, that nobody has declared."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from msgspec import Meta, Struct

from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.paging import Next, Page, marked
from telemetry.reports.moment import Moment
from telemetry.storage import stray
from telemetry.storage.stray import Place, Stray, StrayName


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
    """A number that a meter behind a broker sends and that no template mentions for it."""

    source: Annotated[str, Meta(examples=["gateway"])]
    meter: Annotated[
        str,
        Meta(description="Or @ and an address at which no meter is declared", examples=["M-101", "@M-109"]),
    ]
    name: Annotated[
        str,
        Meta(description="JSON path, after the channel if any; or the metric", examples=["wifi.rssi"]),
    ]
    rows: Annotated[int, Meta(description="Kept: a sample, as the source's `unmapped` says")]
    first: Annotated[Moment, Meta(description="Time of the oldest number")]
    last: Annotated[Moment, Meta(description="Time of the newest number")]
    received: Annotated[Moment, Meta(description="When the newest of them came")]
    value: Annotated[float, Meta(description="The newest, as it came")]


class StrayList(Struct, frozen=True):
    """Undeclared meters and undeclared names, those that came last first."""

    strays: list[StrayEntry]
    names: list[UnnamedEntry]
    unmapped: list[UnmappedEntry]
    adopted: Annotated[
        int | None, Meta(description="Rows that became readings when meter and name were declared")
    ]
    dropped: Annotated[int | None, Meta(description="Rows given up because too many were kept")]
    next: Next = None


class _Places(NamedTuple):
    """Where a page ends in each list; None: nothing was shown of it."""

    strays: Place | None = None
    names: Place | None = None
    unmapped: Place | None = None


_AT = datetime.fromisoformat("2026-11-22T08:07:09+08:00")
_ENTRY = StrayEntry("push", "M-109", 24, 0, _AT.replace(hour=2), _AT, _AT, {"active_power": 41.7})
_NAME = UnnamedEntry("influx", "M-101", "modbus", "total_wh", 24, _AT.replace(hour=2), _AT, _AT, 14250.0)
_UNMAPPED = UnmappedEntry("gateway", "M-101", "wifi.rssi", 7, _AT.replace(hour=2), _AT, _AT, -61.0)
EXAMPLE = StrayList([_ENTRY], [_NAME], [_UNMAPPED], 96, 0)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["sources"])

    @routes.get("/strays", responses=documented("Strays", StrayList), summary="Undeclared meters and names")
    def strays(page: Page) -> Response:
        """Meters that sent readings and stand in no plan, and numbers under names that mean nothing yet.

        All are kept aside as they came. Once a meter is declared, or a name mapped to a quantity, they become
        readings with their own times and leave this list. `unmapped` are numbers that a meter's template does
        not mention, of MQTT payloads and Sparkplug metrics: a sample of them is kept, and becomes readings
        once the template mentions them. All that comes of an address at which no meter is declared stands
        there too, under @ and the address, until one is. Both counts are since the service started.
        For single areas: what came of their own meters under names that mean nothing yet, without the counts.
        A page has so many rows of each list.
        """
        zone = dependencies.plan.zone
        with dependencies.database.connection() as conn:
            after = page.after(_Places) or _Places()
            found = stray.listed(conn, page.wanted, after.strays)
            names = stray.listed_names(conn, page.wanted, after.names)
            unmapped = stray.listed_names(conn, page.wanted, after.unmapped, unmapped=True)
        places = _Places(
            _place(page, found, after.strays),
            _place(page, names, after.names),
            _place(page, unmapped, after.unmapped),
        )
        tally, cut = dependencies.strays, dependencies.database.cut
        listed = StrayList(
            [_entry(each, zone) for each in found[: page.limit]],
            [
                UnnamedEntry(measurement=each.measurement, **_named(each, zone))
                for each in names[: page.limit]
            ],
            [UnmappedEntry(**_named(each, zone)) for each in unmapped[: page.limit]],
            None if cut else tally.adopted,
            None if cut else tally.dropped,
            marked(places) if max(len(found), len(names), len(unmapped)) > page.limit else None,
        )
        return answer(listed)

    return routes


def _place(page: Page, rows: Sequence[Stray | StrayName], before: Place | None) -> Place | None:
    """Of the last row that is shown; a list that has ended stays where it was."""
    shown = rows[: page.limit]
    return shown[-1].place if shown else before


def _entry(found: Stray, zone: ZoneInfo) -> StrayEntry:
    first, last, received = (at.astimezone(zone) for at in (found.first, found.last, found.received))
    return StrayEntry(
        found.source, found.meter, found.rows, found.conflicts, first, last, received, found.values
    )


def _named(found: StrayName, zone: ZoneInfo) -> dict[str, Any]:
    first, last, received = (at.astimezone(zone) for at in (found.first, found.last, found.received))
    return {
        "source": found.source,
        "meter": found.meter,
        "name": found.name,
        "rows": found.rows,
        "first": first,
        "last": last,
        "received": received,
        "value": found.value,
    }
