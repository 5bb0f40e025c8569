"""A year's reports and the live snapshot of parks of several sizes, beside one sum by the database."""

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from accounting.grid import DAY_SLOTS, SLOT_US, Grid
from bench.measure import Measure
from bench.resettle import DEMO
from bench.write import database
from telemetry.model import Site
from telemetry.reports import cost, emissions, energy, neighbour_series
from telemetry.reports.emission_answer import EmissionsAnswer
from telemetry.reports.emitted import Revision
from telemetry.reports.energy import Question
from telemetry.reports.factors import Factors
from telemetry.reports.membership import By, Selection
from telemetry.reports.pools.report import Park
from telemetry.reports.steps import Step, Steps
from telemetry.reports.view import ParkView
from telemetry.settings import standing
from telemetry.settings.current import Current
from telemetry.settings.plan import load_plan
from telemetry.storage import daily, monthly, registry
from telemetry.storage import energy as stored
from telemetry.storage.energy import QuarterHours
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database, Transaction
from telemetry.storage.readings import Ranges

SIZES = (10, 100, 1000)
SHOWN = 10_000
EACH = 50
"""Meters of an enterprise."""
ROUNDS = 20
ZONE = ZoneInfo("Asia/Shanghai")
YEAR = (datetime(2025, 1, 1, tzinfo=ZONE), datetime(2026, 1, 1, tzinfo=ZONE))
NOW = datetime(2026, 6, 1, tzinfo=UTC)
START_US = int(YEAR[0].timestamp()) * 1_000_000
UTC_DAY_US = START_US // (DAY_SLOTS * SLOT_US) * DAY_SLOTS * SLOT_US

_DAYS = """
insert into daily (
    meter_id, quantity, day, amount, coverage, estimated, provisional, first_settled_at, settled_at, tariff,
    cost, bands, band_costs
)
select
    m.id, 'energy_import', d, 100 + m.id % 7, 1, 0, false, now(), now(), 'demo-park', 100,
    '{"valley": 30, "flat": 40, "peak": 20, "sharp": 10}',
    '{"valley": 10, "flat": 30, "peak": 30, "sharp": 30}'
from meter m, generate_series(date '2025-01-01', '2025-12-31', interval '1 day') d
order by m.id, d
"""
_EMISSIONS = """
insert into emission (meter_id, quantity, day, basis, gas, revision, scope, kg, factor, settled_at)
select meter_id, quantity, day, 'location', 'CO2', revision, 2, amount * 0.44, %(factor)s, now()
from daily, unnest(array['reported', 'current']) revision
order by meter_id, day
"""
_LATEST = """
insert into latest (time, meter_id, batch_id, change, active_power, energy_import)
select %(now)s, id, 1, 1, 5, 1000 from meter
"""
_NEWS = "update latest set change = nextval('latest_change'), time = time + interval '5 seconds'"
_SUM = """
select date_trunc('month', day), sum(amount)
from daily
where day between '2025-01-01' and '2025-12-31'
group by 1
"""
_OF = "a year by month of {} meters"
_REFERENCE = "reference: the database's own sum by month of all"


