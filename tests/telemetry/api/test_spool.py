"""What an integrator hears while the database is away."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from telemetry.model import Site
from telemetry.storage.errors import StorageUnavailable

pytestmark = pytest.mark.database
DAY = datetime(2023, 6, 1, tzinfo=UTC)


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return start(make_site({"code": "M1"}))


def _row(second: int) -> dict[str, Any]:
    moment = DAY + timedelta(seconds=second)
    return {"meter": "M1", "time": moment.isoformat(), "values": {"energy_import": float(second)}}


@contextmanager
def away(service: Any) -> Iterator[None]:
    """The database does not answer."""

    def refuse() -> None:
        raise StorageUnavailable("away")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.database, "connection", refuse)
        yield


def _metric(service: Any, name: str) -> float:
    lines = service.call("GET", "/metrics").text.splitlines()
    return float(next(line.split()[-1] for line in lines if line.startswith(f"{name} ")))


def test_rows_are_taken_onto_the_disk_and_shown_when_the_database_is_back(service: Any) -> None:
    with away(service):
        assert service.post([_row(0), _row(1)])["spooled"] == 2
        assert service.post([_row(2)]) == {
            "accepted": 0,
            "duplicate": 0,
            "conflict": 0,
            "spooled": 1,
            "rejected": [],
        }
        assert service.call("GET", "/readyz").status_code == 200
        assert _metric(service, "parkwatt_store_up") == 0
        assert _metric(service, "parkwatt_spool_rows") == 3
        assert _metric(service, 'parkwatt_spool_state{state="holding"}') == 1
        assert _metric(service, 'parkwatt_pushed_rows_total{outcome="spooled"}') == 3
    deadline = time.monotonic() + 120
    while service.spool.pending and time.monotonic() < deadline:
        time.sleep(0.01)
    window = {"meter": "M1", "from": DAY.isoformat(), "to": (DAY + timedelta(minutes=1)).isoformat()}
    shown = service.get("/readings", **window, step="raw")
    assert shown["quantities"]["energy_import"]["values"] == [0.0, 1.0, 2.0]
    assert _metric(service, "parkwatt_store_up") == 1
    assert _metric(service, "parkwatt_spool_rows") == 0


def test_with_no_room_left_the_sender_comes_again(service: Any) -> None:
    with away(service):
        answer = service.call("POST", "/api/v1/readings", json=[_row(0)])
        second = 1
        while answer.status_code == 200:
            rows = [_row(second + n) for n in range(5000)]
            answer, second = service.call("POST", "/api/v1/readings", json=rows), second + 5000
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "please send them again" in answer.json()["detail"]
        assert _metric(service, 'parkwatt_spool_state{state="full"}') == 1
        ready = service.call("GET", "/readyz")
        assert (ready.status_code, ready.headers["Retry-After"]) == (503, answer.headers["Retry-After"])
    deadline = time.monotonic() + 120
    while service.call("GET", "/readyz").status_code != 200:
        assert time.monotonic() < deadline, "nothing can be acknowledged"
        time.sleep(0.1)
