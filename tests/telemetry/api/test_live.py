import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from telemetry.model import Site
from telemetry.reports.picture import Snapshot, Update
from telemetry.storage.errors import StorageUnavailable

pytestmark = pytest.mark.database


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    site = make_site(
        {"code": "IN", "role": "boundary", "multiplier": 100, "source": "push"},
        {"code": "PV", "role": "generation", "area": "hall"},
        {"code": "HALL", "role": "boundary", "area": "hall", "max_gap_s": 60},
        {"code": "GAS", "carrier": "gas", "role": "boundary"},
        billing={"tariff": "demo-park", "contract_kw": 1000},
    )
    made, now = start(site), time.time()
    made.hub._clock = lambda: now
    return made


def _post(service: Any, seconds_ago: float, **power: float) -> None:
    at = datetime.fromtimestamp(service.hub._clock() - seconds_ago, UTC).isoformat()
    rows = [{"meter": code, "time": at, "values": {"active_power": kw}} for code, kw in power.items()]
    assert service.post(rows)["accepted"] == len(rows)


def test_the_park_is_drawn_from_the_last_readings(service: Any) -> None:
    _post(service, 1, IN=4.0, PV=-50.0, HALL=120.0)
    picture = service.tick()
    park = picture["park"]
    assert (park["power_kw"], park["import_kw"], park["generation_kw"]) == (450.0, 400.0, 50.0)
    assert park["coverage"] == 1.0
    assert park["co2_kg_per_h"] == pytest.approx(400.0 * 0.4419, rel=0.1)
    assert park["band"]["code"]
    assert park["band"]["fictitious"] is True
    rows = {row["meter"]: row for row in picture["meters"]}
    assert (rows["IN"]["power_kw"], rows["IN"]["values"]) == (400.0, {"active_power": 400.0})
    assert (rows["GAS"]["state"], rows["GAS"]["time"], rows["GAS"]["age_s"]) == ("never", None, None)
    assert picture["counts"] == {"live": 3, "late": 0, "stale": 0, "never": 1}
    assert [row["area"] for row in picture["areas"]] == ["park", "hall"]


def _gas(service: Any, second: float, shown: float) -> None:
    at = datetime.fromtimestamp(second, UTC).isoformat()
    service.post([{"meter": "GAS", "time": at, "values": {"gas_volume_20c": shown}}])


def test_gas_adds_to_the_rate_of_the_park_as_soon_as_its_counter_tells_one(service: Any) -> None:
    _post(service, 1, IN=4.0, PV=-50.0)
    now = service.hub._clock()
    _gas(service, now - 61, 5000.0)
    alone = service.tick()["park"]
    assert (alone["coverage"], alone["co2_coverage"]) == (1.0, 0.5)
    _gas(service, now - 1, 5001.0)
    picture = service.tick()
    gas = {row["meter"]: row for row in picture["meters"]}["GAS"]["co2_kg_per_h"]
    assert gas == pytest.approx(60 * 273.15 / 293.15 * 1e-4 * 21_621.888, rel=1e-3)
    assert picture["park"]["co2_kg_per_h"] == pytest.approx(alone["co2_kg_per_h"] + gas)
    assert picture["park"]["co2_coverage"] == 1.0


def test_a_restarted_view_knows_the_rate_of_gas_from_the_last_readings(service: Any) -> None:
    now = service.hub._clock()
    _gas(service, now - 61, 5000.0)
    _gas(service, now - 1, 5001.0)
    rows = {row["meter"]: row for row in service.tick()["meters"]}
    assert rows["GAS"]["co2_kg_per_h"] > 0


def test_meters_that_only_count_energy_give_the_park_its_power_and_its_demand(service: Any) -> None:
    now = service.hub._clock()
    for second, kwh in ((now - 61, 5000.0), (now - 1, 5000.05)):
        at = datetime.fromtimestamp(second, UTC).isoformat()
        service.post([{"meter": "IN", "time": at, "values": {"energy_import": kwh}}])
    picture = service.tick()
    rows = {row["meter"]: row for row in picture["meters"]}
    assert (rows["IN"]["power_kw"], rows["IN"].get("by_counter")) == (pytest.approx(300.0), True)
    assert rows["IN"]["values"] == {"energy_import": 500_005.0}
    assert picture["park"]["import_kw"] == pytest.approx(300.0)
    assert picture["park"]["demand"]["projected_kw"] > 0
    _post(service, 0, IN=4.0)
    shown = {row["meter"]: row for row in service.tick()["meters"]}["IN"]
    assert (shown["power_kw"], shown.get("by_counter")) == (400.0, None)


