"""What the quarter hours of a plan offer: prices, factors, the load of all else, and own generation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.calendar import NO_BAND
from accounting.forecast import Error, History, Warmth, back_test, by_kind, follows, warmer
from accounting.grid import DAY_SLOTS, SLOT_US, Grid, local_wall
from accounting.holidays import UNKNOWN, Holidays
from accounting.plan.job import Horizon
from accounting.quantity import Carrier
from accounting.tariff import Tariff
from telemetry.model import Role
from telemetry.reports.billing_month import below
from telemetry.reports.errors import QueryError
from telemetry.reports.membership import lineage, within
from telemetry.reports.plans import clock
from telemetry.reports.plans.forms import Plan
from telemetry.reports.plans.lines import meters_of
from telemetry.reports.plans.sunshine import Field, Sunshine, clear_days
from telemetry.reports.plans.sunshine import back_test as back_test_of_sun
from telemetry.storage import readings
from telemetry.storage.pool import Transaction
from telemetry.storage.registry import RegisteredMeter, Registry

_Floats = NDArray[np.float64]
DAYS_BACK = 56
_DAY_US = DAY_SLOTS * SLOT_US
_KW = 4.0
_FREE, _WORKED = 7, 8
_SATURDAY = 5
_OUTSIDE = "ambient_temperature"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the load of all else is, and what it may come to together with the jobs."""

    edges: frozenset[str]
    """Areas whose boundary meters show all of it."""
    contract_kw: float | None
    apart: frozenset[str] = frozenset()
    """Enterprises in it that are under contracts of their own."""
    shared: bool = False
    """Others whose loads are not seen are under the same contract."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan goes by."""

    zone: ZoneInfo
    tariff: Tariff | None
    rate: Callable[[date], float]
    """Factor of bought electricity on a day [kg/kWh]; NaN: none."""
    ground: Ground
    fields: Mapping[str, Field] = field(default_factory=dict)
    """By meter, where the site says how panels lie."""


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """A horizon, and what is to be known of it."""

    horizon: Horizon
    error: Error | None
    """Of the forecast of all else; None: it was given, or nothing is known of it."""
    sun_error: Error | None
    """Of the forecast of own generation; None: nothing is known of it."""
    warmth: Warmth | None
    without_base: bool
    """Nothing is known of all else: contract demand is not checked."""
    provisional: bool
    unpriced: str | None
    unchecked: bool = False
    """The contract demand is one for others too, whose loads are not seen."""


def tops(registry: Registry, areas: frozenset[str]) -> frozenset[str]:
    """Those of some areas that lie in none of the others."""
    parents = {area.code: area.parent for area in registry.areas}
    return frozenset(code for code in areas if areas.isdisjoint(lineage(code, parents)[1:]))


def outlook(tx: Transaction, registry: Registry, plan: Plan, terms: Terms, now: datetime) -> Outlook:
    """Raises QueryError."""
    past = _Past(tx, registry, plan.grid, terms, now)
    lines = {job.line for job in plan.jobs}
    base, error, warmth = _base(past, plan, terms, lines)
    unknown = bool(np.isnan(base).any())
    contract = plan.posted.contract_kw if plan.posted.contract_kw is not None else terms.ground.contract_kw
    slots = plan.grid.slots
    sun, sun_error = past.sun() if plan.posted.base_kw is None else (np.zeros(len(slots)), None)
    priced = terms.tariff.prices_at(slots) if terms.tariff else None
    horizon = Horizon(
        price=priced.price if priced else np.full(len(slots), np.nan),
        carbon=_carbon(terms, slots),
        band=terms.tariff.bands_at(slots) if terms.tariff else np.full(len(slots), NO_BAND, np.uint8),
        base=np.nan_to_num(base),
        sun=sun,
        feed_in=plan.posted.feed_in,
        limit_kw=np.inf if unknown or contract is None else contract,
        crew=plan.crew,
    )
    return Outlook(
        horizon,
        error,
        sun_error,
        warmth,
        without_base=unknown,
        provisional=bool(priced is not None and priced.provisional.any()),
        unpriced=priced.unpriced if priced else "the site's contract names no tariff",
        unchecked=terms.ground.shared and contract is None,
    )


