"""The rows that a period stands on, as they are now: statement, emissions, records, factors, prices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from accounting.activities import worth
from accounting.coal import Coefficient
from accounting.factors import Factor
from accounting.frozen import Row, coefficient_row, factor_row
from accounting.grid import to_us
from accounting.prices import PriceTable
from accounting.supply import Held
from accounting.tariff import Tariff
from telemetry.model import Converter
from telemetry.reports import frozen_passing, frozen_supply
from telemetry.reports.activities import Rating, conversion_of, share
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question
from telemetry.reports.factors import Factors
from telemetry.reports.membership import By, Selection, boundary_meters, crosses, within
from telemetry.reports.neighbours import brought, came_back
from telemetry.reports.outgoing import outgoing
from telemetry.reports.pools import trade
from telemetry.reports.pools.report import Park
from telemetry.reports.steps import Step, Steps
from telemetry.reports.supply import Place, Supply, supplied
from telemetry.storage import periods, record_emission, records
from telemetry.storage.pool import Transaction
from telemetry.storage.record_emission import RecordEmission
from telemetry.storage.records import Listing, Record, Sort
from telemetry.storage.registry import RegisteredMeter, Registry

FORM = 6
"""Edition of the canonical form; 2 and later tell scope 2 by both bases, 3 what air of neighbours carries,
4 heat, steam and cooling too, the series of prices of each day, and what was sold, 5 what that would have
emitted, and what came from neighbours by both bases, 6 electricity that they fed back."""
_LOCATION_ALONE = 1
_WITH_ORIGINS = 3
_WITH_SALES = 4
_WITH_SERIES = 4


@dataclass(frozen=True, slots=True)
class Shelf:
    """What figures are reckoned by."""

    coal: Mapping[str, Coefficient]
    tariff: Tariff | None
    rating: Rating
    grid: Factors
    """What electricity is rated by, by region and day."""
    converters: Sequence[Converter] = ()
    own: Mapping[str, Held] = field(default_factory=dict)
    """Of areas under an enterprise's own supply contract."""

    def priced_by(self, area: str, day: date) -> Tariff | None:
        """The tariff of what an area bought on a day."""
        own = self.own.get(area)
        return own.tariff if own and own.holds(day) else self.tariff

    def factors(self) -> Mapping[str, Factor]:
        return self.rating.kinds.by_id()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A month or a year of an area."""

    area: str
    period: str
    first: date
    last: date
    """Included."""


def collect(
    tx: Transaction, registry: Registry, shelf: Shelf, stretch: Stretch, *, now: datetime, form: int = FORM
) -> list[Row]:
    """Every row that the area's figures stand on as known `now`, with what they are reckoned by."""
    park = Park(registry, shelf.converters, shelf.grid)
    steps = Steps.covering(Step.DAY, shelf.rating.zone, *ends(shelf, stretch))
    fed = trade.fed(park, steps) if form >= frozen_passing.WITH_HEAT else {}
    stated = [
        row
        for row in _stated(tx, registry, shelf, stretch)
        if not frozen_passing.is_fed(row, fed, stretch.first)
    ]
    if form >= _WITH_SALES:
        stated = [frozen_passing.fed_in(_with_series(row, shelf, stretch), shelf.coal) for row in stated]
    known, supply = _records(tx, registry, stretch), []
    if form != _LOCATION_ALONE:
        found = _supplied(tx, registry, shelf, stretch, now)
        supply = list(frozen_supply.rows(found))
        known |= {each.id: each for each in (*found.sold, *(held.record for held, _ in found.served.held))}
    if form >= _WITH_ORIGINS:
        question = Question(steps, Selection(By.AREA, (), (stretch.area,)), (), now)
        came = brought(tx, park, question, {stretch.area})
        supply.extend(frozen_passing.origins(came, form))
        if form >= frozen_passing.WITH_BACK:
            back = came_back(came, park, found.crossed.day)
            supply.extend(frozen_passing.receipts(back, registry, shelf.coal))
        if form >= _WITH_SALES:
            apart = form >= frozen_passing.WITH_BACK
            sold = outgoing(tx, park, question, stretch.area, found, apart=apart)
            supply.extend(frozen_passing.sales(sold.sales, registry, shelf.coal, form))
            supply.extend(frozen_passing.sold(sold.parts) if form >= frozen_passing.WITH_SOLD else ())
    recorded = list(_recorded(tx, known, shelf, stretch))
    rows = [_head(shelf, stretch, form), *stated, *recorded, *supply]
    return [*rows, *_libraries(shelf, stretch, rows)]