def test_a_silent_meter_becomes_late_and_stale_in_updates(service: Any) -> None:
    _post(service, 20, HALL=120.0)
    _post(service, 10, HALL=121.0)
    service.tick()
    wall = service.hub._clock
    states = []
    for later in (0, 20, 60):
        service.hub._clock = lambda later=later: wall() + later
        service.tick()
        update = msgspec.json.decode(service.hub._frames[-1].wire.split(b"data: ")[1], type=Update)
        states.append([(row.meter, row.state.value) for row in update.meters])
    assert states == [[], [("HALL", "late")], [("HALL", "stale")]]


def test_the_view_goes_on_while_the_database_is_away(
    service: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _post(service, 1, IN=4.0)
    before = service.tick()

    def away() -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(service.database, "_connected", away)
    after = service.tick()
    assert after["sequence"] == before["sequence"] + 1
    assert after["park"]["import_kw"] == 400.0
    assert after["park"]["demand"]["so_far_kw"] is None
    assert service.call("GET", "/healthz").status_code == 200
    assert service.call("GET", "/api/v1/energy").status_code == 503


def test_demand_of_the_block_that_runs(service: Any) -> None:
    block = int(time.time()) // 900 * 900 - 900
    service.hub._clock = lambda: block + 600.0
    rows = [
        {
            "meter": "IN",
            "time": datetime.fromtimestamp(block + 60 * minute, UTC).isoformat(),
            "values": {"energy_import": 10 + minute / 60, "active_power": 1.0},
        }
        for minute in range(-5, 11)
    ]
    service.post(rows)
    demand = service.tick()["park"]["demand"]
    assert demand["so_far_kw"] == pytest.approx(100.0 * 600 / 900)
    assert demand["projected_kw"] == pytest.approx(100.0)
    assert service.get("/live")["park"]["contract_share"] == pytest.approx(0.1)


def test_a_start_in_mid_block_projects_the_power_of_now_onto_the_contract(service: Any) -> None:
    block = int(time.time()) // 900 * 900 - 900
    service.hub._clock = lambda: block + 600.0
    at = datetime.fromtimestamp(block + 598, UTC).isoformat()
    service.post([{"meter": "IN", "time": at, "values": {"energy_import": 10, "active_power": 1.0}}])
    park = service.tick()["park"]
    assert (park["demand"]["so_far_kw"], park["demand"]["projected_kw"]) == (None, pytest.approx(100.0))
    assert park["contract_share"] == pytest.approx(0.1)


def test_a_stream_begins_with_a_snapshot_and_continues(service: Any) -> None:
    _post(service, 1, IN=4.0)
    service.tick()
    answer = service.call("GET", "/api/v1/live/stream", params={"max_events": 1})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    retry, event, _ = answer.text.split("\n\n")
    assert retry == "retry: 2000"
    fields = dict(line.split(": ", 1) for line in event.split("\n"))
    snapshot = msgspec.json.decode(fields["data"], type=Snapshot)
    assert (fields["event"], fields["id"]) == ("snapshot", f"{snapshot.epoch}-{snapshot.sequence}")
    service.tick()
    service.tick()
    again = service.call(
        "GET", "/api/v1/live/stream", params={"max_events": 2}, headers={"Last-Event-ID": fields["id"]}
    )
    assert again.text.count("event: update") == 2
    assert json.loads(again.text.split("data: ")[1].split("\n")[0])["sequence"] == snapshot.sequence + 1
    assert service.hub.watchers == 0


def test_a_full_house_says_come_again(service: Any) -> None:
    service.hub._max_watchers = 0
    answer = service.call("GET", "/api/v1/live/stream")
    assert (answer.status_code, int(answer.headers["retry-after"])) == (503, 5)


def test_before_the_first_picture_there_is_none(service: Any) -> None:
    assert service.call("GET", "/api/v1/live").status_code == 503
    assert [meter["state"] for meter in service.get("/meters")["meters"]] == ["never"] * 4


def test_a_service_without_a_park_says_what_to_do(start: Callable[..., Any]) -> None:
    service = start(None)
    answer = service.call("GET", "/api/v1/site")
    assert answer.status_code == 404
    assert "config/sites" in answer.json()["detail"]
    assert service.get("/meters") == {"meters": []}
    assert service.tick()["meters"] == []
    assert service.call("GET", "/api/v1/energy").status_code == 404
