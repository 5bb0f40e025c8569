"""Steam that is metered by mass is heat by its pressure and temperature."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ingest.batch import Batch
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.reports.factors import Factors
from telemetry.reports.steam import enthalpies
from telemetry.settings.library import Library
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

START = int(datetime(2023, 5, 10, 0, tzinfo=UTC).timestamp())
QUARTER = 900
Slots = Callable[..., dict[int, tuple[Any, Any]]]


def test_enthalpies_are_those_of_the_steam_tables() -> None:
    """IAPWS-IF97, table 5 and the saturation table: 2777.12 kJ/kg at 1 MPa, 2828.27 at 1 MPa and 200 degC."""
    state, dry = enthalpies(np.array([1000.0, 1000.0, 1000.0]), np.array([200.0, 180.2, np.nan]))
    np.testing.assert_allclose(state, [2828.27, np.nan, np.nan], rtol=1e-5)
    np.testing.assert_allclose(dry, [2777.12] * 3, rtol=1e-5)


@pytest.mark.parametrize("pressure", [30_000.0, 0.0, -5.0])
def test_what_the_tables_do_not_reach_is_unknown(pressure: float) -> None:
    state, dry = enthalpies(np.array([pressure]), np.array([200.0]))
    assert np.isnan(dry).all()
    assert np.isnan(state).all()


def basis_of(library: Library) -> Basis:
    return Basis(ZoneInfo("Asia/Shanghai"), Factors(library.factors, library.regions), library.coal)


def _rows(names: Sequence[str], columns: Sequence[Sequence[float]]) -> list[Any]:
    return [
        ("m1", START + n * QUARTER, dict(zip(names, values, strict=True)))
        for n, values in enumerate(zip(*columns, strict=True))
    ]


@pytest.mark.database
@pytest.mark.usefixtures("three")
def test_mass_becomes_heat_where_the_pressure_is_known(
    writer: Writer, worker: Worker, batch: Callable[..., Batch], slots: Slots
) -> None:
    names = ("steam_mass", "steam_pressure", "steam_temperature")
    mass, gauge = [0.0, 2.0, 4.0, 6.0], 1000.0 - 101.325
    writer.write([batch(*_rows(names, (mass, [gauge] * 4, [200.0] * 4)))])
    worker.drain()
    found = [amount for amount, _ in slots("m1", "steam_energy").values()]
    assert found == pytest.approx([2 * (2828.27 - 83.74) / 1e3] * 3, rel=1e-5)
    assert [amount for amount, _ in slots("m1", "steam_mass").values()] == pytest.approx([2.0] * 3)


@pytest.mark.database
@pytest.mark.usefixtures("three")
def test_the_pressure_that_comes_later_makes_the_heat(
    writer: Writer, worker: Worker, batch: Callable[..., Batch], slots: Slots
) -> None:
    writer.write([batch(*_rows(("steam_mass",), ([0.0, 2.0, 4.0],)))])
    worker.drain()
    assert slots("m1", "steam_energy") == {}
    writer.write([batch(*_rows(("steam_pressure",), ([1000.0 - 101.325] * 3,)))])
    worker.drain()
    found = [amount for amount, _ in slots("m1", "steam_energy").values()]
    assert found == pytest.approx([2 * (2777.12 - 83.74) / 1e3] * 2, rel=1e-5)


@pytest.mark.database
def test_a_meter_of_mass_alone_emits_by_a_default_that_is_told(
    three: Database, writer: Writer, batch: Callable[..., Batch], now: datetime, library: Library
) -> None:
    writer.write([batch(*_rows(("steam_mass",), ([0.0, 2.0, 4.0],)))])
    Worker(three, basis_of(library), now.timestamp).drain()
    with three.connection() as conn:
        kg, factor = conn.execute(
            "select kg, factor from emission where quantity = 'steam_mass' and revision = 'current'"
        ).fetchone() or (None, None)
    assert (kg, factor) == (pytest.approx(4 * 2.6934 * 110), "cn.heat.default")