def _supplied(tx: Transaction, registry: Registry, shelf: Shelf, stretch: Stretch, now: datetime) -> Supply:
    steps = Steps.covering(Step.DAY, shelf.rating.zone, *ends(shelf, stretch))
    question = Question(steps, Selection(By.AREA, (), (stretch.area,)), (), now)
    return supplied(tx, registry, shelf.grid, question, Place(stretch.area, shelf.rating.regions[0]))


def _with_series(row: Row, shelf: Shelf, stretch: Stretch) -> Row:
    """A priced day also says by which of the tariff's series."""
    if row["sort"] != "day" or row["tariff"] is None:
        return row
    tariff = shelf.priced_by(stretch.area, date.fromisoformat(row["day"]))
    known = tariff is not None and tariff.code == row["tariff"]
    return {**row, "series": _series(tariff) if tariff and known else None}


def _head(shelf: Shelf, stretch: Stretch, form: int) -> Row:
    return {
        "sort": "head",
        "form": form,
        "area": stretch.area,
        "period": stretch.period,
        "first_day": str(stretch.first),
        "last_day": str(stretch.last),
        "zone": shelf.rating.zone.key,
    }


def _stated(tx: Transaction, registry: Registry, shelf: Shelf, stretch: Stretch) -> Iterator[Row]:
    """The statement and the emissions of the meters that cross the area's edge, day by day."""
    meters = {meter.id: meter for meter in boundary_meters(registry, stretch.area)}
    asked = (list(meters), stretch.first, stretch.last)
    for sort, found in (("day", periods.days(tx, *asked)), ("emission", periods.emissions(tx, *asked))):
        for row in found:
            meter = meters[row.pop("meter_id")]
            if _counts(meter, row, shelf, stretch):
                yield {"sort": sort, "meter": meter.code, **row}


def _counts(meter: RegisteredMeter, row: Row, shelf: Shelf, stretch: Stretch) -> bool:
    return crosses(meter, stretch.area, date.fromisoformat(row["day"]), shelf.rating.zone)


def _records(tx: Transaction, registry: Registry, stretch: Stretch) -> dict[int, Record]:
    """Of the area and what stands below it, those that touch the period."""
    areas = sorted(within(registry, (stretch.area,)))
    return {
        each.id: each
        for sort in Sort
        for each in records.listed(tx, Listing(sort, stretch.first, stretch.last, areas))
    }


def _recorded(tx: Transaction, found: Mapping[int, Record], shelf: Shelf, stretch: Stretch) -> Iterator[Row]:
    """Records, and what the activities among them emitted in the period."""
    yield from map(_record, found.values())
    for record in found.values():
        if record.sort == Sort.ACTIVITY and shelf.rating.kinds.is_energy(record.name):
            yield _energy(record, shelf, stretch)
    steps, factors = _steps(shelf, stretch), shelf.factors()
    for mass in record_emission.select(tx, stretch.first, stretch.last, Revision.CURRENT):
        if mass.record_id in found:
            factor = factors.get(mass.factor or "")
            conversion = conversion_of(mass, found[mass.record_id].unit, factor) if factor else None
            yield {**_mass(mass, steps, stretch), "conversion": conversion}


def _steps(shelf: Shelf, stretch: Stretch) -> Steps:
    edges = [to_us(end) for end in ends(shelf, stretch)]
    return Steps(Step.DAY, shelf.rating.zone, np.array(edges, np.int64))


def ends(shelf: Shelf, stretch: Stretch) -> tuple[datetime, datetime]:
    """Its first moment, and that after its last."""
    first, after = stretch.first, stretch.last + timedelta(days=1)
    zone = shelf.rating.zone
    return datetime.combine(first, time(), zone), datetime.combine(after, time(), zone)


