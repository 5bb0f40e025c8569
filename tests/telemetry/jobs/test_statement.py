"""What a local day came to: amount, bands, cost, peak, standard coal, emissions."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounting.tariff import Tariff
from ingest.batch import Batch
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.reports.factors import Factors
from telemetry.settings.library import Library
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

Made = Callable[..., Batch]
Ask = Callable[..., list[tuple[Any, ...]]]
MIDNIGHT = int(datetime(2023, 5, 10, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())
QUARTER = 900


def _rows(values: Sequence[float], start: int = MIDNIGHT, meter: str = "m1") -> list[Any]:
    return [(meter, start + n * QUARTER, {"energy_import": v}) for n, v in enumerate(values)]


@pytest.fixture(scope="module")
def tariff(library: Library) -> Tariff:
    """Valley 0-8 at 0.30, flat 8-10 at 0.70, peak 10-12 at 1.15, ..."""
    return library.tariffs["demo-park"]


@pytest.fixture
def priced(three: Database, basis: Basis, tariff: Tariff, now: datetime) -> Worker:
    return Worker(three, replace(basis, tariff=tariff), now.timestamp)


def test_a_local_day_has_its_amount_coverage_and_coal(
    writer: Writer, worker: Worker, batch: Made, ask: Ask
) -> None:
    writer.write([batch(*_rows([n * 10.0 for n in range(97 + 48)]))])
    worker.drain()
    found = ask("select day, amount, coverage, estimated, tce, coefficient from daily order by day")
    assert found == [
        (date(2023, 5, 10), pytest.approx(960), 1.0, 0.0, pytest.approx(960 * 0.1229e-3), "electricity_eq"),
        (date(2023, 5, 11), pytest.approx(480), 0.5, 0.0, pytest.approx(480 * 0.1229e-3), "electricity_eq"),
    ]


def test_an_estimated_stretch_sets_no_peak(writer: Writer, worker: Worker, batch: Made, ask: Ask) -> None:
    values = [0.0, 5.0, 10.0, 16.0]
    jump = _rows([100.0, 105.0], start=MIDNIGHT + 5 * QUARTER)
    writer.write([batch(*_rows(values), *jump)])
    worker.drain()
    assert ask("select peak, peak_at, estimated, amount from daily") == [
        (
            pytest.approx(24.0),
            datetime.fromtimestamp(MIDNIGHT + 2 * QUARTER, UTC),
            pytest.approx(84.0),
            pytest.approx(105.0),
        )
    ]


def test_bands_and_cost_follow_the_calendar(
    writer: Writer, priced: Worker, batch: Made, three: Database
) -> None:
    writer.write([batch(*_rows([float(n) for n in range(97)]))])
    priced.drain()
    with three.connection() as conn:
        row = conn.execute("select bands, cost, tariff, unpriced, provisional from daily").fetchone()
    assert row is not None
    bands, cost, *rest = row
    assert bands == {"valley": pytest.approx(32), "flat": pytest.approx(36), "peak": pytest.approx(28)}
    assert cost == Decimal("67.0000")
    assert rest == ["demo-park", None, False]


def test_without_a_tariff_or_a_price_the_reason_stands_in_place_of_a_cost(
    writer: Writer, worker: Worker, batch: Made, ask: Ask, three: Database, basis: Basis, tariff: Tariff
) -> None:
    asked = "select cost, unpriced from daily order by day"
    writer.write([batch(*_rows([0.0, 1.0]))])
    worker.drain()
    assert ask(asked) == [(None, "the park's contract names no tariff")]
    old = int(datetime(2020, 5, 10, tzinfo=UTC).timestamp())
    before = Writer.open(three)
    before.write([batch(*_rows([0.0, 1.0], start=old))])
    before.close()
    Worker(three, replace(basis, tariff=tariff), lambda: float(MIDNIGHT)).drain()
    assert ask(asked)[0] == (None, "no price table before 2021-10-01")


def test_a_month_takes_the_last_table_until_its_own_comes(
    writer: Writer, batch: Made, ask: Ask, three: Database, basis: Basis, tariff: Tariff, now: datetime
) -> None:
    """The day of 2023-05-10, all of it in the valley at first."""
    (table,) = tariff.prices
    april = replace(table, valid_to=date(2023, 4, 30))
    may = replace(table, valid_from=date(2023, 5, 1), prices=table.prices | {"valley": Decimal("0.5")})
    asked = "select cost, provisional from daily"
    writer.write([batch(*_rows([0.0, 10.0]))])
    early = Worker(three, replace(basis, tariff=replace(tariff, prices=(april,))), now.timestamp)
    early.start()
    early.drain()
    assert ask(asked) == [(3.0, True)]
    assert ask("select costs, provisional from monthly_cost where costs <> '{0,0,0}'") != []
    later = Worker(three, replace(basis, tariff=replace(tariff, prices=(april, may))), now.timestamp)
    later.start()
    later.drain()
    assert ask(asked) == [(5.0, False)]


def test_emissions_as_reported_and_as_current(
    writer: Writer, batch: Made, ask: Ask, three: Database, basis: Basis
) -> None:
    """2023's own factor came out on 2025-12-31: before it, the day gets 2022's."""
    asked = "select revision, kg, factor, scope, basis, gas from emission order by revision desc"
    writer.write([batch(*_rows([0.0, 50.0, 100.0]))])
    early = datetime(2025, 1, 15, tzinfo=UTC).timestamp()
    Worker(three, basis, lambda: early).drain()
    assert ask(asked) == [
        ("reported", pytest.approx(44.03), "gd.2022", 2, "location", "CO2"),
        ("current", pytest.approx(44.03), "gd.2022", 2, "location", "CO2"),
    ]
    writer.write([batch(("m1", MIDNIGHT + 3 * QUARTER, {"energy_import": 200.0}))])
    late = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
    Worker(three, basis, lambda: late).drain()
    assert [row[:3] for row in ask(asked)] == [
        ("reported", pytest.approx(88.06), "gd.2022"),
        ("current", pytest.approx(88.38), "gd.2023"),
    ]


def test_a_missing_factor_is_a_named_shortfall(
    writer: Writer, batch: Made, ask: Ask, three: Database, basis: Basis, now: datetime
) -> None:
    writer.write([batch(*_rows([0.0, 50.0]))])
    Worker(three, replace(basis, factors=Factors((), {})), now.timestamp).drain()
    found = ask("select kg, factor, shortfall from emission")
    assert len(found) == 2
    assert all(kg is None and factor is None and "2023-05-10" in why for kg, factor, why in found)


def test_a_revised_library_makes_the_statement_again(
    writer: Writer, worker: Worker, batch: Made, ask: Ask, three: Database, basis: Basis, now: datetime
) -> None:
    asked = "select factor from emission where revision = 'current'"
    writer.write([batch(*_rows([0.0, 50.0]))])
    worker.start()
    worker.drain()
    assert ask(asked) == [("gd.2023",)]
    standing = basis.factors
    revised = (replace(standing.library[1], id="gd.2023.rev", value=0.5),)
    same = Worker(three, replace(basis, factors=Factors(standing.library, standing.regions)), now.timestamp)
    other = Worker(three, replace(basis, factors=Factors(revised, standing.regions)), now.timestamp)
    same.start()
    assert ask("select * from dirty where stage = 'daily'") == []
    other.start()
    other.drain()
    assert ask(asked) == [("gd.2023.rev",)]


def test_a_factor_of_another_gas_takes_the_place_of_what_stood(
    writer: Writer, worker: Worker, batch: Made, ask: Ask, three: Database, basis: Basis, now: datetime
) -> None:
    writer.write([batch(*_rows([0.0, 50.0]))])
    worker.start()
    worker.drain()
    revised = (replace(basis.factors.library[1], unit_numerator="kgCO2e", gas="CO2e"),)
    other = Worker(three, replace(basis, factors=Factors(revised, basis.factors.regions)), now.timestamp)
    other.start()
    other.drain()
    assert ask("select distinct revision, gas from emission order by 1") == [
        ("current", "CO2e"),
        ("reported", "CO2e"),
    ]
    assert ask("select gas, days from monthly_emission") == [("CO2e", 1)] * 2


def test_a_month_tells_how_much_of_the_days_of_each_factor_was_measured(
    writer: Writer, worker: Worker, batch: Made, ask: Ask, three: Database, basis: Basis, now: datetime
) -> None:
    """A whole day and half of the next by one factor; then each of them by its own."""
    asked = "select factor, measured, first_day from monthly_emission where revision = 'current' order by 3"
    writer.write([batch(*_rows([n * 10.0 for n in range(97 + 48)]))])
    worker.start()
    worker.drain()
    assert ask(asked) == [("gd.2023", 1.5, date(2023, 5, 10))]
    old, new = (replace(basis.factors.library[1], id=f"gd.2023.{n}") for n in (1, 2))
    parts = (replace(old, valid_to=date(2023, 5, 10)), replace(new, valid_from=date(2023, 5, 11)))
    other = Worker(three, replace(basis, factors=Factors(parts, basis.factors.regions)), now.timestamp)
    other.start()
    other.drain()
    assert ask(asked) == [("gd.2023.1", 1.0, date(2023, 5, 10)), ("gd.2023.2", 0.5, date(2023, 5, 11))]


@pytest.mark.parametrize(("day", "slots"), [("2024-03-31", 92), ("2024-10-27", 100), ("2024-06-01", 96)])
def test_days_that_change_the_clock_are_whole(
    writer: Writer, batch: Made, ask: Ask, three: Database, basis: Basis, now: datetime, day: str, slots: int
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = int(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp())
    writer.write([batch(*_rows([float(n) for n in range(slots + 1)], start=start))])
    Worker(three, replace(basis, zone=zone), now.timestamp).drain()
    assert ask("select day::text, amount, coverage from daily") == [(day, pytest.approx(slots), 1.0)]
