"""Readings leave when they are old; what was settled from them stays, and factors still reach it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from accounting.factors import Factor
from ingest.batch import Batch
from telemetry.jobs.basis import Basis
from telemetry.jobs.expiry import Expirer
from telemetry.jobs.settle import Worker
from telemetry.model import Retention, Site
from telemetry.reports.factors import Factors
from telemetry.settings.current import Current
from telemetry.settings.plan import Plan, load_plan
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

Made = Callable[..., Batch]
Ask = Callable[..., list[tuple[Any, ...]]]
DAY, QUARTER = 86_400, 900
START = int(datetime(2023, 5, 4, 0, 7, tzinfo=UTC).timestamp())
"""A Thursday, where a chunk of a week begins; seven minutes into a quarter hour."""
BOUND = START - 7 * 60 + 7 * DAY
EXPIRED_AT = BOUND + 40 * DAY
COUNT = "select count(*) from reading where time < to_timestamp({})"

MESSAGE = """
insert into delivery (
    key, transition, alert, what, contact, channel, step, follow_up, renewal, notice, state, created_at,
    not_before, due
)
select %(name)s, %(name)s, %(name)s, 'fired', 'duty', 'mail', 0, true, 0, '{}', %(state)s, at, at, at
from to_timestamp(%(at)s) as at
"""
ALERT = """
insert into alert (
    id, rule, subject_kind, subject, severity, stage, since, fired, resolved, unit, flapping, corrected,
    quiet, told, band, more, last_change
)
select %(name)s, 'high', 'meter', 'm1', 'warning', 1, at, at, to_timestamp(%(resolved)s), 'kW', false, false,
    '', true, '', '{}', 1
from to_timestamp(%(at)s) as at
"""


@pytest.fixture
def expirer(three: Database, make_site: Callable[..., Site]) -> Expirer:
    site = make_site({"code": "m1"}, {"code": "m2"}, retention={"readings": 40, "strays": 1})
    plan = replace(load_plan(None, None), site=site)
    return Expirer(three, Current(plan), lambda: EXPIRED_AT)


@pytest.fixture
def settled(
    writer: Writer, worker: Worker, batch: Made, to_columns: Callable[[], None]
) -> Callable[[], None]:
    """Ten days of an uneven counter of m1, three hours of them missing around the bound; old: in columns."""

    def write() -> None:
        at = [START + n * QUARTER for n in range(10 * 96)]
        rows = [(t, 3.0 * n + n % 5) for n, t in enumerate(at) if not BOUND - 5400 <= t < BOUND + 5400]
        writer.write([batch(*(("m1", t, {"energy_import": v}) for t, v in rows))])
        worker.drain()
        to_columns()

    return write


def _energy(ask: Ask) -> list[tuple[Any, ...]]:
    return ask("select meter_id, quantity, day, amount::text, coverage::text from energy order by 1, 2, 3")


def test_after_raw_is_gone_a_revised_factor_reaches_the_same_kwh(
    expirer: Expirer, settled: Callable[[], None], three: Database, basis: Basis, ask: Ask, now: datetime
) -> None:
    settled()
    kept, kwh = _energy(ask), ask("select day, amount, coverage, estimated from daily order by day")
    asked = "select sum(kg) from emission where revision = 'current'"
    before = ask(asked)[0][0]
    expirer.step()
    assert ask(COUNT.format(BOUND)) == [(0,)]
    assert ask(COUNT.format(2**31))[0][0] > 0
    Worker(three, basis, now.timestamp).start()
    revised = Worker(three, _doubled(basis), now.timestamp)
    revised.start()
    revised.drain()
    assert _energy(ask) == kept
    assert ask("select day, amount, coverage, estimated from daily order by day") == kwh
    assert ask(asked)[0][0] == pytest.approx(2 * before)


def _doubled(basis: Basis) -> Basis:
    factors: list[Factor] = [replace(f, value=2 * f.value) for f in basis.factors.library]
    return Basis(ZoneInfo("Asia/Shanghai"), Factors(tuple(factors), {"CN-GD": "CN"}), basis.coal)


@pytest.mark.parametrize("late", [-8 * DAY, -DAY, -60, 0, 5400, 7200])
def test_a_late_reading_around_the_bound_leaves_what_was_settled_before_it(
    expirer: Expirer,
    settled: Callable[[], None],
    writer: Writer,
    worker: Worker,
    batch: Made,
    ask: Ask,
    late: int,
) -> None:
    settled()
    day = f"day < '{datetime.fromtimestamp(BOUND, UTC):%Y-%m-%d}'"
    asked = f"select day, amount::text, coverage::text from energy where {day} order by day"  # noqa: S608
    total = "select sum(a) from energy, unnest(amount) a where a <> 'NaN'"
    kept, amount = ask(asked), ask(total)
    expirer.step()
    since = BOUND + max(late, 0)
    shown = ask(f"select min(energy_import) from reading where time >= to_timestamp({since})")[0][0]  # noqa: S608
    writer.write([batch(("m1", BOUND + late, {"energy_import": shown}))])
    worker.drain()
    assert ask(asked) == kept
    assert ask(total) == [(pytest.approx(amount[0][0], rel=1e-9),)]


def test_a_quantity_that_is_read_rarely_is_left_as_it_was_for_longer(
    expirer: Expirer, settled: Callable[[], None], writer: Writer, worker: Worker, batch: Made, ask: Ask
) -> None:
    """Its neighbours reach over days, though the meter's other readings have theirs within hours."""
    settled()
    rare = [START + n * 6 * 3600 for n in range(10 * 4)]
    writer.write([batch(*(("m1", t, {"energy_export": 1.0 + n}) for n, t in enumerate(rare)))])
    worker.drain()
    expirer.step()
    [(until,)] = ask("select extract(epoch from until) from expired")
    assert rare[-1] <= until < rare[-1] + QUARTER