def _carbon(terms: Terms, slots: NDArray[np.int64]) -> _Floats:
    days = local_wall(terms.zone, slots) // _DAY_US
    rates = {day: terms.rate(date(1970, 1, 1) + timedelta(days=day)) for day in set(days.tolist())}
    return np.array([rates[day] for day in days.tolist()])


def _base(
    past: "_Past", plan: Plan, terms: Terms, lines: set[str]
) -> tuple[_Floats, Error | None, Warmth | None]:
    given = plan.posted.base_kw
    if given is not None:
        return _given(given, plan.grid.count), None, None
    known = terms.tariff.known if terms.tariff else UNKNOWN
    history = History(past.rest(lines), *past.kinds(past.days, known))
    wanted, coarse = past.kinds(past.ahead, known)
    profile = np.array(
        [by_kind(history, kind, each) for kind, each in zip(wanted.tolist(), coarse.tolist(), strict=True)]
    )
    load = past.on_grid(profile)
    if plan.posted.outside_c is None:
        return load, back_test(history), None
    return _by_warmth(past, history, load, (wanted, coarse), plan)


def _by_warmth(
    past: "_Past",
    history: History,
    load: _Floats,
    kinds: tuple[NDArray[np.int64], NDArray[np.int64]],
    plan: Plan,
) -> tuple[_Floats, Error | None, Warmth | None]:
    outside = past.outside()
    warmth = follows(history, outside)
    if warmth is None or plan.posted.outside_c is None:
        return load, back_test(history), None
    felt = History(outside, history.kind, history.coarse)
    usual = past.on_grid(np.array([by_kind(felt, int(a), int(b)) for a, b in zip(*kinds, strict=True)]))
    expected = np.repeat(plan.posted.outside_c, 4)[: plan.grid.count]
    expected = np.concatenate([expected, usual[len(expected) :]])
    return load + np.nan_to_num(warmer(warmth, usual, expected)), back_test(history), warmth


def _given(base: float | list[float], count: int) -> _Floats:
    if isinstance(base, list) and len(base) != count:
        raise QueryError("base_kw", f"{len(base)} values", f"the plan has {count} quarter hours")
    found: _Floats = np.broadcast_to(np.asarray(base, np.float64), (count,)).copy()
    if not np.isfinite(found).all():
        raise QueryError("base_kw", None, "holds a value that is not a number")
    return found