def _record(record: Record) -> Row:
    return {
        "sort": "record",
        "id": record.id,
        "what": record.sort,
        "area": record.area,
        "name": record.name,
        "first_day": str(record.first_day),
        "last_day": str(record.last_day),
        "amount": record.amount,
        "unit": record.unit,
        "document": record.document,
        "generator": record.generator,
        "vintage": record.vintage,
        **{name: value for name, value in _further(record) if value is not None},
        "posted_by": record.posted_by,
    }


def _further(record: Record) -> Iterator[tuple[str, Any]]:
    """What few records say."""
    for name in ("heating_value", "factor", "factor_unit", "source", "edition"):
        yield name, getattr(record, name)
    yield "published", record.published and str(record.published)


def _energy(record: Record, shelf: Shelf, stretch: Stretch) -> Row:
    """What an activity's part in the period is worth in standard coal."""
    first, last = max(record.first_day, stretch.first), min(record.last_day, stretch.last)
    amount = record.amount * ((last - first).days + 1) / record.days
    found = worth(shelf.coal, record.name, record.unit, first, record.heating_value)
    return {
        "sort": "record_energy",
        "record": record.id,
        "first_day": str(first),
        "last_day": str(last),
        "amount": amount,
        "tce": amount * found[1] if found else None,
        "coefficient": found[0].id if found else None,
    }


def _mass(mass: RecordEmission, steps: Steps, stretch: Stretch) -> Row:
    inside = float(share(mass, steps)[0])
    return {
        "sort": "record_emission",
        "record": mass.record_id,
        "gas": mass.gas,
        "basis": "direct" if mass.scope == 1 else "location",
        "scope": mass.scope,
        "first_day": str(max(mass.first_day, stretch.first)),
        "last_day": str(min(mass.last_day, stretch.last)),
        "amount": mass.amount * inside,
        "kg": None if mass.shortfall else mass.kg * inside,
        "factor": mass.factor,
        "shortfall": mass.shortfall,
    }


def _libraries(shelf: Shelf, stretch: Stretch, rows: Sequence[Row]) -> Iterator[Row]:
    """What the rows name of the libraries."""
    factors = shelf.factors()
    for name in sorted({row["factor"] for row in rows if row["sort"] != "record" and row.get("factor")}):
        if name in factors:
            yield factor_row(factors[name])
    for name in sorted({row["coefficient"] for row in rows if row.get("coefficient")}):
        if name in shelf.coal:
            yield coefficient_row(shelf.coal[name])
    used = {(row["tariff"], row.get("series")) for row in rows if row.get("tariff")}
    older = rows[0]["form"] < _WITH_SERIES
    for tariff in filter(None, [shelf.tariff] if older else _tariffs(shelf, stretch)):
        if (tariff.code, None if older else _series(tariff)) in used:
            yield from (_price(tariff.code, table) for table in _tables(tariff, stretch))


def _tariffs(shelf: Shelf, stretch: Stretch) -> list[Tariff]:
    """Those that hold on a day of the period: outside the days of an own contract the park's."""
    own = shelf.own.get(stretch.area)
    days = {stretch.first, stretch.last, *([own.first] if own else ())}
    inside = (day for day in sorted(days) if stretch.first <= day <= stretch.last)
    each = (shelf.priced_by(stretch.area, day) for day in inside)
    return list({id(one): one for one in each if one}.values())


def _series(tariff: Tariff) -> str | None:
    return next(iter(tariff.series), None)


def _tables(tariff: Tariff, stretch: Stretch) -> list[PriceTable]:
    """Those that a day of the period can take: what holds, else the last before it."""
    every = [table for series in tariff.series[:1] for table in tariff.tables(series)]
    tables = [table for table in every if table.valid_from <= stretch.last]
    begun = [table for table in tables if table.valid_from <= stretch.first]
    return tables[max(len(begun) - 1, 0) :]


def _price(code: str, table: PriceTable) -> dict[str, Any]:
    return {
        "sort": "price",
        "tariff": code,
        "series": table.series,
        "valid_from": str(table.valid_from),
        "valid_to": str(table.valid_to) if table.valid_to else None,
        "per_kwh": {band: str(table.per_kwh(band)) for band in table.prices},
        "curve": [str(price) for price in table.curve],
        "unit": table.unit,
        "standing": table.standing.value,
        "source": table.source,
    }
