"""What several routes are asked by: a range of time with its step, and a part of the park."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from ingest.unmapped import storable
from telemetry.api.answers import TABLE
from telemetry.model import Site
from telemetry.reports.errors import NoSuchSite, QueryError
from telemetry.reports.membership import By, Selection
from telemetry.reports.steps import Step, Steps, moment, today, tomorrow
from telemetry.settings.plan import Plan

_MOST_CODES = 1000
_LONGEST = 100
"""Characters of a parameter that nobody knows which its refusal repeats."""
From = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=40,
        description="RFC 3339 time, or a date as the start of that day in the park; default: today",
        examples=["2026-11-22"],
    ),
]
To = Annotated[
    str | None,
    Query(
        alias="to",
        max_length=40,
        description="Exclusive; default: the end of today",
        examples=["2026-11-23T00:00:00+08:00"],
    ),
]
_Step = Annotated[Step, Query(description="Length of the intervals, on the park's clock")]
Quantities = Annotated[
    list[str],
    Query(max_length=100, description="Names of the catalogue; default: all", examples=[["energy_import"]]),
]
_Codes = Annotated[list[str], Query(max_length=_MOST_CODES, description="Codes; default: all")]


async def known(request: Request) -> None:
    """Refuses parameters that a route does not take, or that no database holds. Raises QueryError."""
    for name, value in (*request.path_params.items(), *request.query_params.multi_items()):
        if not storable(value):
            raise QueryError(name[:_LONGEST], value[:_LONGEST], "holds a character that cannot be kept: NUL")
    if not request.query_params:
        return
    route = request.scope["route"]
    names = list(_taken(route)) if isinstance(route, APIRoute) else []
    unknown = next((name for name in request.query_params if name not in names), None)
    if unknown is not None:
        reason = f"is no parameter of this question, which takes {', '.join(names) or 'none'}"
        raise QueryError(unknown[:_LONGEST], request.query_params[unknown][:_LONGEST], reason)


def _taken(route: APIRoute) -> Iterator[str]:
    yield from _names(route.dependant)
    if "GET" in (route.methods or ()) and HTTPStatus.OK in route.responses:
        yield TABLE


def _names(dependant: Dependant) -> Iterator[str]:
    yield from (each.alias for each in dependant.query_params)
    for each in dependant.dependencies:
        yield from _names(each)


def site_of(plan: Plan) -> Site:
    """Raises NoSuchSite."""
    if plan.site is None:
        raise NoSuchSite
    return plan.site


def zone_of(plan: Plan) -> ZoneInfo:
    """The park's. Raises NoSuchSite."""
    return ZoneInfo(site_of(plan).zone)


class _Range:
    """From, to and step as they were asked for."""

    def __init__(self, from_: From = None, to: To = None, step: _Step = Step.HOUR) -> None:
        self._from = from_
        self._to = to
        self._step = step

    def steps(self, plan: Plan, now: datetime) -> Steps:
        """Raises QueryError, NoSuchSite."""
        zone = zone_of(plan)
        return Steps.covering(self._step, zone, *between(self._from, self._to, zone, now))


def between(from_: str | None, to: str | None, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """The range asked for, by default today. Raises QueryError."""
    lo = today(zone, now) if from_ is None else moment(from_, "from", zone)
    hi = tomorrow(zone, now) if to is None else moment(to, "to", zone)
    if hi <= lo:
        raise QueryError("to", to, "has to be after from")
    return lo, hi


class _Choice:
    """Meters and areas as they were asked for."""

    def __init__(self, meter: _Codes = [], area: _Codes = []) -> None:  # noqa: B006  # FastAPI copies them
        self._meters = tuple(meter)
        self._areas = tuple(area)

    def selection(self, by: By) -> Selection:
        return Selection(by, self._meters, self._areas)


Range = Annotated[_Range, Depends(_Range)]
Choice = Annotated[_Choice, Depends(_Choice)]