def park(meters: int) -> Site:
    name = {"en": "Bench", "zh": "Bench"}
    enterprises = [f"E{n}" for n in range(-(-meters // EACH))]
    areas = [{"code": "park", "kind": "park", "name": name}]
    areas += [{"code": code, "kind": "enterprise", "name": name, "parent": "park"} for code in enterprises]
    placed = [
        {"code": f"m{n}", "name": name, "area": enterprises[n // EACH], "source": "push", "role": "boundary"}
        for n in range(meters)
    ]
    site = {"code": "bench", "name": name, "zone": ZONE.key, "region": "CN-GD", "areas": areas}
    return Site.model_validate(site | {"sources": [{"kind": "push", "code": "push"}], "meters": placed})


def p95(action: Callable[[], object], before: Callable[[], object] = bool) -> float:
    """Milliseconds of the slowest but one of the rounds; the first does not count, nor what comes before."""
    taken = []
    for _ in range(ROUNDS + 1):
        before()
        start = time.perf_counter()
        action()
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.quantiles(taken[1:], n=20)[-1]


def question(step: Step, selection: Selection) -> Question:
    return Question(Steps.covering(step, ZONE, *YEAR), selection, ("energy_import",), NOW)


def emitted(tx: Transaction, known: Park, asked: Question) -> EmissionsAnswer:
    """As `/api/v1/emissions` answers."""
    found = emissions.report(tx, known, asked, Revision.CURRENT)
    return neighbour_series.joined(tx, known, asked, found)


def quarter_hours(db: Database) -> None:
    """A year of the first meter."""
    count = 366 * DAY_SLOTS
    lo = np.array([UTC_DAY_US])
    settled = QuarterHours(Grid(UTC_DAY_US, count), np.ones((1, count)), np.ones((1, count), np.float32))
    with db.connection() as tx:
        row = tx.execute("select min(id) from meter").fetchone()
        first = np.array([row[0] if row else 0], np.int32)
        stored.write(tx, "energy_import", Ranges(first, lo, lo + count * SLOT_US), settled)


def year(db: Database, meters: int) -> Iterator[Measure]:
    plan = load_plan(DEMO, None)
    factors = Factors(plan.library.factors, plan.library.regions)
    applied = registry.apply_site(db, park(meters), datetime(2020, 1, 1, tzinfo=UTC))
    choice = factors.choice("CN-GD", "energy_import", date(2025, 6, 1), NOW.date())
    with db.connection() as tx:
        tx.execute(_DAYS)
        tx.execute(_EMISSIONS, {"factor": choice.factor.id if choice and choice.factor else None})
        days = daily.select(
            tx,
            np.array(list(applied.by_id), np.int32),
            ["energy_import"],
            date(2025, 1, 1),
            date(2025, 12, 31),
        )
        monthly.refresh(tx, days)
    quarter_hours(db)
    with db.connection() as tx:
        tx.execute("reset role")
        tx.execute("analyze")
    whole, one = Selection(By.ENTERPRISE), Selection(By.METER, areas=("E0",))
    known = Park(applied, (), factors)
    standing.leave_out()
    single = question(Step.QUARTER, Selection(By.METER, meters=("m0",)))
    with db.connection() as tx:
        plain = p95(lambda: tx.execute(_SUM).fetchall())
        asked: dict[str, Callable[[], object]] = {
            "energy": lambda: energy.report(tx, applied, question(Step.MONTH, whole)),
            "energy.enterprise": lambda: energy.report(tx, applied, question(Step.MONTH, one)),
            "emissions": lambda: emitted(tx, known, question(Step.MONTH, whole)),
            "emissions.enterprise": lambda: emitted(tx, known, question(Step.MONTH, one)),
        }
        tariffs = plan.library.tariffs
        asked |= {
            "cost": lambda: cost.report(tx, applied, tariffs, question(Step.MONTH, whole), "CNY"),
            "cost.enterprise": lambda: cost.report(tx, applied, tariffs, question(Step.MONTH, one), "CNY"),
        }
        for name, action in asked.items():
            what = (
                f"p95, {_OF.format(meters if 'enterprise' not in name else min(EACH, meters))}; {_REFERENCE}"
            )
            yield Measure(f"reports.{name}.{meters}", p95(action), plain, "ms", what)
        taken = p95(lambda: energy.settled(tx, applied, single))
        yield Measure(
            f"reports.quarter_hours.{meters}", taken, plain, "ms", f"p95, a meter's year; {_REFERENCE}"
        )


def news(db: Database) -> None:
    with db.connection() as tx:
        tx.execute(_NEWS)


def live(db: Database) -> Iterator[Measure]:
    site = park(SHOWN)
    registry.apply_site(db, site, datetime(2020, 1, 1, tzinfo=UTC))
    now = NOW.timestamp()
    with db.connection() as tx:
        tx.execute(_LATEST, {"now": NOW})
    plan = load_plan(DEMO, None)
    view = ParkView(db, Current(plan))
    view.look(now)
    with db.connection() as tx:
        plain = p95(lambda: tx.execute("select * from latest", binary=True).fetchall())
    what = "reference: fetch of `latest` row by row"
    still = p95(lambda: view.look(now))
    yield Measure("reports.live", still, plain, "ms", f"p95 of a look at {SHOWN} meters; {what}")
    every = p95(lambda: view.look(now), lambda: news(db))
    yield Measure(
        "reports.live.news", every, plain, "ms", f"the same, each meter read since the last; {what}"
    )


def measure() -> Iterator[Measure]:
    for meters in SIZES:
        with database() as url:
            migrate(url)
            db = Database.open(url)
            yield from year(db, meters)
            db.close()
    with database() as url:
        migrate(url)
        db = Database.open(url)
        yield from live(db)
        db.close()
