"""Virtual meters in the live view: power, age and state from those of their terms."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from telemetry.model import Site
from telemetry.reports.picture import Update

pytestmark = pytest.mark.database


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    site = make_site(
        {"code": "IN", "role": "check", "multiplier": 100},
        {"code": "PV", "role": "generation"},
        {"code": "GAS", "carrier": "gas"},
        {"code": "HALF", "role": "check", "formula": {"energy_import": "0.5 * NET.energy_import"}},
        {
            "code": "NET",
            "role": "boundary",
            "formula": {"energy_import": "IN.energy_import + PV.energy_export - PV.energy_import"},
        },
        {"code": "BURNT", "carrier": "gas", "formula": {"gas_volume_0c": "2 * GAS.gas_volume_0c"}},
    )
    made, now = start(site), time.time()
    made.hub._clock = lambda: now
    return made


def _post(service: Any, seconds_ago: float, **power: float) -> None:
    at = datetime.fromtimestamp(service.hub._clock() - seconds_ago, UTC).isoformat()
    service.post([{"meter": code, "time": at, "values": {"active_power": kw}} for code, kw in power.items()])


def _rows(service: Any) -> dict[str, Any]:
    return {row["meter"]: row for row in service.tick()["meters"]}


def test_its_power_follows_from_the_gauges_of_its_terms(service: Any) -> None:
    _post(service, 1, IN=4.0, PV=-50.0)
    picture = service.tick()
    rows = {row["meter"]: row for row in picture["meters"]}
    assert (rows["NET"]["power_kw"], rows["NET"]["values"]) == (450.0, {"active_power": 450.0})
    assert rows["NET"]["co2_kg_per_h"] == pytest.approx(450 * 0.4419, rel=0.1)
    assert (rows["HALF"]["power_kw"], rows["HALF"]["co2_kg_per_h"]) == (225.0, None)
    assert picture["park"]["import_kw"] == 450.0
    assert picture["park"]["co2_coverage"] == 1.0


def test_it_is_as_old_as_the_oldest_of_its_terms(service: Any) -> None:
    _post(service, 3000, PV=-50.0)
    _post(service, 1, IN=4.0)
    rows = _rows(service)
    assert [rows[code]["state"] for code in ("IN", "PV", "NET", "HALF")] == ["live", "late", "late", "late"]
    assert rows["NET"]["time"] == rows["PV"]["time"]
    assert (rows["BURNT"]["state"], rows["BURNT"]["time"], rows["BURNT"]["power_kw"]) == ("never", None, None)


def test_a_term_without_a_value_leaves_it_without_one(service: Any) -> None:
    _post(service, 1, IN=4.0)
    assert _rows(service)["NET"]["power_kw"] is None


def test_it_is_told_as_changed_with_any_of_its_terms(service: Any) -> None:
    _post(service, 20, PV=-50.0)
    _post(service, 10, IN=4.0)
    service.tick()
    _post(service, 1, IN=5.0)
    service.tick()
    update = msgspec.json.decode(service.hub._frames[-1].wire.split(b"data: ")[1], type=Update)
    assert [row.meter for row in update.meters] == ["IN", "HALF", "NET"]
