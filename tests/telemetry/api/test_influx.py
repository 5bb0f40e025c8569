"""InfluxDB's routes over a real database."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.collectors.influx import body as influx
from ingest.collectors.influx.mapping import InfluxMapping
from ingest.errors import QueueFull, StoreUnavailable
from telemetry.access.keyring import Keyring
from telemetry.api.access import Access
from telemetry.api.application import create
from telemetry.api.dependencies import Dependencies, Settings
from telemetry.api.guard import served
from telemetry.model import Site
from telemetry.settings.current import Current
from telemetry.settings.token import digest

pytestmark = pytest.mark.database
T0 = 1_685_577_600
"""2023-06-01T00:00:00Z."""
TOKEN = "a-token-of-good-length"  # noqa: S105  # the test's own


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return start(make_site({"code": "M1", "role": "boundary", "multiplier": 10}, {"code": "M2"}))


def stored(service: Any) -> list[tuple[str, str, float | None, float | None]]:
    with service.database.connection() as conn:
        return conn.execute(
            "SELECT meter.code, time AT TIME ZONE 'UTC' || '', energy_import, active_power"
            " FROM reading JOIN meter ON meter.id = meter_id ORDER BY 1, 2"
        ).fetchall()


TWO = f"M1 energy_import=14250,active_power=41.5 {T0}\nelec,meter=M2 active_power=7i {T0 + 60}\n"
BOTH = [("M1", "2023-06-01 00:00:00", 14250.0, 41.5), ("M2", "2023-06-01 00:01:00", None, 7.0)]


@pytest.mark.parametrize("path", ["/api/v2/write?org=o&bucket=b", "/write?db=d&rp=r"])
def test_lines_are_durable_once_and_sending_again_changes_nothing(service: Any, path: str) -> None:
    for _ in range(2):
        answer = service.call("POST", f"{path}&precision=s", content=TWO)
        assert (answer.status_code, answer.content) == (204, b"")
        assert stored(service) == BOTH
    text = service.call("GET", "/metrics").text
    assert 'parkwatt_pushed_rows_total{outcome="accepted"} 2.0' in text
    assert 'parkwatt_pushed_rows_total{outcome="duplicate"} 2.0' in text


def test_nanoseconds_are_the_default_and_gzip_is_understood(service: Any) -> None:
    body = gzip.compress(f"M1 energy_import=14250,active_power=41.5 {T0}000000000".encode())
    answer = service.call("POST", "/api/v2/write", content=body, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 204
    assert stored(service) == BOTH[:1]


def test_the_client_of_influxdb_writes_unchanged(service: Any, address: str) -> None:
    at = datetime(2023, 6, 1, tzinfo=UTC)
    points = [
        Point("M1").tag("hall", "1").field("energy_import", 14250).field("active_power", 41.5).time(at),
        Point("elec").tag("meter", "M2").field("active_power", 7.0).time(at + timedelta(minutes=1)),
    ]
    with InfluxDBClient(address, token="any", org="park", enable_gzip=True) as client:  # noqa: S106  # none is asked for
        assert client.ping()
        with client.write_api(SYNCHRONOUS) as writer:
            for _ in range(2):
                writer.write("meters", record=points)
                assert stored(service) == BOTH
            with pytest.raises(ApiException, match="no meter has this code") as refused:
                writer.write("meters", record=Point("M9").field("active_power", 1.0).time(at))
    assert refused.value.status == 400


def test_bad_lines_are_named_and_the_good_ones_kept(service: Any) -> None:
    body = f"M9 active_power=1 {T0}\n{TWO}M1 active_power=true {T0 + 9}\nM1 active_power\n"
    answer = service.call("POST", "/api/v2/write?precision=s", content=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert (said["code"], said["line"]) == ("invalid", 1)
    assert "line 1: meter: no meter has this code; the row is kept aside (got 'M9')" in said["message"]
    assert "line 4: active_power: active_power is a number" in said["message"]
    assert "line 5: line: " in said["message"]
    assert said["message"].endswith("dropped=3")
    assert stored(service) == BOTH


def test_version_1_says_it_in_its_own_form(service: Any) -> None:
    answer = service.call("POST", "/write?db=d&precision=s", content=f"{TWO}M9 active_power=1 {T0}")
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"].startswith("partial write: line 3: meter")
    assert stored(service) == BOTH


def test_many_mistakes_are_counted_not_listed(service: Any) -> None:
    answer = service.call("POST", "/api/v2/write", content="x\n" * 12)
    assert answer.json()["message"].endswith("; 2 more dropped=12")


def test_minutes_are_of_version_1_alone(service: Any) -> None:
    line = f"M1 energy_import=14250,active_power=41.5 {T0 // 60}"
    assert service.call("POST", "/api/v2/write?precision=m", content=line).status_code == 422
    assert stored(service) == []
    assert service.call("POST", "/write?precision=m", content=line).status_code == 204
    assert stored(service) == BOTH[:1]


def test_the_mapping_of_the_park_counts(service: Any) -> None:
    mapping = InfluxMapping.model_validate(
        {
            "meters": [{"measurement": "modbus", "tags": {"slave_id": "3"}, "meter": "M1"}],
            "fields": [{"field": "wh", "quantity": "energy_import", "unit": "Wh"}],
            "ignored": ["active_power"],
        }
    )
    parts = Dependencies(
        service.database,
        Current(replace(service.plan, influx=mapping)),
        service.pipeline,
        service.hub,
        dict,
        Settings(served("localhost"), Access(Keyring(digest(TOKEN)), asked=True)),
    )
    service.app = create(parts)
    line = f"modbus,slave_id=3 wh=14250000,active_power=9 {T0}"
    headers = {"Authorization": f"Token {TOKEN}"}
    answer = service.call("POST", "/api/v2/write?precision=s", content=line, headers=headers)
    assert answer.status_code == 204
    assert stored(service) == [("M1", "2023-06-01 00:00:00", 14250.0, None)]
    for path in ("/api/v2/write", "/write"):
        for wrong in ({}, {"Authorization": "Token another-token-altogether"}):
            assert service.call("POST", path, content=line, headers=wrong).status_code == (
                503 if wrong else 401
            )
    assert service.call("GET", "/ping").status_code == 204


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_ping(service: Any, method: str) -> None:
    answer = service.call(method, "/ping")
    assert answer.status_code == 204
    assert answer.headers["x-influxdb-version"]
    assert answer.headers["x-content-type-options"] == "nosniff"


class Failing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def write(self, batch: Batch) -> NDArray[Any]:
        assert len(batch) == 2
        raise self.error


@pytest.mark.parametrize(("error", "status"), [(StoreUnavailable("away"), 503), (QueueFull("full"), 429)])
def test_the_sender_comes_again_when_nothing_could_be_made_durable(
    service: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    monkeypatch.setattr(service.pipeline, "write", Failing(error).write)
    answer = service.call("POST", "/api/v2/write?precision=s", content=TWO)
    assert answer.status_code == status
    assert int(answer.headers["retry-after"]) > 0


def test_a_body_of_too_many_lines_is_to_be_split(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influx, "MOST_LINES", 1)
    assert service.call("POST", "/api/v2/write?precision=s", content=TWO).status_code == 413
    assert stored(service) == []


def test_a_broken_gzip_body(service: Any) -> None:
    answer = service.call("POST", "/write", content=b"no gzip", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400
