import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
import zstandard
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.collectors.push import columns
from ingest.errors import QueueFull, StoreUnavailable
from telemetry.api import receipt
from telemetry.model import Site

pytestmark = pytest.mark.database
DAY = datetime(2023, 6, 1, tzinfo=UTC)
ASIDE = "no meter has this code; the row is kept aside"


def _opened(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    site = make_site(
        {"code": "M1", "role": "boundary", "multiplier": 10},
        {"code": "M2"},
        sources=[
            {"kind": "push", "code": "push"},
            {"kind": "push", "code": "local", "zone": "Asia/Shanghai"},
        ],
    )
    return start(site)


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    return _opened(start, make_site)


@pytest.fixture(scope="module")
def unchanged(start_for_file: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    """For what changes nothing: one service for all of it."""
    return _opened(start_for_file, make_site)


def _row(meter: str, minute: int, **values: float) -> dict[str, Any]:
    return {"meter": meter, "time": (DAY + timedelta(minutes=minute)).isoformat(), "values": values}


def test_rows_are_counted_by_what_became_of_them(service: Any) -> None:
    first = service.post([_row("M1", 0, energy_import=1.0), _row("M1", 1, energy_import=2.0)])
    assert first == {"accepted": 2, "duplicate": 0, "conflict": 0, "spooled": 0, "rejected": []}
    again = service.post(
        [
            _row("M1", 0, energy_import=1.0),
            _row("M1", 1, energy_import=2.5),
            _row("M1", 2, energy_import=3.0, nonsense=1.0),
            _row("M9", 0, energy_import=1.0),
        ]
    )
    assert {name: again[name] for name in ("accepted", "duplicate", "conflict", "spooled")} == {
        "accepted": 1,
        "duplicate": 1,
        "conflict": 1,
        "spooled": 0,
    }
    assert [(r["row"], r["field"], r["value"]) for r in again["rejected"]] == [
        (2, "values.nonsense", "1.0"),
        (3, "meter", "M9"),
    ]


def test_what_was_posted_is_shown_again_as_the_meter_showed_it(service: Any) -> None:
    service.post([_row("M1", minute, energy_import=float(minute), voltage=57.7) for minute in range(30)])
    window = {"meter": "M1", "from": DAY.isoformat(), "to": (DAY + timedelta(minutes=30)).isoformat()}
    raw = service.get("/readings", **window)
    assert len(raw["times"]) == 30
    assert raw["times"][0] == "2023-06-01T08:00:00+08:00"
    assert raw["quantities"]["energy_import"] == {"unit": "kWh", "values": [float(m) for m in range(30)]}
    assert set(raw["quantities"]) == {"energy_import", "voltage"}
    quarters = service.get("/readings", **window, step="15min", primary=True)
    assert quarters["quantities"]["energy_import"]["values"] == [140.0, 290.0]
    assert quarters["quantities"]["voltage"]["values"] == pytest.approx([57.7, 57.7])


def test_a_limit_keeps_the_newest_rows_and_says_that_there_are_more(service: Any) -> None:
    service.post([_row("M1", minute, active_power=float(minute)) for minute in range(5)])
    window = {"meter": "M1", "from": "2023-06-01", "to": "2023-06-02"}
    short = service.get("/readings", **window, limit=2)
    assert (short["more"], short["quantities"]["active_power"]["values"]) == (True, [3.0, 4.0])
    assert service.get("/readings", **window, limit=5)["more"] is False
    assert service.get("/readings", meter="M2", **{"from": "2023-06-01"}, to="2023-06-02")["times"] == []


def test_a_time_without_a_zone_needs_a_source_that_declares_one(service: Any) -> None:
    rows = [{"meter": "M1", "time": "2023-06-01T08:00:00", "values": {"active_power": 1.0}}]
    refused = service.call("POST", "/api/v1/readings", json=rows)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "0.time"
    assert service.post(rows, source="local")["accepted"] == 1
    shown = service.get("/readings", meter="M1", **{"from": "2023-06-01"}, to="2023-06-02")
    assert shown["times"] == ["2023-06-01T08:00:00+08:00"]


def test_gzip_is_understood(service: Any) -> None:
    body = gzip.compress(json.dumps([_row("M1", 0, active_power=1.0)]).encode())
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert service.call("POST", "/api/v1/readings", content=body, headers=headers).json()["accepted"] == 1


TABLE: dict[str, Any] = {
    "meter": ["M1", "M2", "M9"],
    "time": [DAY, DAY, DAY],
    "energy_import": [14250.0, None, 1.0],
    "active_power": [41.5, 7.0, 1.0],
}


def _json(table: dict[str, Any]) -> bytes:
    return json.dumps({**table, "time": [at.isoformat() for at in table["time"]]}).encode()


def _arrow(table: dict[str, Any]) -> bytes:
    out, columns = pa.BufferOutputStream(), pa.table(table)
    with pa.ipc.new_stream(out, columns.schema) as writer:
        writer.write_table(columns)
    return bytes(out.getvalue().to_pybytes())


FORMS = {"json": (_json, "application/json"), "arrow": (_arrow, "application/vnd.apache.arrow.stream")}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "identity": lambda body: body,
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("form", FORMS)
def test_columns_are_durable_once_and_sending_again_changes_nothing(
    service: Any,
    form: str,
    encoding: str,
) -> None:
    write, media = FORMS[form]
    headers = {"Content-Type": media, "Content-Encoding": encoding}
    refused = [{"row": 2, "field": "meter", "value": "M9", "reason": ASIDE}]
    for accepted in (2, 0):
        answer = service.call(
            "POST", "/api/v1/readings", content=PACKED[encoding](write(TABLE)), headers=headers
        )
        assert answer.status_code == 200, answer.text
        said = {name: answer.json()[name] for name in ("accepted", "duplicate", "conflict", "rejected")}
        assert said == {
            "accepted": accepted,
            "duplicate": 2 - accepted,
            "conflict": 0,
            "rejected": refused,
        }
    with service.database.connection() as conn:
        rows = conn.execute("SELECT energy_import, active_power FROM reading ORDER BY 2 DESC").fetchall()
    assert rows == [(14250.0, 41.5), (None, 7.0)]


def test_without_pyarrow_an_arrow_body_is_told_what_to_install(
    service: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receipt, "find_spec", {}.get)
    answer = service.call(
        "POST", "/api/v1/readings", content=_arrow(TABLE), headers={"Content-Type": FORMS["arrow"][1]}
    )
    assert answer.status_code == 415
    assert "parkwatt[arrow]" in answer.json()["errors"][0]["reason"]


def test_a_body_of_too_many_rows_is_to_be_split(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MOST_ROWS", 2)
    headers = {"Content-Type": "application/json"}
    answer = service.call("POST", "/api/v1/readings", content=_json(TABLE), headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 422), (b"{}", 422), (b"[]", 422), (b"[1]", 422), (b"\xff", 422), (b" " * 8_388_609, 413)],
)
def test_bodies_that_are_no_rows(unchanged: Any, body: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    answer = unchanged.call("POST", "/api/v1/readings", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


class Failing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def write(self, batch: Batch) -> NDArray[Any]:  # noqa: ARG002  # a Sink's form
        raise self.error


@pytest.mark.parametrize(("error", "status"), [(StoreUnavailable("away"), 503), (QueueFull("full"), 429)])
def test_the_sender_comes_again_when_nothing_could_be_made_durable(
    service: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
) -> None:
    monkeypatch.setattr(service.pipeline, "write", Failing(error).write)
    answer = service.call("POST", "/api/v1/readings", json=[_row("M1", 0, active_power=1.0)])
    assert answer.status_code == status
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"meter": "M1", "from": "yesterday"}, "from"),
        ({"meter": "M1", "from": "2023-06-02", "to": "2023-06-01"}, "to"),
        ({"meter": "M1", "step": "week"}, "step"),
        ({"meter": "M1", "quantity": "nonsense"}, "quantity"),
        ({"meter": "M1", "from": "2020-01-01", "step": "1min"}, "step"),
        ({"meter": "M1", "limit": 0}, "limit"),
        ({}, "meter"),
    ],
)
def test_questions_that_cannot_be_answered(unchanged: Any, query: dict[str, Any], field: str) -> None:
    answer = unchanged.call("GET", "/api/v1/readings", params=query)
    assert answer.status_code == 422
    [mistake] = answer.json()["errors"]
    assert mistake["field"] == field
    assert mistake["reason"]


def test_a_meter_that_is_not_there(unchanged: Any) -> None:
    assert unchanged.call("GET", "/api/v1/readings", params={"meter": "M9"}).status_code == 404


def test_counters_of_posted_rows(service: Any) -> None:
    service.post([_row("M1", 0, active_power=1.0), _row("M9", 0, active_power=1.0)])
    text = service.call("GET", "/metrics").text
    assert 'parkwatt_pushed_rows_total{outcome="accepted"} 1.0' in text
    assert 'parkwatt_pushed_rows_total{outcome="rejected"} 1.0' in text
    assert "parkwatt_live_watchers 0.0" in text
    assert 'parkwatt_settle_backlog{stage="energy"} 1.0' in text
