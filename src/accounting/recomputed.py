"""Frozen rows reckoned anew: columns read from the rows, and results written back into them.

Documents, of which there are few, are taken one by one; meters by days are arrays.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from accounting import coal, frozen_supply
from accounting.activities import UNITS, worth
from accounting.coal import Coefficient
from accounting.emissions import rate
from accounting.errors import FactorError
from accounting.factors import Factor
from accounting.frozen import EXPORT, IMPORT, Row, factors_of, without_sort
from accounting.sources import SOURCES

_DIGITS = 4
"""Decimals of a day's cost of a band."""
_Floats = NDArray[np.float64]
_Results = Mapping[str, Iterable[Any]]
_Key = TypeVar("_Key", bound=Hashable)
_T = TypeVar("_T")


def recomputed(rows: Sequence[Row]) -> list[Row]:
    """The rows with every result reckoned anew from the frozen amounts, factors, coefficients and prices.

    Raises FactorError when a row names a factor that was not frozen with it.
    """
    basis = _Basis.of(rows)
    alone = [row for row in rows if row["sort"] not in frozen_supply.SORTS]
    supply = [row for row in rows if row["sort"] in frozen_supply.SORTS]
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(alone):
        places[row["sort"]].append(place)
    for sort, reckon in _RECKONED.items():
        for name, values in reckon(basis, [alone[place] for place in places[sort]]).items():
            for place, value in zip(places[sort], values, strict=True):
                alone[place] = {**alone[place], name: value}
    return [*alone, *frozen_supply.again(supply, basis.amounts, basis.factors)]


@dataclass(frozen=True, slots=True)
class _Basis:
    factors: Mapping[str, Factor]
    coefficients: Mapping[str, Coefficient]
    prices: Sequence[Row]
    amounts: Mapping[tuple[str, str, str], float | None]
    records: Mapping[int, Row]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "_Basis":
        by_sort: defaultdict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_sort[row["sort"]].append(row)
        coefficients = (Coefficient(**without_sort(row)) for row in by_sort["coefficient"])
        return cls(
            factors_of(by_sort["factor"]),
            {each.id: each for each in coefficients},
            sorted(by_sort["price"], key=lambda row: str(row["valid_from"])),
            {(row["meter"], row["quantity"], row["day"]): row["amount"] for row in by_sort["day"]},
            {row["id"]: row for row in by_sort["record"]},
        )

    def factor(self, name: str) -> Factor:
        """Raises FactorError."""
        if name not in self.factors:
            raise FactorError(f"the factor {name!r} was not frozen with the period")
        return self.factors[name]

    def rate(self, key: tuple[str, str | None]) -> float:
        """Of a quantity by a factor [kg per unit]; NaN without one. Raises FactorError."""
        quantity, name = key
        return rate(SOURCES[quantity], self.factor(name)) if name is not None else math.nan

    def tce(self, key: tuple[str, str | None], day: str) -> float:
        """Of a quantity by a coefficient [tce per unit]; NaN without one."""
        name, coefficient = key[0], self.coefficients.get(key[1] or "")
        if coefficient is None:
            return math.nan
        rated = IMPORT if name == EXPORT else name
        return coal.rate({coefficient.id: coefficient}, rated, date.fromisoformat(day))

    def table(self, key: tuple[Any, Any, str], *, of_series: bool) -> Row | None:
        """The prices of a tariff, series and day; forms before 4 do not say which series a day has."""
        tariff, series, day = key
        fitting = (
            each
            for each in reversed(self.prices)
            if each["valid_from"] <= day
            and (not of_series or (each["tariff"], each["series"]) == (tariff, series))
        )
        return next(fitting, None)


def _emissions(basis: _Basis, rows: Sequence[Row]) -> _Results:
    amounts = [basis.amounts[row["meter"], row["quantity"], row["day"]] for row in rows]
    return {"kg": _listed(_floats(amounts) * _rates(basis, rows))}


def _passed(basis: _Basis, rows: Sequence[Row]) -> _Results:
    return {"kg": _listed(_floats([row["amount"] for row in rows]) * _rates(basis, rows))}


def _rates(basis: _Basis, rows: Sequence[Row]) -> _Floats:
    """float64[r] [kg per unit]; NaN without a factor."""
    return _floats(_once([(row["quantity"], row["factor"]) for row in rows], basis.rate))


def _days(basis: _Basis, rows: Sequence[Row]) -> _Results:
    return {"tce": _coal(basis, rows), "cost": _costs(basis, rows)}


def _sales(basis: _Basis, rows: Sequence[Row]) -> _Results:
    return {"tce": _coal(basis, rows)}


