"""An enterprise's questions over its own connection, beside the same over the park's, in turn."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import numpy as np

from bench.measure import Measure
from bench.reports import EACH, ROUNDS, question, year
from bench.write import database
from telemetry.reports import energy
from telemetry.reports.membership import By, Selection
from telemetry.reports.steps import Step
from telemetry.storage import readings, registry, tenancy
from telemetry.storage.migrate import migrate
from telemetry.storage.pool import Database, Transaction

METERS = 1000
DAYS = 30
_READINGS = """
insert into reading (time, meter_id, batch_id, active_power, energy_import)
select t, m.id, 1, 5, extract(epoch from t - %(lo)s) / 3600
from generate_series(%(lo)s::timestamptz, %(hi)s, interval '5 minutes') t, (
    select id
    from meter
    order by id
    limit 100
) m
order by t, m.id
"""
_OTHERS = """
insert into occupancy (meter, enterprise, since, until)
select code, 'E0', timestamptz '2025-01-15' + (id % 20) * interval '1 day', '2025-07-01'
from meter
order by id
limit 50
"""
LO, HI = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 31, tzinfo=UTC)
_Ask = Callable[[Transaction], object]
_Lend = Callable[[], AbstractContextManager[Transaction]]


def side_by_side(db: Database, ask: _Ask, *, bare: bool = False) -> tuple[float, float]:
    """Median milliseconds of a whole transaction, scoped and not, in turn; the first does not count."""
    taken: tuple[list[float], list[float]] = ([], [])
    lenders: tuple[_Lend, _Lend] = (lambda: db.tenant(["E0"]), db.connection)
    for _ in range(ROUNDS + 1):
        for place, lend in zip(taken, lenders, strict=True):
            start = time.perf_counter()
            with lend() as tx:
                if not bare:
                    ask(tx)
            place.append((time.perf_counter() - start) * 1e3)
    scoped, whole = (statistics.median(each[1:]) for each in taken)
    return scoped, whole


def questions() -> dict[str, _Ask]:
    own = Selection(By.METER, areas=("E0",))
    span = (int(LO.timestamp() * 1e6), int(HI.timestamp() * 1e6))

    def asked(step: Step) -> _Ask:
        return lambda tx: energy.report(tx, registry.read(tx), question(step, own))

    def shown(tx: Transaction) -> object:
        first = min(meter.id for meter in registry.read(tx).meters if meter.at(LO).area == "E0")
        return readings.select(tx, np.array([first], np.int32), *span, ["energy_import", "active_power"])

    return {
        "year by month": asked(Step.MONTH),
        "year by day": asked(Step.DAY),
        f"readings of {DAYS} days of a meter": shown,
        "registry": registry.read,
    }


def measure() -> Iterator[Measure]:
    with database() as url:
        migrate(url)
        db = Database.open(url)
        for _ in year(db, METERS):
            pass
        with db.connection() as tx:
            tx.execute(_READINGS, {"lo": LO, "hi": HI})
            tx.execute("reset role")
            tx.execute("analyze")
        reference = "reference: the same over the park's connection"
        scoped, whole = side_by_side(db, tenancy.scope, bare=True)
        what = f"an empty transaction with its scope, {METERS} meters, {EACH} in it; reference: one without"
        yield Measure("tenancy.scope", scoped, whole, "ms", what)
        for said in ("", "with dated occupancies, "):
            if said:
                with db.connection() as tx:
                    tx.execute(_OTHERS)
            for name, ask in questions().items():
                scoped, whole = side_by_side(db, ask)
                what = f"{said}median, {EACH} of {METERS} meters, {name}; {reference}"
                label = name.replace(" ", "_") + (".dated" if said else "")
                yield Measure(f"tenancy.{label}", scoped, whole, "ms", what)
        db.close()
