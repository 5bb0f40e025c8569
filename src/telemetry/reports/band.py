"""The tariff band that holds now, its price, and what follows."""

import math
from zoneinfo import ZoneInfo

import numpy as np

from accounting.tariff import Tariff
from telemetry.reports.picture import BandNow, NextBand
from telemetry.reports.steps import local_time


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
