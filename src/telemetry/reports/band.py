"""The tariff band that holds now, its price, what follows, and the bands of any stretch of time."""

import math
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Meta, Struct

from accounting.calendar import NO_BAND
from accounting.tariff import Tariff
from telemetry.reports.picture import BandNow, NextBand
from telemetry.reports.steps import Steps, local_time


class BandSpan(Struct, frozen=True, rename={"from_": "from"}):
    """A stretch in which band and price stay the same."""

    from_: datetime
    to: datetime
    code: Annotated[str, Meta(examples=["peak"])]
    price: Annotated[float | None, Meta(description="Per kWh; null: unpriced")]


def now(tariff: Tariff | None, us: int, zone: ZoneInfo) -> BandNow | None:
    """None without a tariff, and outside its validity."""
    held = tariff.now(us) if tariff else None
    if tariff is None or held is None:
        return None
    until = None if held.until_us is None else local_time(held.until_us, zone)
    following = None
    if held.next is not None and held.until_us is not None:
        following = NextBand(held.next.code, _price(tariff, held.until_us))
    return BandNow(held.band.code, _price(tariff, us), tariff.currency, tariff.fictitious, until, following)


def _price(tariff: Tariff, us: int) -> float | None:
    price = float(tariff.prices_at(np.array([us], dtype=np.int64)).price[0])
    return None if math.isnan(price) else price


def spans(tariff: Tariff, steps: Steps) -> list[BandSpan]:
    """Bands over the quarter hours of `steps`, oldest first; nothing outside the tariff's validity."""
    us = steps.edges[:-1]
    bands, prices = tariff.bands_at(us), tariff.prices_at(us).price
    same = (bands[1:] == bands[:-1]) & (
        (prices[1:] == prices[:-1]) | np.isnan(prices[1:]) & np.isnan(prices[:-1])
    )
    firsts = np.flatnonzero(np.concatenate([[True], ~same]))
    ends = np.append(firsts[1:], len(us))
    return [
        BandSpan(
            local_time(int(steps.edges[first]), steps.zone),
            local_time(int(steps.edges[end]), steps.zone),
            tariff.bands[bands[first]].code,
            None if math.isnan(prices[first]) else float(prices[first]),
        )
        for first, end in zip(firsts.tolist(), ends.tolist(), strict=True)
        if bands[first] != NO_BAND
    ]