class _Past:
    """Settled quarter hours of the weeks before a plan, by local day and quarter hour of the clock."""

    def __init__(self, tx: Transaction, registry: Registry, grid: Grid, terms: Terms, now: datetime) -> None:
        zone = terms.zone
        self._tx, self._grid, self._zone, self._terms = tx, grid, zone, terms
        self._meters = [meter for meter in registry.meters if meter.removed_at is None]
        self._registry, self._now = registry, now
        today = local_wall(zone, np.array([min(int(now.timestamp() * 1e6), grid.start_us)]))[0] // _DAY_US
        self.days: NDArray[np.int64] = np.arange(today - DAYS_BACK, today)
        wall = local_wall(zone, grid.slots)
        self.ahead: NDArray[np.int64] = np.unique(wall // _DAY_US)
        self._place = (wall // _DAY_US - self.ahead[0], wall // SLOT_US % DAY_SLOTS)

    def on_grid(self, by_day: _Floats) -> _Floats:
        """float64[d, 96] of the days ahead -> float64[n]."""
        found: _Floats = by_day[self._place]
        return found

    def kinds(self, days: NDArray[np.int64], known: Holidays) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Weekday, free day or worked weekend day; and whether it is free."""
        kind = (days + 3) % 7
        for number, day in enumerate(days.tolist()):
            at = date(1970, 1, 1) + timedelta(days=day)
            if at in known.by_day:
                kind[number] = _FREE
            elif at in known.worked:
                kind[number] = _WORKED
        return kind, ((kind >= _SATURDAY) & (kind != _WORKED)).astype(np.int64)

    def rest(self, lines: set[str]) -> _Floats:
        """All that is drawn under the contract, own generation with it, without some lines [kW]."""
        billed = self._billed()
        own = self._generation()
        load = self._sum(billed, "energy_import") - self._sum(billed, "energy_export", void=0.0)
        load += self._sum(own, "energy_export", void=0.0)
        load -= self._sum(self._nested(billed), "energy_import", void=0.0)
        for line in lines:
            load -= self._sum(meters_of(self._registry, line, self._now), "energy_import", void=0.0)
        return np.where(np.isnan(load), np.nan, np.maximum(load, 0.0)) * _KW if billed else load * np.nan

    def sun(self) -> tuple[_Floats, Error | None]:
        """Own generation, float64[n] [kW], and what the same rule missed by lately."""
        meters = self._generation()
        rows = self._rows(meters, "energy_export")
        shines = [self._shine(meter, rows[meter.id] * _KW) for meter in meters]
        count, later = len(self.ahead), int(self.ahead[0] - self.days[-1]) - 1
        made = sum((each.ahead(later + count)[later:] for each in shines), np.zeros((count, DAY_SLOTS)))
        return self.on_grid(made), back_test_of_sun(shines)

    def _shine(self, meter: RegisteredMeter, made: _Floats) -> Sunshine:
        held = self._terms.fields.get(meter.code)
        if held is None:
            return Sunshine(made, None, 0.0)
        days = clock.Days(self._zone, np.arange(self.days[0], self.ahead[-1] + 1))
        return Sunshine(made, clear_days(days, held.panels), held.performance)

    def outside(self) -> _Floats:
        """Temperature that the park's weather station measured [degC]; NaN without one."""
        stations = [m for m in self._meters if m.carrier == Carrier.AMBIENT]
        days = clock.Days(self._zone, self.days)
        grid = days.grid
        ids = np.array([m.id for m in stations[:1]], np.int32)
        rows = readings.select(self._tx, ids, grid.start_us, grid.end_us, [_OUTSIDE])
        slot = (rows.time - grid.start_us) // SLOT_US
        known = ~np.isnan(rows.values[:, 0])
        count = np.bincount(slot[known], minlength=grid.count)
        total = np.bincount(slot[known], rows.values[known, 0], grid.count)
        mean = np.divide(total, count, out=np.full(grid.count, np.nan), where=count > 0)
        laid: _Floats = days.laid(mean[None])[0]
        return laid

    def _generation(self) -> list[RegisteredMeter]:
        ground = self._terms.ground
        inside = within(self._registry, tuple(ground.edges)) - within(self._registry, tuple(ground.apart))
        return [
            m
            for m in self._meters
            if self._role(m) == Role.GENERATION and self._electric(m) and m.at(self._now).area in inside
        ]

    def _billed(self) -> list[RegisteredMeter]:
        """Those that show all that is drawn; of several edges none behind another one."""
        ground = self._terms.ground
        if not ground.shared:
            return [m for m in self._meters if self._crosses(m)]
        shown = [m for edge in sorted(ground.edges) for m in meters_of(self._registry, edge, self._now)]
        behind = below(self._meters, shown, self._now)
        return [m for m in shown if m.code not in behind]

    def _crosses(self, meter: RegisteredMeter) -> bool:
        term = meter.at(self._now)
        edge = term.area in self._terms.ground.edges
        return edge and term.role == Role.BOUNDARY and self._electric(meter)

    def _nested(self, billed: Sequence[RegisteredMeter]) -> list[RegisteredMeter]:
        """Meters that the billed ones show too, and that a utility bills apart."""
        edges = [m for m in self._meters if self._role(m) == Role.BOUNDARY and self._electric(m)]
        apart = [m for m in edges if m.at(self._now).area in self._terms.ground.apart]
        behind = below(self._meters, billed, self._now)
        return [m for m in apart if m.code in behind]

    def _role(self, meter: RegisteredMeter) -> str:
        return meter.at(self._now).role

    def _electric(self, meter: RegisteredMeter) -> bool:
        return meter.carrier == Carrier.ELECTRICITY

    def _sum(self, meters: Sequence[RegisteredMeter], quantity: str, void: float = np.nan) -> _Floats:
        """float64[d, 96]; `void` where one has no value."""
        laid = np.full((len(self.days), DAY_SLOTS), void if not meters else 0.0)
        for values in self._rows(meters, quantity).values():
            laid += np.where(np.isnan(values), void, values)
        return laid

    def _rows(self, meters: Sequence[RegisteredMeter], quantity: str) -> Mapping[int, _Floats]:
        ids = np.array(sorted(meter.id for meter in meters), np.int32)
        return clock.settled(self._tx, ids, quantity, clock.Days(self._zone, self.days))
