"""Pools of a park over the intervals of a question, from settled quarter hours."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from accounting.carriers import FLOWS, energy_of
from accounting.grid import SLOT_US, Grid
from accounting.pool import OwnUse, own_use, recovery_rate
from accounting.quantity import CATALOGUE, Carrier
from telemetry.model import Converter, ConverterKind
from telemetry.reports.energy import Question, by_quarter_hour
from telemetry.reports.factors import Factors, uses
from telemetry.reports.membership import By
from telemetry.reports.names import Name, name_of
from telemetry.reports.pools.answer import ConverterSeries, Pool, PoolRow, PoolsAnswer
from telemetry.reports.pools.flows import Setting, Solved, solve
from telemetry.reports.pools.layout import INFLOWS, Part, PoolKey, Row, Way
from telemetry.reports.pools.rates import Bought, Came, Rating
from telemetry.reports.pools.reach import narrowed
from telemetry.reports.pools.stretch import Showing, Stretch
from telemetry.reports.steps import Step, Steps, local_time
from telemetry.storage import seen
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import Registry

_Floats = NDArray[np.float64]
_BACK = timedelta(days=7)
_EXPORTS = {"energy_export"}
_BACKWARDS = ("energy_export", "energy_export_amount", "active_power")
"""What a meter may show besides its own direction: powers have a sign."""


@dataclass(frozen=True, slots=True)
class Park:
    """What stands in it, and what its energy is rated by."""

    registry: Registry
    converters: Sequence[Converter]
    factors: Factors
    hidden: Collection[str] = ()
    """Boundary meters of heat, steam and cooling that a converter feeds which the view does not hold."""


def report(tx: Transaction, park: Park, question: Question, carriers: Sequence[str] = ()) -> PoolsAnswer:
    """Pools of the areas asked for, of all where none is. Raises QueryError."""
    registry, converters, steps = park.registry, park.converters, question.steps
    question.selection.check(registry)
    bought = Bought(park.factors, question.now.astimezone(steps.zone).date())
    areas = set(question.selection.areas)

    def asked(key: PoolKey) -> bool:
        return (not areas or key.area in areas) and (not carriers or key.carrier in carriers)

    book = reckoned(tx, park, steps, bought, asked)
    told = Told(registry, book, steps)
    return PoolsAnswer(
        from_=local_time(int(steps.edges[0]), steps.zone),
        to=steps.end,
        step=steps.step,
        zone=steps.zone.key,
        times=steps.times(),
        pools=[told.pool(key) for key in sorted(book.entered) if asked(key)],
        converters=[told.converter(each) for each in converters if each.code in book.seen],
        factors=uses(bought.used),
        shortfalls=sorted(bought.lacking | book.notes),
    )


def reckoned(  # what is asked, of whom, by what
    tx: Transaction, park: Park, steps: Steps, rating: Rating, asked: Callable[[PoolKey], bool]
) -> "Book":
    """What flowed in the intervals through the pools asked for and those before, and what that carries."""
    registry, converters = park.registry, park.converters
    back = _BACK if any(each.kind is ConverterKind.STORAGE for each in converters) else timedelta()
    grid = Grid(int(steps.edges[0]) - int(back.total_seconds()) * 1_000_000, 0)
    grid = Grid.covering(grid.start_us, int(steps.edges[-1]))
    bare = Showing(registry, grid, steps.zone, converters, {})
    flows = _flows(tx, registry)
    stretches = [replace(each, laid=narrowed(each.laid, asked, flows)) for each in bare.stretches()]
    showing = replace(
        bare, rows=_rows(tx, registry, grid, steps, {m for each in stretches for m in each.meters})
    )
    gases = rating.gases([each for stretch in stretches for each in _asked(showing, stretch)])
    book = Book(showing, rating, int((int(steps.edges[0]) - grid.start_us) // SLOT_US), gases)
    for stretch in stretches:
        book.write(stretch)
    return book


def _flows(tx: Transaction, registry: Registry) -> Callable[[Row], bool]:
    """Whether a row's meter ever showed anything that way; what a formula makes always may."""
    ids = np.array([meter.id for meter in registry.meters if meter.carrier in FLOWS], np.int32)
    moved = {registry.by_id[one].code: names for one, names in seen.of_meters(tx, ids).items()}

    def flows(row: Row) -> bool:
        backwards = row.way is Way.AGAINST and row.other is not None
        names = moved.get(row.meter, {})
        return not backwards or not names or any(names.get(name) for name in _BACKWARDS)

    return flows


