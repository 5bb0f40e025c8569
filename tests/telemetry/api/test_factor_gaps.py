"""Days that no factor holds for are told by name, at the meter, in the inventory and in the trace."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from accounting.factors import Factor
from telemetry.model import Site
from telemetry.settings.library import Library

pytestmark = pytest.mark.database
JSON = Service = Any
YEAR = "2025-01-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00"
REASON = "no scope2_heat cooling per GJ factor for 2025-07-01 in CN-GD > CN-SOUTH > CN was known on "


def _cooling(name: str, value: float, first: date, last: date) -> Factor:
    return Factor(
        id=name,
        value=value,
        unit_numerator="tCO2",
        unit_denominator="GJ",
        gas="CO2",
        scope=2,
        region="CN-GD",
        year=None,
        valid_from=first,
        valid_to=last,
        purpose="scope2_heat",
        edition="plant",
        published=first,
        source="the supplier's letter",
        name_en="Cooling",
        name_zh="冷量",
        verified="VERIFIED",
        item="cooling",
    )


@pytest.fixture
def library(library: Library) -> Library:
    """With cooling from January to June and from October on: a gap of 92 days."""
    own = (
        _cooling("own.a", 0.03, date(2025, 1, 1), date(2025, 6, 30)),
        _cooling("own.b", 0.02, date(2025, 10, 1), date(2025, 12, 31)),
    )
    return replace(library, factors=(*library.factors, *own))


@pytest.fixture
def service(start: Callable[..., Service], make_site: Callable[..., Site]) -> Service:
    cold = {"code": "C-1", "role": "boundary", "area": "hall", "carrier": "cooling", "max_gap_s": 4e7}
    service = start(make_site(cold))
    service.post(
        [
            {"meter": "C-1", "time": at, "values": {"cooling_energy": total}}
            for at, total in zip(YEAR, (0.0, 36_500.0), strict=True)
        ]
    )
    service.settle()
    return service


def test_a_gap_in_validity_is_one_named_shortfall_and_no_zero(service: Service) -> None:
    """100 GJ a day: 181 days at 0.03 and 92 at 0.02 t/GJ are told, 92 days are not."""
    found = service.get("/inventory", period="2025", area="hall")
    [line] = found["lines"]
    assert line["kg"]["CO2"] == pytest.approx((181 * 3.0 + 92 * 2.0) * 1e3)
    assert found["short"] == ["cooling_energy"]
    [lack] = line["shortfalls"]
    assert (lack["from"], lack["to"]) == ("2025-07-01", "2025-09-30")
    assert lack["reason"].startswith(REASON)
    assert lack["reason"].endswith("(own.a ended on 2025-06-30)")


def test_the_trace_names_the_gap_beside_the_factors_around_it(service: Service) -> None:
    parts = service.get("/trace/emissions", **{"from": "2025-01-01", "to": "2026-01-01"}, area="hall")[
        "parts"
    ]
    told = {(part["factor"] or {}).get("id"): (part["kg"], part["from"], part["to"]) for part in parts}
    assert told == {
        "own.a": (pytest.approx(543e3), "2025-01-01", "2025-06-30"),
        "own.b": (pytest.approx(184e3), "2025-10-01", "2025-12-31"),
        None: (None, "2025-07-01", "2025-09-30"),
    }
