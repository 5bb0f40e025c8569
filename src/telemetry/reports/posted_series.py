"""Hourly grid factors that are posted: checked, kept once, shown with their gaps, withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct

from accounting import hourly
from accounting.errors import FactorError
from accounting.grid import HOUR_US
from accounting.hourly import HourlySeries
from accounting.quantity import LARGEST
from telemetry.reports.contract_forms import per_kwh
from telemetry.reports.errors import QueryError
from telemetry.reports.forms import converted
from telemetry.reports.moment import Moment
from telemetry.reports.records import Withdrawal
from telemetry.reports.steps import Steps, local_time
from telemetry.storage import hourly_series as store
from telemetry.storage.hourly_series import Hours, PostedSeries, SeriesDraft
from telemetry.storage.pool import Transaction

MOST = 100_000
"""Hours of one series: eleven years."""
_Word = Annotated[str, Meta(min_length=1, max_length=200)]


class PostedHourlyFactors(Struct, frozen=True, forbid_unknown_fields=True):
    """Factors of one grid, hour after hour."""

    region: Annotated[_Word, Meta(description="As meters and factors name it", examples=["CN-GD"])]
    edition: Annotated[_Word, Meta(examples=["dispatch 2026-05"])]
    source: Annotated[_Word, Meta(description="Where the numbers are written")]
    start: Annotated[
        str,
        Meta(
            max_length=40,
            description="Start of the first hour, with its zone",
            examples=["2026-05-01T00:00:00+08:00"],
        ),
    ]
    unit: Annotated[str, Meta(max_length=20, description="Mass of CO2 per energy", examples=["kgCO2/kWh"])]
    values: Annotated[
        list[Annotated[float, Meta(ge=0, le=LARGEST)] | None],
        Meta(
            min_length=1, max_length=MOST, description="One an hour; null: not known", examples=[[0.41, 0.39]]
        ),
    ]
    who: Annotated[_Word, Meta(description="Who answers for it", examples=["li.na"])]


class HourlyGap(Struct, frozen=True, rename={"from_": "from"}):
    """Hours without a factor."""

    region: str
    from_: Moment
    to: Annotated[Moment, Meta(description="End of the last hour")]
    hours: int


class HourlyFactors(Struct, frozen=True, rename={"from_": "from"}):
    """A series of hourly factors."""

    id: int
    region: str
    edition: str
    source: str
    from_: Moment
    to: Annotated[Moment, Meta(description="End of the last hour")]
    hours: Annotated[int, Meta(description="Hours that have a factor")]
    mean: Annotated[float, Meta(description="Of those hours [kgCO2/kWh]")]
    gaps: list[HourlyGap]
    posted_by: str
    posted_at: Moment
    withdrawn: Withdrawal | None
    new: Annotated[bool, Meta(description="false: it stood already")] = False


class HourlyFactorsList(Struct, frozen=True):
    """Series by region and first hour."""

    series: list[HourlyFactors]


@dataclass(frozen=True, slots=True)
class SeriesDesk:
    """Where series are taken in and shown."""

    zone: ZoneInfo
    now: datetime
    shipped: Sequence[HourlySeries]
    """Those of the library's files."""
    regions: frozenset[str]
    """Those that the library knows."""

    def keep(self, tx: Transaction, posted: PostedHourlyFactors) -> HourlyFactors:
        """Raises QueryError: field, value, reason."""
        draft = self._draft(posted)
        store.lock(tx)
        standing = store.listed(tx, Hours(draft.hours[0], draft.hours[-1], draft.region))
        same = next((each for each in standing if each.says(draft)), None)
        if same:
            return self.entry(same)
        self._alone(posted.start, draft, standing)
        number = store.put(tx, draft, posted.who, self.now)
        return self.entry(self.one(tx, number), new=True)

    def _draft(self, posted: PostedHourlyFactors) -> SeriesDraft:
        if posted.region not in self.regions:
            raise QueryError("region", posted.region, "is no region of the factor library")
        gas, kg = per_kwh(posted.unit, "unit")
        if gas != "CO2":
            raise QueryError("unit", posted.unit, "is no mass of CO2 alone, which hourly sums are of")
        try:
            first = hourly.hour_of(posted.start)
        except ValueError as error:
            raise QueryError("start", posted.start, str(error)) from error
        known = [(first + n, value * kg) for n, value in enumerate(posted.values) if value is not None]
        if not known:
            raise QueryError("values", None, "hold no number")
        hours, rates = zip(*known, strict=True)
        return SeriesDraft(
            region=posted.region,
            edition=posted.edition,
            source=posted.source,
            hours=list(hours),
            kg=list(rates),
        )

    def _alone(self, start: str, draft: SeriesDraft, standing: Sequence[PostedSeries]) -> None:
        try:
            hourly.check([*self.shipped, *map(as_series, standing), as_series(draft)])
        except FactorError as error:
            raise QueryError("start", start, f"{error}; withdraw that first") from error

    def one(self, tx: Transaction, number: int) -> PostedSeries:
        """Raises QueryError."""
        found = store.one(tx, number)
        if found is None:
            raise QueryError("id", number, "no series has this number; GET /api/v1/hourly-factors lists them")
        return found

    def entry(self, series: PostedSeries, *, new: bool = False) -> HourlyFactors:
        withdrawn = None
        if series.withdrawn_at and series.withdrawn_by and series.withdrawn_because:
            at = series.withdrawn_at.astimezone(self.zone)
            withdrawn = Withdrawal(series.withdrawn_by, at, series.withdrawn_because)
        return HourlyFactors(
            id=series.id,
            region=series.region,
            edition=series.edition,
            source=series.source,
            from_=self._moment(series.hours[0]),
            to=self._moment(series.hours[-1] + 1),
            hours=len(series.hours),
            mean=float(np.mean(series.kg)),
            gaps=[
                gap(series.region, lo, hi, self.zone)
                for lo, hi in hourly.gaps(as_series(series).hour).tolist()
            ],
            posted_by=series.posted_by,
            posted_at=series.posted_at.astimezone(self.zone),
            withdrawn=withdrawn,
            new=new,
        )

    def _moment(self, hour: int) -> datetime:
        return local_time(hour * HOUR_US, self.zone)


def posted(row: Any) -> PostedHourlyFactors:  # noqa: ANN401  # JSON
    """Raises QueryError: field, value, reason."""
    return converted(row, PostedHourlyFactors)


def _gaps(series: PostedSeries) -> list[list[int]]:
    found: list[list[int]] = hourly.gaps(np.array(series.hours, np.int64)).tolist()
    return found


def gap(region: str, first: int, after: int, zone: ZoneInfo) -> HourlyGap:
    """Hours `first` up to `after` since 1970 as a named gap."""
    return HourlyGap(
        region, local_time(first * HOUR_US, zone), local_time(after * HOUR_US, zone), after - first
    )


def as_series(posted: SeriesDraft) -> HourlySeries:
    return HourlySeries(
        posted.region,
        np.array(posted.hours, np.int64),
        np.array(posted.kg, np.float64),
        posted.edition,
        posted.source,
    )


def standing(tx: Transaction, steps: Steps) -> list[HourlySeries]:
    """What was posted for the hours of the intervals."""
    lo, hi = int(steps.edges[0]) // HOUR_US, (int(steps.edges[-1]) - 1) // HOUR_US
    return [as_series(each) for each in store.listed(tx, Hours(lo, hi))]