def _coal(basis: _Basis, rows: Sequence[Row]) -> list[float | None]:
    keys = [(row["quantity"], row["coefficient"]) for row in rows]
    first = {key: row["day"] for key, row in zip(reversed(keys), reversed(rows), strict=True)}
    rates = _floats(_once(keys, lambda key: basis.tce(key, first[key])))
    found = _floats([row["amount"] for row in rows]) * rates
    leaves = np.array([row["sort"] == "sale" or row["quantity"] == EXPORT for row in rows], np.bool_)
    return _listed(np.where(leaves, 0.0 - found, found))


def _costs(basis: _Basis, rows: Sequence[Row]) -> list[str | None]:
    """Amounts by band at the prices of the day, each to four decimals; None without a frozen table.

    Where a curve prices the hours, the bands' frozen costs are added up alone.
    """
    keys = [(row.get("tariff"), row.get("series"), row["day"]) for row in rows]
    of_series = any("series" in row for row in rows)
    tables = _once(keys, lambda key: basis.table(key, of_series=of_series))
    found: list[str | None] = [None] * len(rows)
    priced = [n for n, row in enumerate(rows) if row["cost"] is not None and row["bands"] is not None]
    by_table: defaultdict[int, list[int]] = defaultdict(list)
    for n in priced:
        by_table[id(tables[n])].append(n)
    for places in by_table.values():
        table = tables[places[0]]
        if table is not None:
            for n, cost in zip(places, _by_table(table, [rows[n] for n in places]), strict=True):
                found[n] = None if math.isnan(cost) else f"{cost:.4f}"
    return found


def _by_table(table: Row, rows: Sequence[Row]) -> list[float]:
    """Cost of each row by one table of prices."""
    if table["curve"]:
        return _matrix([row["band_costs"] for row in rows])[1].sum(axis=1).tolist()  # type: ignore[no-any-return]
    bands, kwh = _matrix([row["bands"] for row in rows])
    price = np.array([float(Decimal(table["per_kwh"].get(band, "NaN"))) for band in bands])
    costs: list[float] = np.round(np.where(kwh == 0, 0.0, kwh * price), _DIGITS).sum(axis=1).tolist()
    return costs


def _matrix(rows: Sequence[Mapping[str, float]]) -> tuple[list[str], _Floats]:
    """Bands, and the values of rows by them, float64[r, b]; 0 where a row has none."""
    bands = sorted({band for row in rows for band in row})
    return bands, np.array([[row.get(band, 0.0) for band in bands] for row in rows]).reshape(-1, len(bands))


def _recorded(basis: _Basis, rows: Sequence[Row]) -> _Results:
    return {"kg": [_of_document(basis, row) for row in rows]}


def _of_document(basis: _Basis, row: Row) -> float | None:
    if row["factor"] is None:
        return None
    factor, record = basis.factor(row["factor"]), basis.records[row["record"]]
    listed = dict(UNITS[record["unit"]]).get(factor.unit_denominator)
    # By the unit alone where that says it; what a heating value came to was frozen.
    if listed is None or record.get("heating_value") is not None:
        listed = float(row["conversion"])
    return float(row["amount"] * (factor.kg * listed))


def _energies(basis: _Basis, rows: Sequence[Row]) -> _Results:
    return {"tce": [_worth(basis, row) for row in rows]}


def _worth(basis: _Basis, row: Row) -> float | None:
    if row["coefficient"] is None:
        return None
    record, frozen = basis.records[row["record"]], basis.coefficients.get(row["coefficient"])
    day, known = date.fromisoformat(row["first_day"]), {frozen.id: frozen} if frozen else {}
    found = worth(known, record["name"], record["unit"], day, record.get("heating_value"))
    return row["amount"] * found[1] if found else None


_RECKONED: Mapping[str, Callable[[_Basis, Sequence[Row]], _Results]] = {
    "day": _days,
    "sale": _sales,
    "receipt": _sales,
    "emission": _emissions,
    "origin": _passed,
    "sold": _passed,
    "record_emission": _recorded,
    "record_energy": _energies,
}
"""Sorts with results that are reckoned from other fields."""


def _once(keys: Sequence[_Key], told: Callable[[_Key], _T]) -> list[_T]:
    """What is told of each key, asked once for equal ones."""
    found = {key: told(key) for key in dict.fromkeys(keys)}
    return [found[key] for key in keys]


def _floats(values: Sequence[float | None]) -> _Floats:
    """float64[r]; NaN where nothing is known."""
    return np.array([math.nan if value is None else value for value in values], np.float64)


def _listed(column: _Floats) -> list[float | None]:
    return [None if math.isnan(value) else value for value in column.tolist()]