def _rows(  # what is read, of whom, and when
    tx: Transaction, registry: Registry, grid: Grid, steps: Steps, meters: Collection[str]
) -> Mapping[tuple[str, str], _Floats]:
    """Settled amounts of the meters, float64[n] by (meter, quantity)."""
    ids = np.array(sorted(registry.by_code[code].id for code in meters), np.int32)
    names = [name for flows in FLOWS.values() for name in flows]
    cells = by_quarter_hour(tx, ids, [*names, *_EXPORTS], Steps(Step.QUARTER, steps.zone, grid.edges))
    codes = [registry.by_id[one].code for one in cells.meter_id.tolist()]
    return dict(zip(zip(codes, cells.quantity, strict=True), cells.amount, strict=True))


def _came(showing: Showing, stretch: Stretch, meter: str) -> Came:
    return Came(meter, showing.quantity(meter), stretch.standing[meter].region)


def _asked(showing: Showing, stretch: Stretch) -> list[tuple[Came, date]]:
    """All that is bought, by day."""
    days = dict.fromkeys(showing.days()[stretch.lo : stretch.hi])
    return [
        (_came(showing, stretch, row.meter), day)
        for row in stretch.laid.rows
        if row.part is Part.BOUGHT
        for day in days
    ]


@dataclass(slots=True, eq=False)
class Book:
    """Amounts and what they carry over all cells; 0 where a row or pool did not exist."""

    showing: Showing
    rating: Rating
    first: int
    """The first cell that is asked for; those before fill storages."""
    gases: list[str]
    rows: dict[Row, tuple[_Floats, _Floats]] = field(default_factory=dict)
    entered: dict[PoolKey, _Floats] = field(default_factory=dict)
    rest: dict[PoolKey, tuple[_Floats, _Floats]] = field(default_factory=dict)
    unit: dict[PoolKey, str] = field(default_factory=dict)
    converted: dict[str, _Floats] = field(default_factory=dict)
    idle: dict[str, _Floats] = field(default_factory=dict)
    content: dict[str, _Floats] = field(default_factory=dict)
    unfilled: dict[str, float] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)

    def write(self, stretch: Stretch) -> None:
        laid, showing = stretch.laid, self.showing
        if not laid.rows:
            return
        days = showing.days()[stretch.lo : stretch.hi]
        quantities = [showing.quantity(row.meter) for row in laid.rows]
        amount = np.array([showing.amount(row, stretch.lo, stretch.hi) for row in laid.rows])
        self._one_unit(stretch, quantities, amount)
        rated = {
            at: self.rating.rates(_came(showing, stretch, row.meter), days, self.gases)
            for at, row in enumerate(laid.rows)
            if row.part is Part.BOUGHT
        }
        setting = Setting(laid, amount, rated, stretch.converters, quantities, len(self.gases))
        self._keep(stretch, solve(setting))

    def _one_unit(self, stretch: Stretch, quantities: Sequence[str], amount: _Floats) -> None:
        """What is shown in another unit than the pools at its ends is not known in them."""
        pools = {row.pool for row in stretch.laid.rows}
        for at, row in enumerate(stretch.laid.rows):
            for pool in pools.intersection({row.pool, row.other}):
                unit = self.unit.setdefault(pool, self.showing.unit_of(stretch.laid, pool))
                if quantities[at] != unit:
                    amount[at] = np.nan
                    self.notes.add(f"{row.meter} shows {quantities[at]}, its pool in {pool.area} {unit}")

    def _keep(self, stretch: Stretch, solved: Solved) -> None:
        part = slice(stretch.lo, stretch.hi)
        for at, row in enumerate(solved.rows):
            amount, kg = self.rows.setdefault(row, (self.zeros(), self.zeros(len(self.gases))))
            amount[part], kg[part] = solved.amount[at], solved.kg[at]
        for at, key in enumerate(solved.pools):
            self.entered.setdefault(key, self.zeros())[part] = solved.found.entered[at]
            rest, carried = self.rest.setdefault(key, (self.zeros(), self.zeros(len(self.gases))))
            rest[part] = solved.found.rest[at]
            carried[part] = np.where(
                (solved.found.rest[at] == 0)[:, None],
                0.0,
                solved.found.rest[at][:, None] * solved.found.rate[at],
            )
        self._of_converters(stretch, solved)

    def _of_converters(self, stretch: Stretch, solved: Solved) -> None:
        part = slice(stretch.lo, stretch.hi)
        self.seen |= {row.converter for row in solved.rows if row.converter}
        taken = [row.converter for row in solved.rows if row.part is Part.TAKEN]
        for code, kg in solved.converted.items():
            self.converted.setdefault(code, self.zeros(len(self.gases)))[part] = kg
            idle = [solved.found.idle[at] for at, each in enumerate(taken) if each == code]
            self.idle.setdefault(code, self.zeros(len(self.gases)))[part] = np.sum(idle, axis=0)
        for at, code in enumerate(solved.storages):
            if solved.stored is not None:
                self.content[code] = solved.stored.content[at]
                asked = solved.stored.unfilled[at][max(self.first - stretch.lo, 0) :]
                self.unfilled[code] = self.unfilled.get(code, 0.0) + float(asked.sum())

    def zeros(self, *more: int) -> _Floats:
        return np.zeros((self.showing.grid.count, *more))


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """The same by interval."""

    registry: Registry
    book: Book
    steps: Steps

    @property
    def _firsts(self) -> NDArray[np.int64]:
        start = self.book.showing.grid.start_us + self.book.first * SLOT_US
        return ((self.steps.edges[:-1] - start) // SLOT_US).astype(np.int64)

    def sums(self, values: _Floats) -> _Floats:
        """By interval, of what is known; NaN where nothing is."""
        asked = values[self.book.first :]
        known = ~np.isnan(asked)
        total = np.add.reduceat(np.where(known, asked, 0.0), self._firsts)
        return np.where(np.add.reduceat(known.astype(float), self._firsts) > 0, total, np.nan)

    def _values(self, values: _Floats) -> list[float | None]:
        return listed(self.sums(values))

    def _carried(self, kg: _Floats) -> dict[str, list[float | None]]:
        return {gas: self._values(kg[:, at]) for at, gas in enumerate(self.book.gases)}

    def pool(self, key: PoolKey) -> Pool:
        book = self.book
        entered, (rest, rest_kg) = book.entered[key], book.rest[key]
        rows = {row: both for row, both in book.rows.items() if row.pool == key}
        kg = sum((both[1] for row, both in rows.items() if row.part in INFLOWS), book.zeros(len(book.gases)))
        known = ~np.isnan(kg).any(axis=1) & ~np.isnan(entered)
        whole = self.sums(np.where(known, entered, np.nan))
        carried = np.stack([self.sums(np.where(known, kg[:, at], np.nan)) for at in range(len(book.gases))])
        rate = np.divide(carried, whole, out=np.full_like(carried, np.nan), where=np.nan_to_num(whole) > 0)
        share = np.add.reduceat(known[book.first :].astype(float), self._firsts) / np.diff(
            [*self._firsts, len(known) - book.first]
        )
        used, sufficient = self._own(key, rows)
        quantity = book.unit[key]
        return Pool(
            area=key.area,
            name=name_of(By.AREA, key.area, self.registry),
            carrier=key.carrier,
            quantity=quantity,
            unit=CATALOGUE[quantity].unit,
            entered=self._values(entered),
            rate={gas: listed(rate[at]) for at, gas in enumerate(book.gases)},
            rest=self._values(rest),
            rest_carried=self._carried(rest_kg),
            known=np.round(share, 4).tolist(),
            self_consumption=used,
            self_sufficiency=sufficient,
            rows=[self._row(row, *both) for row, both in rows.items() if np.any(both[0] != 0)],
        )

    def _row(self, row: Row, amount: _Floats, kg: _Floats) -> PoolRow:
        return PoolRow(
            row.meter,
            name_of(By.METER, row.meter, self.registry),
            row.part,
            row.part in INFLOWS,
            row.other.area if row.other else None,
            row.converter,
            self._values(amount),
            self._carried(kg),
        )

    def _own(
        self, key: PoolKey, rows: Mapping[Row, tuple[_Floats, _Floats]]
    ) -> tuple[list[float | None], list[float | None]]:
        """Self-consumption and self-sufficiency, of pools with generation."""
        if key.carrier != Carrier.ELECTRICITY:
            return [], []
        made = self._total(rows, (Part.GENERATED, Way.AGAINST), (Part.RECEIVED, Way.AGAINST))
        made = made + self._cogenerated(rows)
        came = self._total(rows, (Part.BOUGHT, Way.ALONG), (Part.RECEIVED, Way.ALONG))
        left = self._total(rows, (Part.EXPORTED, Way.AGAINST), (Part.SENT, Way.AGAINST))
        found = own_use(made, came, left)
        parts = (found.used, found.fed_in, found.bought, found.consumption)
        summed = OwnUse(*(self.sums(each) for each in parts))
        return listed(summed.self_consumption), listed(summed.self_sufficiency)

    def _total(self, rows: Mapping[Row, tuple[_Floats, _Floats]], *wanted: tuple[Part, Way]) -> _Floats:
        chosen = [both[0] for row, both in rows.items() if (row.part, row.way) in wanted]
        return sum(chosen, self.book.zeros())

    def _cogenerated(self, rows: Mapping[Row, tuple[_Floats, _Floats]]) -> _Floats:
        """Electricity that converters made of other carriers."""
        takers = {row.converter for row in rows if row.part is Part.TAKEN}
        made = (
            both[0]
            for row, both in rows.items()
            if row.part is Part.CONVERTED and row.converter not in takers
        )
        return sum(made, self.book.zeros())

    def converter(self, of: Converter) -> ConverterSeries:
        book = self.book
        nothing = book.zeros(len(book.gases))
        storage = of.kind is ConverterKind.STORAGE
        both = (Part.CHARGED, Part.DISCHARGED) if storage else (Part.TAKEN, Part.CONVERTED)
        taken, given = (self._energy(of.code, part) for part in both)
        carried = self._charged(of.code) if storage else book.converted.get(of.code, nothing)
        recovered = self._recovered(of)
        could = taken * (of.recoverable_share or np.nan)
        return ConverterSeries(
            code=of.code,
            name=Name.of(of.name),
            kind=of.kind,
            taken_gj=self._values(taken),
            given_gj=self._values(given),
            carried=self._carried(carried),
            idle=self._carried(book.idle.get(of.code, nothing)),
            recovered_gj=self._values(recovered) if of.recovered else [],
            recovery_rate=listed(recovery_rate(self.sums(recovered), self.sums(could)))
            if of.recovered
            else [],
            content=dict(zip(book.gases, book.content[of.code].tolist(), strict=False))
            if of.code in book.content
            else {},
            unfilled=book.unfilled.get(of.code, 0.0),
        )

    def _charged(self, code: str) -> _Floats:
        """What went into a storage carried, float64[n, g] [kg]."""
        rows = self.book.rows.items()
        found = (kg for row, (_, kg) in rows if row.converter == code and row.part is Part.CHARGED)
        return sum(found, self.book.zeros(len(self.book.gases)))

    def _energy(self, code: str, part: Part) -> _Floats:
        total = self.book.zeros()
        for row, (amount, _) in self.book.rows.items():
            if row.converter == code and row.part is part:
                each = energy_of(self.book.showing.quantity(row.meter))
                total += amount * (np.nan if each is None else each)
        return total

    def _recovered(self, of: Converter) -> _Floats:
        showing, total = self.book.showing, self.book.zeros()
        for code in of.recovered:
            found = showing.rows.get((code, showing.quantity(code)))
            total += np.nan if found is None else found
        return total


def listed(values: _Floats) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]
