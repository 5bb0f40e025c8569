"""The active power of many meters side by side, by the minute, the quarter hour or the hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from telemetry.reports.errors import NoSuchMeter, QueryError
from telemetry.reports.moment import Moment
from telemetry.reports.readings import MOST_ROWS, Resolution, binned, edges, in_the_line, moments
from telemetry.storage import readings, registry
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter

_POWER = ("active_power",)


class LoadProfile(Struct, frozen=True):
    """One meter's power along the times, with CT x PT applied."""

    meter: Annotated[str, Meta(examples=["M-101"])]
    power_kw: Annotated[
        list[float | None],
        Meta(description="Means of the intervals; null: not read", examples=[[412.5, None]]),
    ]


class LoadProfiles(Struct, frozen=True, rename={"from_": "from"}):
    """What meters drew, interval by interval."""

    from_: Moment
    to: Moment
    step: Resolution
    times: Annotated[list[Moment], Meta(description="Starts of the intervals")]
    meters: Annotated[list[LoadProfile], Meta(description="In the order asked for")]


@dataclass(frozen=True, slots=True)
class Question:
    """Whose power is asked for, and when."""

    meters: tuple[str, ...]
    lo: datetime
    hi: datetime
    resolution: Resolution
    """Not raw: the meters share their times."""
    zone: ZoneInfo


def report(tx: Transaction, question: Question) -> LoadProfiles:
    """Raises NoSuchMeter, QueryError."""
    by_code = registry.read(tx).by_code
    meters = [_known(by_code.get(code), code) for code in dict.fromkeys(question.meters)]
    between = edges(question.resolution, question.zone, question.lo, question.hi)
    rows = _select(tx, meters, question, between)
    return LoadProfiles(
        from_=question.lo.astimezone(question.zone),
        to=question.hi.astimezone(question.zone),
        step=question.resolution,
        times=moments(between[:-1], question.zone),
        meters=[_profile(meter, rows, between) for meter in meters],
    )


def _known(meter: RegisteredMeter | None, code: str) -> RegisteredMeter:
    if meter is None:
        raise NoSuchMeter(code)
    return meter


def _select(
    tx: Transaction, meters: Sequence[RegisteredMeter], question: Question, between: NDArray[np.int64]
) -> readings.ReadingColumns:
    ids = np.array([meter.id for meter in meters], dtype=np.int32)
    most = MOST_ROWS // len(ids)
    rows = readings.select(tx, ids, int(between[0]), int(between[-1]), _POWER, most + 1)
    if np.bincount(rows.meter_id, minlength=1).max() > most:
        reason = f"more than {most} readings of a meter lie between; ask for less, or for fewer meters"
        raise QueryError("from", question.lo.isoformat(), reason)
    return rows


def _profile(
    meter: RegisteredMeter, rows: readings.ReadingColumns, between: NDArray[np.int64]
) -> LoadProfile:
    own = slice(*np.searchsorted(rows.meter_id, [meter.id, meter.id + 1]))
    values = in_the_line(meter, rows.time[own], rows.values[own], _POWER)
    return LoadProfile(meter.code, binned(rows.time[own], values, _POWER, between)[:, 0].tolist())