def test_a_meter_whose_readings_all_stay_takes_its_history(
    expirer: Expirer, settled: Callable[[], None], writer: Writer, worker: Worker, batch: Made, ask: Ask
) -> None:
    settled()
    expirer.step()
    rows = [("m2", START + n * QUARTER, {"energy_import": 2.0 * n}) for n in range(97)]
    writer.write([batch(*rows)])
    worker.drain()
    asked = "select sum(a) from energy e join meter m on m.id = e.meter_id, unnest(amount) a"
    assert ask(f"{asked} where m.code = 'm2' and a <> 'NaN'") == [(pytest.approx(192.0),)]


def test_without_a_setting_everything_stays(
    three: Database, settled: Callable[[], None], make_site: Callable[..., Site], ask: Ask
) -> None:
    settled()
    before = ask("select count(*) from reading")
    plan: Plan = replace(load_plan(None, None), site=make_site({"code": "m1"}))
    Expirer(three, Current(plan), lambda: EXPIRED_AT).step()
    assert ask("select count(*) from reading") == before


def test_what_was_kept_aside_leaves_by_when_it_came(
    expirer: Expirer, writer: Writer, batch: Made, ask: Ask, three: Database
) -> None:
    writer.write([batch(("who", START, {"energy_import": 1.0}), ("other", START, {"energy_import": 1.0}))])
    with three.connection() as conn:
        conn.execute("update stray set received_at = to_timestamp(%s) where meter = 'who'", [BOUND])
    expirer.step()
    assert ask("select meter from stray") == [("other",)]


@pytest.mark.parametrize("wrong", [{"energy": 400}, {"readings": 7}])
def test_settled_data_and_too_few_days_are_no_setting(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Retention.model_validate(wrong)


def test_messages_of_alerts_that_are_over_leave_when_they_are_old(
    expirer: Expirer, three: Database, ask: Ask
) -> None:
    old, young = EXPIRED_AT - 500 * DAY, EXPIRED_AT - 30 * DAY
    rows = [("over", "sent", old), ("open", "sent", old), ("due", "waiting", old), ("new", "sent", young)]
    with three.connection() as tx:
        for name, state, at in rows:
            tx.execute(MESSAGE, {"name": name, "state": state, "at": at})
        for name in ("over", "open"):
            tx.execute(ALERT, {"name": name, "at": old, "resolved": None if name == "open" else old + 60})
    expirer.step()
    assert ask("select key from delivery order by key") == [("due",), ("new",), ("open",)]
