"""A closed period as rows: their canonical form and hash, the figures they come to, and how two differ.

docs/periods.md describes the form.
"""

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from accounting import frozen_supply
from accounting.coal import Coefficient
from accounting.factors import Factor
from accounting.quantity import CATALOGUE
from accounting.sources import ELECTRICITY, SOURCES

Row = Mapping[str, Any]

KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "head": (),
        "factor": ("id",),
        "coefficient": ("id",),
        "price": ("tariff", "series", "valid_from"),
        "day": ("meter", "quantity", "day"),
        "emission": ("meter", "quantity", "day", "basis", "gas"),
        "record": ("id",),
        "record_emission": ("record", "gas", "first_day"),
        "record_energy": ("record",),
        "load": ("source", "day"),
        "instrument": ("record",),
        "origin": ("through", "meter", "day", "basis"),
        "sale": ("meter", "quantity", "day"),
        "receipt": ("meter", "quantity", "day"),
        "sold": ("through", "sent", "meter", "day", "basis"),
    }
)
"""Sort of row -> what tells its rows apart."""

_CLOSE = 1e-9
_ROUNDED = frozenset({"amount", "kg", "tce", "cost", "kwh", "open"})
"""What may come out otherwise in its last digits; amounts of what pools were made of are solved for."""
_NOTHING = 1e-6
_SCOPE_2 = 2
_POWER = frozenset(name for name, source in SOURCES.items() if source == ELECTRICITY)
_BOTH_BASES, _ORIGINS_BY_BASIS = 2, 5
"""Editions of the form from which on a period tells both bases of scope 2, and has origins on each."""
IMPORT, EXPORT = "energy_import", "energy_export"
_PASSED = MappingProxyType({"sale": "sold", "receipt": "returned"})
"""Sort of what neighbours had, or fed back -> how its figure is named."""
_CENTS = 1e-4
"""Costs are kept to four decimals."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that a period comes to."""

    name: str
    unit: str
    value: float | None
    """None: nothing is known."""
    missing: int
    """Rows that should have a part in it and say why they have none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two sets of rows do not say alike; None where one of them lacks the row."""

    row: str
    field: str
    before: Any
    after: Any


def line(row: Row) -> str:
    """One row: compact JSON, names sorted, numbers as the shortest decimal that reads back the same."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(rows: Iterable[Row]) -> list[str]:
    """Every row as a line, the lines in the order of their characters."""
    return sorted(line(row) for row in rows)


def digest(lines: Iterable[str]) -> str:
    """SHA-256 of the lines in UTF-8, each ended by a line feed, as hexadecimal digits."""
    return hashlib.sha256("".join(f"{each}\n" for each in lines).encode()).hexdigest()


def factor_row(factor: Factor) -> Row:
    plain = {key: str(value) if isinstance(value, date) else value for key, value in asdict(factor).items()}
    return {"sort": "factor", **plain}


def coefficient_row(coefficient: Coefficient) -> Row:
    return {"sort": "coefficient", **asdict(coefficient)}


def figures(rows: Sequence[Row]) -> list[Figure]:
    """Amounts by quantity [unit], cost [currency], standard coal [tce], and masses by scope and gas [kg].

    Scope 2 by both bases, and what served its electricity [kWh], where the rows are of form 2 or later.
    """
    found: defaultdict[tuple[str, str], list[float | None]] = defaultdict(list)
    form = next((row["form"] for row in rows if row["sort"] == "head"), 0)
    power = {row["id"] for row in rows if row["sort"] == "record" and row["name"] == "electricity"}
    for row in rows:
        for name, unit, value in _parts(row):
            found[name, unit].append(value)
        if form >= _BOTH_BASES and _is_rated_alike(row, power, form):
            found[f"{frozen_supply.MARKET}.{row['gas']}", "kg"].append(row["kg"])
    return [_figure(name, unit, values) for (name, unit), values in sorted(found.items())]


def _is_rated_alike(row: Row, power: Collection[int], form: int) -> bool:
    """Whether one row stands for both bases: bought heat, steam and cooling; once what neighbours sent."""
    if row["sort"] == "origin":
        return form < _ORIGINS_BY_BASIS
    if row["sort"] == "emission":
        return bool(row["scope"] == _SCOPE_2) and row["quantity"] not in _POWER
    return bool(row["sort"] == "record_emission" and row["scope"] == _SCOPE_2 and row["record"] not in power)


def _figure(name: str, unit: str, values: Sequence[float | None]) -> Figure:
    known = [value for value in values if value is not None]
    total = math.fsum(known) if known else None
    return Figure(name, unit, total, len(values) - len(known))


def _parts(row: Row) -> Iterator[tuple[str, str, float | None]]:
    if row["sort"] == "day":
        yield f"amount.{row['quantity']}", CATALOGUE[row["quantity"]].unit, row["amount"]
        if row["tce"] is not None:
            yield "tce", "tce", row["tce"]
        if row["cost"] is not None or row["unpriced"] is not None:
            yield "cost", "currency", None if row["cost"] is None else float(Decimal(row["cost"]))
    elif row["sort"] in _PASSED:
        yield f"{_PASSED[row['sort']]}.{row['quantity']}", CATALOGUE[row["quantity"]].unit, row["amount"]
        yield "tce", "tce", row["tce"]
    elif row["sort"] == "record_energy":
        yield "tce", "tce", row["tce"]
    elif row["sort"] in {"emission", "record_emission", "origin"}:
        yield f"emission.{row['basis']}.scope{row['scope']}.{row['gas']}", "kg", row["kg"]
    elif row["sort"] == "sold":
        yield f"emission.{row['basis']}.sold.{row['gas']}", "kg", row["kg"]
    elif row["sort"] in frozen_supply.SORTS:
        yield from frozen_supply.parts(row)


def factors_of(rows: Iterable[Row]) -> dict[str, Factor]:
    """The factors that were frozen, by id."""
    return {row["id"]: _factor(row) for row in rows if row["sort"] == "factor"}


def without_sort(row: Row) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "sort"}


def _factor(row: Row) -> Factor:
    values, dates = without_sort(row), {each.name for each in fields(Factor) if "date" in str(each.type)}
    for name in dates & values.keys():
        values[name] = values[name] and date.fromisoformat(values[name])
    return Factor(**values)


def unlike(before: Sequence[Row], after: Sequence[Row], *, close: bool = False) -> list[Difference]:
    """What two sets of rows say otherwise, row by row; `close` lets results differ by rounding alone."""
    old, new = ({_key(row): row for row in rows} for rows in (before, after))
    return [
        Difference(key, name, one.get(name), other.get(name))
        for key in sorted(old.keys() | new.keys())
        for one, other in [(old.get(key, {}), new.get(key, {}))]
        for name in sorted(one.keys() | other.keys())
        if not _alike(name, one.get(name), other.get(name), close=close)
    ]


def _key(row: Row) -> str:
    return " ".join((row["sort"], *(str(row[name]) for name in KEYS[row["sort"]])))


def _alike(name: str, one: Any, other: Any, *, close: bool) -> bool:  # noqa: ANN401  # JSON
    if one == other:
        return True
    if not close or one is None or other is None or name not in _ROUNDED:
        return False
    if name == "cost":
        return abs(float(one) - float(other)) <= _CENTS
    return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_NOTHING)
