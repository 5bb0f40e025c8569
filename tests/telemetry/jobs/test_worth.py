"""Energy-carrying media are worth standard coal only where they cross a boundary."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.batch import Batch
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.model import Site
from telemetry.settings.library import load_library
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site
from telemetry.storage.writer import Writer

pytestmark = pytest.mark.database

START = int(datetime(2023, 5, 10, 0, tzinfo=UTC).timestamp())
METERS = [
    {"code": "w1", "carrier": "water", "role": "boundary", "area": "hall"},
    {"code": "w2", "carrier": "water"},
    {"code": "m1"},
    {"code": "m2"},
    {"code": "m3"},
]


def test_water_counts_at_the_boundary_and_not_behind_it(
    three: Database,
    make_site: Callable[..., Site],
    writer: Writer,
    batch: Callable[..., Batch],
    basis: Basis,
    now: datetime,
    ask: Callable[..., list[tuple[Any, ...]]],
) -> None:
    apply_site(three, make_site(*METERS), now)
    rows = [(meter, START + n * 900, {"water_volume": 10.0 * n}) for meter in ("w1", "w2") for n in range(11)]
    writer.write([batch(*rows)])
    Worker(three, replace(basis, coal=load_library(None, []).coal), now.timestamp).drain()
    asked = "select code, amount, tce, coefficient from daily d join meter m on m.id = d.meter_id order by 1"
    assert ask(asked) == [
        ("w1", pytest.approx(100), pytest.approx(100 * 0.2571e-3), "water_new_2020"),
        ("w2", pytest.approx(100), None, None),
    ]


def test_steam_that_a_meter_shows_as_mass_and_as_heat_counts_once(
    three: Database,
    make_site: Callable[..., Site],
    writer: Writer,
    batch: Callable[..., Batch],
    basis: Basis,
    now: datetime,
    ask: Callable[..., list[tuple[Any, ...]]],
) -> None:
    apply_site(three, make_site({"code": "s1", "carrier": "steam"}, *METERS), now)
    shown = ({"steam_mass": 1.0 * n, "steam_energy": 2.8 * n} for n in range(11))
    writer.write([batch(*(("s1", START + n * 900, values) for n, values in enumerate(shown)))])
    Worker(three, replace(basis, coal=load_library(None, []).coal), now.timestamp).drain()
    asked = "select quantity, amount, tce, coefficient from daily order by 1"
    assert ask(asked) == [
        ("steam_energy", pytest.approx(28), pytest.approx(28 * 0.03412), "heat_eq"),
        ("steam_mass", pytest.approx(10), None, None),
    ]
