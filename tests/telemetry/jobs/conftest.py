"""A basis to settle by, and what was settled, read back."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from accounting.coal import Coefficient
from accounting.factors import Factor
from telemetry.jobs.basis import Basis
from telemetry.jobs.settle import Worker
from telemetry.reports.factors import Factors
from telemetry.storage.pool import Database

HOUR = 3600


def _factor(year: int, value: float, published: date, **other: Any) -> Factor:
    fields = {
        "id": f"gd.{year}",
        "value": value,
        "unit_numerator": "kgCO2",
        "unit_denominator": "kWh",
        "gas": "CO2",
        "scope": 2,
        "region": "CN-GD",
        "year": year,
        "valid_from": date(year, 1, 1),
        "valid_to": date(year, 12, 31),
        "purpose": "scope2_location",
        "edition": f"edition {year}",
        "published": published,
        "source": "a test",
        "name_en": "grid",
        "name_zh": "电网",
        "verified": "VERIFIED",
        "item": "electricity",
    }
    return Factor(**{**fields, **other})


@pytest.fixture
def factors() -> tuple[Factor, ...]:
    return (_factor(2022, 0.4403, date(2024, 12, 20)), _factor(2023, 0.4419, date(2025, 12, 31)))


@pytest.fixture
def coal() -> dict[str, Coefficient]:
    entry = Coefficient(
        id="electricity_eq",
        name_en="Electricity",
        name_zh="电力",
        kgce=0.1229,
        per="kWh",
        basis="calorific",
        edition="GB/T 2589-2020",
        source="a test",
        verified="VERIFIED",
    )
    return {entry.id: entry}


@pytest.fixture
def basis(factors: tuple[Factor, ...], coal: dict[str, Coefficient]) -> Basis:
    return Basis(ZoneInfo("Asia/Shanghai"), Factors(factors, {"CN-GD": "CN"}), coal)


@pytest.fixture
def worker(three: Database, basis: Basis, now: datetime) -> Worker:
    return Worker(three, basis, now.timestamp)


@pytest.fixture
def slots(database: Database) -> Callable[..., dict[int, tuple[float, float]]]:
    """Settled quarter hours of a meter that have a value or a coverage: start [s] -> (amount, coverage)."""

    def read(meter: str = "m1", quantity: str = "energy_import") -> dict[int, tuple[float, float]]:
        with database.connection() as conn:
            rows = conn.execute(
                "select extract(epoch from day)::bigint, amount, coverage from energy e"
                " join meter m on m.id = e.meter_id where m.code = %s and quantity = %s",
                [meter, quantity],
            ).fetchall()
        return {
            day + 900 * place: (amount, coverage)
            for day, amounts, coverages in rows
            for place, (amount, coverage) in enumerate(zip(amounts, coverages, strict=True))
            if not np.isnan(amount)
        }

    return read


@pytest.fixture
def ask(database: Database) -> Callable[..., list[tuple[Any, ...]]]:
    """Rows of a query, decimals as floats."""

    def rows(question: str) -> list[tuple[Any, ...]]:
        with database.connection() as conn:
            found = conn.execute(question).fetchall()
        return [tuple(float(cell) if isinstance(cell, Decimal) else cell for cell in row) for row in found]

    return rows
