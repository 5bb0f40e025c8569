"""The live view from look to look: what is read anew every time, and what changes slowly."""

import logging
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from telemetry.reports import band, billing, demand, live, live_mixes
from telemetry.reports.area_sums import AreaSums
from telemetry.reports.billing_month import month_of
from telemetry.reports.board import Board
from telemetry.reports.demand import Block, Highest
from telemetry.reports.derived import Derived
from telemetry.reports.factors import Factors
from telemetry.reports.live import EMITTERS, QUANTITIES
from telemetry.reports.picture import AreaRow, Demand, ParkRow, Picture
from telemetry.reports.pools.report import Park
from telemetry.reports.roster import Roster, roster
from telemetry.reports.steps import local_time
from telemetry.settings.current import Current
from telemetry.settings.plan import Plan
from telemetry.storage import latest, readings
from telemetry.storage import registry as registries
from telemetry.storage.errors import StorageUnavailable
from telemetry.storage.pool import Database, Transaction
from telemetry.storage.registry import Registry

_LOG = logging.getLogger(__name__)
_SLOW_S = 30.0  # how old the registry and the month's maximum may be
_MIXES_S = 300.0  # how old what neighbours' pools carry may be
_NEWEST, _RECALLED_US = 5, 86_400_000_000  # readings from which a board is filled at first, and how old


class ParkView:
    """Looks at the park; goes on with what it has while the database is away."""

    def __init__(
        self, database: Database, current: Current, failing: Callable[[], Collection[str]] = tuple
    ) -> None:
        """`failing` tells which meters did not answer when they were last asked."""
        self._database = database
        self._failing = failing
        self._current = current
        self._adopt(current.plan)
        self._board = Board.blank(roster(Registry((), ()), {}, datetime.now(UTC)))
        self._derived = Derived(self._board.roster)
        self._sums = AreaSums(self._board.roster)
        self._month = Highest(None, None)
        self._mixes = live_mixes.NONE
        self._block = Block(np.nan, np.nan)
        self._change = 0
        self._drawn: tuple[NDArray[np.int64], NDArray[np.int8]] | None = None
        self._away = False

    def _adopt(self, plan: Plan) -> None:
        self._plan = plan
        self._zone = plan.zone
        self._polled_s = plan.polled_s()
        self._factors = Factors(plan.library.factors, plan.library.regions)
        self._rates: tuple[date, NDArray[np.float64]] | None = None
        self._renewed = self._mixed = -np.inf

    def look(self, now: float) -> Picture:
        """The park at `now` [s since 1970]."""
        if self._current.plan is not self._plan:
            self._adopt(self._current.plan)
        at = datetime.fromtimestamp(now, self._zone)
        try:
            self._refresh(now, at)
            self._away = False
        except StorageUnavailable as error:
            if not self._away:
                _LOG.warning("the live view goes on without the database: %s", error)
            self._away = True
            self._block = Block(np.nan, np.nan)
        return self._draw(int(now * 1e6), at)

    def _refresh(self, now: float, at: datetime) -> None:
        with self._database.connection() as conn:
            if abs(now - self._renewed) >= _SLOW_S:
                apart = self._plan.supply().apart_on(at.date())
                known = registries.read(conn)
                self._renew(conn, roster(known, self._polled_s, at, apart), now)
                self._mix(conn, known, now, at)
                self._month = billing.month(conn, self._board.roster, self._first_day(at), at)
                self._renewed = now
            newest = latest.changed_since(conn, self._change)
            self._change = int(newest.change.max(initial=self._change))
            self._board.take(newest, int(now * 1e6))
            self._block = billing.block(conn, self._board.roster, self._board.power_kw, int(now * 1e6))

    def _mix(self, tx: Transaction, known: Registry, now: float, at: datetime) -> None:
        if abs(now - self._mixed) < _MIXES_S:
            return
        site = self._plan.site
        park = Park(known, site.converters if site else (), self._factors)
        self._mixes = live_mixes.mixes(tx, park, self._zone, at)
        self._mixed = now

    def _first_day(self, at: datetime) -> date:
        """Of the billing month that runs."""
        site = self._plan.site
        return month_of(site.billing if site else None, None, at.date()).first

    def _renew(self, tx: Transaction, new: Roster, now: float) -> None:
        """A changed roster reads every last reading anew."""
        old = self._board.roster
        if new.meters != old.meters or not _read_alike(new, old):
            self._board = Board.blank(new)
            ids, until = np.array(list(new.index), dtype=np.int32), int(now * 1e6) + 1
            self._board.recall(readings.select(tx, ids, until - _RECALLED_US, until, QUANTITIES, _NEWEST))
            self._change = 0
            self._drawn = None
        self._board.roster = new
        self._derived, self._sums, self._rates = Derived(new), AreaSums(new), None

    def _draw(self, now_us: int, at: datetime) -> Picture:
        board, people = self._board, self._board.roster
        self._derived.fill(board)
        age = live.age_s(board.dated, now_us)
        state = live.doubted(live.states(age, board.interval_s), people.codes, self._failing())
        state = self._derived.doubted(state)
        power = board.power_kw
        factor = self._mixes.over(self._rated(at.date()), people.codes)
        flow = live.flows(people, board.last, board.rises.per_hour)
        rate = live.co2_rate(people, flow, board.counted, factor)
        areas = self._sums.rows(power, rate, state)
        return Picture(
            time=at,
            park=self._park(areas, now_us),
            areas=areas,
            meters=live.meter_rows(
                people,
                board.last,
                board.values,
                age=age,
                state=state,
                power=power,
                counted=live.by_counter(people, board.last, board.rises.per_hour),
                rate=rate,
                zone=self._zone,
            ),
            changed=self._changed(self._derived.news(board.last.time), state),
            counts=live.counts(state),
        )

    def _rated(self, day: date) -> NDArray[np.float64]:
        """Rates of each meter, float64[m, e] [kg per unit] by EMITTERS."""
        if self._rates is None or self._rates[0] != day:
            self._rates = (day, self._factors.rates(self._board.roster.region, EMITTERS, day))
        return self._rates[1]

    def _park(self, areas: list[AreaRow], now_us: int) -> ParkRow:
        whole = areas[0] if areas else AreaRow("", None, None, None, None, 0.0, 0.0)
        running = None
        if billing.has_meter(self._board.roster):
            running = demand.picture(self._block, self._month, now_us, self._zone)
        return ParkRow(
            power_kw=whole.power_kw,
            import_kw=whole.import_kw,
            generation_kw=whole.generation_kw,
            co2_kg_per_h=whole.co2_kg_per_h,
            coverage=whole.coverage,
            co2_coverage=whole.co2_coverage,
            contract_share=_share(running, self._plan, local_time(now_us, self._zone).date()),
            demand=running,
            band=band.now(self._plan.tariff, now_us, self._zone),
        )

    def _changed(self, time: NDArray[np.int64], state: NDArray[np.int8]) -> list[int]:
        before, self._drawn = self._drawn, (time, state)
        if before is None:
            return list(range(len(time)))
        return np.flatnonzero((before[0] != time) | (before[1] != state)).tolist()


def _read_alike(one: Roster, other: Roster) -> bool:
    same = np.array_equal(one.poll_s, other.poll_s, equal_nan=True)
    return same and bool((one.multiplier == other.multiplier).all())


def _share(running: Demand | None, plan: Plan, day: date) -> float | None:
    contract = plan.site.billing.demand_on(day) if plan.site and plan.site.billing else None
    if contract is None or running is None or running.projected_kw is None:
        return None
    return running.projected_kw / contract
