"""What served a closed period's electricity, as frozen rows: their figures, and the same reckoned anew."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounting.emissions import rate
from accounting.errors import FactorError
from accounting.factors import Factor
from accounting.scope2 import Instruments, Market, Tier, market
from accounting.sources import ELECTRICITY

Row = Mapping[str, Any]
SORTS = frozenset({"load", "instrument"})
MARKET = "emission.market.scope2"
_METER = "meter "
_UNCLAIMED = "unbacked"


def parts(row: Row) -> Iterator[tuple[str, str, float | None]]:
    """Name, unit and value of what a row adds to figures: masses by gas [kg], and what served it [kWh]."""
    if row["gas"] is not None:
        yield f"{MARKET}.{row['gas']}", "kg", row["kg"]
    yield f"served.{row['tier']}", "kWh", row["open"] if row["sort"] == "load" else row["kwh"]


def again(
    rows: Sequence[Row],
    amounts: Mapping[tuple[str, str, str], float | None],
    factors: Mapping[str, Factor],
) -> list[Row]:
    """The rows of loads and instruments with what served what reckoned anew.

    Loads of meters are those of `amounts`: (meter, quantity, day) -> [kWh]. Raises FactorError when a row
    names a factor that was not frozen with it.
    """
    loads = [_of_meter(row, amounts) for row in rows if row["sort"] == "load"]
    held = [row for row in rows if row["sort"] == "instrument"]
    if not loads:
        return [*loads, *held]
    grid, found, usable = _served(loads, held, factors)
    gave = dict(zip(usable, found.given.sum(axis=1).tolist(), strict=True))
    return [*grid.told(loads, found), *(_gave(row, gave) for row in held)]


def given(rows: Sequence[Row], factors: Mapping[str, Factor]) -> dict[int, dict[str, float]]:
    """Record -> day -> what it served [kWh]. Raises FactorError, as `again`."""
    loads = [row for row in rows if row["sort"] == "load"]
    if not loads:
        return {}
    held = [row for row in rows if row["sort"] == "instrument"]
    grid, found, usable = _served(loads, held, factors)
    return {
        record: dict(zip(grid.day, kwh.tolist(), strict=True))
        for record, kwh in zip(usable, found.given, strict=True)
    }


def _served(
    loads: Sequence[Row], held: Sequence[Row], factors: Mapping[str, Factor]
) -> tuple["_Grid", Market, list[int]]:
    """Where loads stand, what served them, and the records of the instruments that may serve."""
    usable = sorted((row for row in held if not row["refused"]), key=lambda row: int(row["order"]))
    grid = _Grid.of(loads)
    found = market(grid.laid(loads), grid.instruments(usable), *grid.rates(loads, factors))
    return grid, found, [row["record"] for row in usable]


def _of_meter(row: Row, amounts: Mapping[tuple[str, str, str], float | None]) -> Row:
    if not row["source"].startswith(_METER):
        return row
    amount = amounts.get((row["source"].removeprefix(_METER), "energy_import", row["day"]))
    return {**row, "kwh": None if amount is None or amount < 0 else amount}


def _gave(row: Row, gave: Mapping[int, float]) -> Row:
    kwh = gave.get(row["record"], 0.0)
    return {**row, "kwh": kwh, "kg": kwh * row["rate"] if row["gas"] is not None else None}


@dataclass(frozen=True, slots=True)
class _Grid:
    """Sources by days."""

    source: Mapping[str, int]
    day: Mapping[str, int]

    @classmethod
    def of(cls, loads: Sequence[Row]) -> "_Grid":
        days = [date.fromisoformat(row["day"]).toordinal() for row in loads]
        names = dict.fromkeys(row["source"] for row in loads)
        names.setdefault(_UNCLAIMED)
        every = range(min(days), max(days) + 1)
        ordered = [*(name for name in names if name != _UNCLAIMED), _UNCLAIMED]
        return cls(
            {name: at for at, name in enumerate(ordered)},
            {str(date.fromordinal(day)): at for at, day in enumerate(every)},
        )

    def _empty(self) -> NDArray[np.float64]:
        return np.full((len(self.source), len(self.day)), np.nan)

    def at(self, loads: Sequence[Row]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where rows stand, intp[r] each."""
        places = [(self.source[row["source"]], self.day[row["day"]]) for row in loads]
        source, day = np.array(places, np.intp).reshape(-1, 2).T
        return source, day

    def laid(self, loads: Sequence[Row]) -> NDArray[np.float64]:
        """Loads float64[s, d] [kWh]; NaN where one is not known, and where there is none."""
        found = self._empty()
        found[self.at(loads)] = _column(loads, "kwh")
        return found

    def rates(
        self, loads: Sequence[Row], factors: Mapping[str, Factor]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of the residual and of the average, float64[s, d] each [kg/kWh]; NaN where it is the other's."""
        tier, each = np.array([row["tier"] for row in loads]), _rates(loads, factors)
        residual, average = self._empty(), self._empty()
        residual[self.at(loads)] = np.where(tier == "residual", each, np.nan)
        average[self.at(loads)] = np.where(tier == "average", each, np.nan)
        return residual, average

    def instruments(self, held: Sequence[Row]) -> Instruments:
        tier = np.array([Tier[row["tier"].upper()] for row in held], np.int8)
        consumer = np.ones((len(held), len(self.source)), bool)
        consumer[tier != Tier.CERTIFICATE, self.source[_UNCLAIMED]] = False
        first = date.fromisoformat(next(iter(self.day))).toordinal()
        spans = [
            [date.fromisoformat(row[name]).toordinal() - first for name in ("first_day", "last_day")]
            for row in held
        ]
        days = np.array(spans, np.int64).reshape(-1, 2)
        return Instruments(
            tuple(str(row["record"]) for row in held),
            tier,
            np.nan_to_num(_column(held, "limit"), nan=math.inf, posinf=math.inf),
            _column(held, "rate"),
            np.maximum(days[:, 0], 0),
            np.maximum(days[:, 1] + 1, 0),
            consumer,
        )

    def told(self, loads: Sequence[Row], found: Market) -> list[Row]:
        """Rows with what no instrument served of them [kWh], and its mass [kg]."""
        at = self.at(loads)
        results = zip(loads, found.open[at].tolist(), found.rest[at].tolist(), strict=True)
        return [_told(row, open_, kg) for row, open_, kg in results]


def _told(row: Row, open_: float, kg: float) -> Row:
    unknown = row["kwh"] is None
    return {
        **row,
        "open": None if unknown else open_,
        "kg": None if unknown or row["factor"] is None else kg,
    }


def _column(rows: Sequence[Row], name: str) -> NDArray[np.float64]:
    """float64[r]; NaN where a row says nothing."""
    return np.array([math.nan if row[name] is None else row[name] for row in rows], np.float64)


def _rates(loads: Sequence[Row], factors: Mapping[str, Factor]) -> NDArray[np.float64]:
    """Of each row's factor, float64[r] [kg/kWh]; NaN without one. Raises FactorError for one not frozen."""
    names = {row["factor"] for row in loads} - {None}
    if lacking := sorted(names - factors.keys()):
        raise FactorError(f"the factor {lacking[0]!r} was not frozen with the period")
    known = {name: rate(ELECTRICITY, factors[name]) for name in names}
    return np.array([known.get(row["factor"], math.nan) for row in loads], np.float64)
