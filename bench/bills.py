"""A month's bills of a park of 1 000 meters, from the database to the answer's bytes."""

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from accounting.grid import DAY_SLOTS, SLOT_US, Grid
from bench.measure import Measure
from bench.resettle import DEMO
from bench.write import database
from telemetry.model import Site
from telemetry.reports.bill import Terms, bills
from telemetry.reports.bill_answer import BillsAnswer, all_of
from telemetry.reports.billing_month import month_of
from telemetry.settings.plan import load_plan
from telemetry.storage import energy, registry
from telemetry.storage.energy import QuarterHours
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database
from telemetry.storage.readings import Ranges

METERS = 1000
ROUNDS = 5
GOAL_S = 2.0
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
START_US = int(datetime(2026, 4, 30, tzinfo=UTC).timestamp()) * 1_000_000
_DAYS = """
insert into daily (
    meter_id, quantity, day, amount, coverage, estimated, provisional, first_settled_at, settled_at, tariff,
    cost, bands, band_costs
)
select
    m.id, quantity, d, 100 * size, 1, 0, false, now(), now(),
    case quantity when 'energy_import' then 'demo-park' end,
    case quantity when 'energy_import' then 58 * size end,
    case quantity when 'energy_import'
        then jsonb_build_object('valley', 40 * size, 'flat', 40 * size, 'peak', 20 * size)
    end,
    case quantity when 'energy_import'
        then jsonb_build_object('valley', 12 * size, 'flat', 28 * size, 'peak', 23 * size)
    end
from meter m
cross join lateral (select case m.code when 'm0' then 1100.0 else 0.9 + m.id % 7 / 70.0 end) as sized (size)
cross join unnest(array['energy_import', 'reactive_import']) as quantity
cross join generate_series(date '2026-05-01', '2026-05-31', interval '1 day') d
"""


def park() -> Site:
    """A main meter, and an enterprise behind each of the others."""
    name = {"en": "Bench", "zh": "Bench"}
    codes = [f"E{n}" for n in range(1, METERS)]
    areas = [{"code": "park", "kind": "park", "name": name}]
    areas += [{"code": code, "kind": "enterprise", "name": name, "parent": "park"} for code in codes]
    meters = [
        {"code": f"m{n}", "name": name, "area": code, "source": "push", "role": "boundary"}
        for n, code in enumerate(["park", *codes])
    ]
    contract = {
        "since": "2020-01-01",
        "demand": {"basis": "contract", "contract_kw": 9000, "price": "36.1", "source": "bench"},
        "power_factor": {"standard": "0.90"},
    }
    site = {"code": "bench", "name": name, "zone": ZONE.key, "region": "CN-GD", "areas": areas}
    site |= {"billing": {"tariff": "demo-park", "contracts": [contract]}}
    return Site.model_validate(site | {"sources": [{"kind": "push", "code": "push"}], "meters": meters})


def fill(db: Database) -> None:
    count = 32 * DAY_SLOTS
    settled = QuarterHours(Grid(START_US, count), np.ones((1, count)), np.ones((1, count), np.float32))
    with db.connection() as tx:
        tx.execute(_DAYS)
        row = tx.execute("select id from meter where code = 'm0'").fetchone()
        first, lo = np.array([row[0] if row else 0], np.int32), np.array([START_US])
        energy.write(tx, "energy_import", Ranges(first, lo, lo + count * SLOT_US), settled)
        tx.execute("reset role")
        tx.execute("analyze")


def asked(db: Database, terms: Terms) -> BillsAnswer:
    month = month_of(terms.site.billing, "2026-05", NOW.date())
    with db.connection() as tx:
        known = registry.read(tx)
        return all_of(bills(tx, known, terms, month, NOW), terms, known)


def check(found: BillsAnswer) -> None:
    assert len(found.parties) == METERS - 1
    assert found.park.total is not None
    assert sum(bill.known for bill in found.parties) == found.park.total


def measure() -> Iterator[Measure]:
    plan, site = load_plan(DEMO, None), park()
    terms = Terms(site, plan.library.tariffs["demo-park"], plan.library.adjustments)
    with database() as url:
        migrate(url)
        db = Database.open(url)
        registry.apply_site(db, site, datetime(2020, 1, 1, tzinfo=UTC))
        fill(db)
        check(asked(db, terms))
        taken = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            msgspec.json.encode(asked(db, terms))
            taken.append(time.perf_counter() - start)
        db.close()
    yield Measure("bills", statistics.median(taken), GOAL_S, "s", f"the goal: a month of {METERS} meters")
