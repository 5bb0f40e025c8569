"""The site file through the API: who may change it, what is refused, and that a change bears a name."""

import asyncio
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from telemetry.api.application import create
from telemetry.model import Site
from telemetry.settings import site_file
from telemetry.settings.plan import Plan
from telemetry.storage import audit
from telemetry.storage.audit import Sought

pytestmark = pytest.mark.database

Service = Any
"""Of conftest."""
PARK = {"code": "works", "name": {"en": "Works", "zh": "工厂"}, "zone": "Asia/Shanghai", "region": "CN-GD"}
METER = {
    "code": "M-1",
    "name": {"en": "Incomer", "zh": "进线"},
    "area": "works",
    "source": "line-1",
    "device": "eastron-sdm630",
    "address": 1,
}


class Line:
    """A gateway that counts what it is asked; unit 1 shows 50 Hz and 230 V, all others are silent.

    It may say so.
    """

    def __init__(self) -> None:
        self.codes: set[int] = set()
        self.port, self.says_so = 0, False

    def answer(self, unit: int, request: bytes) -> bytes:
        code, start, count = struct.unpack(">BHH", request)
        self.codes.add(code)
        if unit != 1:
            return bytes([code | 0x80, 11]) if self.says_so else b""
        words = [self._word(at) for at in range(start, start + count)]
        return struct.pack(f">BB{count}H", code, 2 * count, *words)

    def _word(self, at: int) -> int:
        shown = {0x00: 230.5, 0x46: 50.01, 0x34: 41_250.0}
        pair = struct.unpack(">HH", struct.pack(">f", shown.get(at & ~1, 0.0)))
        return int(pair[at & 1])


@pytest.fixture
def line(gateway: Callable[[Callable[[int, bytes], bytes]], int]) -> Line:
    found = Line()
    found.port = gateway(found.answer)
    return found


@pytest.fixture
def service(start: Callable[[Site | None], Any], tmp_path: Path) -> Service:
    """A service without a park, with a folder for one."""
    found = start(None)
    found.folder = tmp_path / "config"
    found.dependencies = replace(found.dependencies, folder=found.folder)
    found.app = create(found.dependencies)
    return found


def errors(response: httpx.Response) -> list[str]:
    return [f"{one['field']}: {one['reason']}" for one in response.json()["errors"]]


def taken_up(service: Service) -> None:
    """What the reloader does once the file is there."""
    file, library = next((service.folder / "sites").glob("*.yaml")), service.current.plan.library
    draft = site_file.described(Plan(None, None, library), service.folder, file.read_text(encoding="utf-8"))
    service.current.adopt(Plan(draft.site, file, library))


def test_a_park_is_begun_once_and_added_to_in_the_name_of_who_asks(service: Service) -> None:
    made = service.call("POST", "/api/v1/site", json=PARK)
    assert (made.status_code, made.json()["areas"]) == (200, ["works"])
    assert service.call("POST", "/api/v1/site", json=PARK).status_code == 409
    taken_up(service)
    added = {"sources": [{"kind": "modbus", "code": "line-1", "host": "192.0.2.1"}], "meters": [METER]}
    told = service.call("POST", "/api/v1/site/additions", json=added)
    assert told.status_code == 200, told.text
    assert (told.json()["sources"], told.json()["meters"]) == (["line-1"], ["M-1"])
    assert (service.folder / "sites" / told.json()["before"]).exists()
    with service.database.connection() as tx:
        rows = audit.listed(tx, Sought(1 << 40, 10, kind="site_change"))
    assert [(row.who, row.name) for row in rows] == [
        ("this machine", "line-1, M-1"),
        ("this machine", "works"),
    ]
    assert rows[0].after is not None
    assert rows[0].after["document"]["meters"][0]["device"] == "eastron-sdm630"


def test_what_cannot_be_is_refused_and_leaves_the_file_alone(service: Service) -> None:
    service.call("POST", "/api/v1/site", json=PARK)
    taken_up(service)
    file = next((service.folder / "sites").iterdir())
    before = file.read_text(encoding="utf-8")
    told = service.call("POST", "/api/v1/site/additions", json={"meters": [METER]})
    assert (told.status_code, errors(told)) == (422, ["meters[0].source: there is no source 'line-1'"])
    assert service.call("POST", "/api/v1/site/additions", json={}).status_code == 422
    assert file.read_text(encoding="utf-8") == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_scan_asks_first_and_never_writes(
    service: Service, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telemetry.api.lines._ANSWER_S", 30.0)
    line.says_so = True
    asked = {
        "source": {"kind": "modbus", "host": "127.0.0.1", "port": line.port, "timeout_s": 30},
        "units": "1-3",
    }
    told = service.call("POST", "/api/v1/scans", json=asked)
    assert told.status_code == 422
    assert line.codes == set()
    begun = service.call("POST", "/api/v1/scans", json={**asked, "agreed": True}).json()
    for _ in range(2000):
        found = service.get(f"/scans/{begun['id']}")
        if found["state"] != "running":
            break
        service.run(asyncio.sleep(0.02))
    assert (found["state"], found["asked"], [one["unit"] for one in found["found"]]) == ("done", 3, [1])
    assert "eastron-sdm630" in [fit["device"] for fit in found["found"][0]["fits"]]
    assert line.codes <= {1, 2, 3, 4}


def test_one_scan_runs_at_a_time_and_is_ended(service: Service, line: Line) -> None:
    source = {"kind": "modbus", "host": "127.0.0.1", "port": line.port}
    asked = {"source": source, "units": "2-100", "agreed": True}
    begun = service.call("POST", "/api/v1/scans", json=asked).json()
    assert service.call("POST", "/api/v1/scans", json=asked).status_code == 429
    ended = service.call("POST", f"/api/v1/scans/{begun['id']}/end").json()
    assert ended["state"] == "ended"
    assert ended["asked"] < 99


def test_a_device_is_read_once_and_nothing_is_kept(service: Service, line: Line) -> None:
    asked = {"source": {"kind": "modbus", "host": "127.0.0.1", "port": line.port}, "device": "eastron-sdm630"}
    told = service.call(
        "POST", "/api/v1/test-readings", json={**asked, "address": 1, "multiplier": 40}
    ).json()
    shown = {one["quantity"]: one["value"] for one in told["values"]}
    assert (shown["active_power"], shown["frequency"]) == (1650.0, pytest.approx(50.01))
    gone = {**asked, "source": {"kind": "modbus", "host": "127.0.0.1", "port": 1}, "address": 1}
    assert service.call("POST", "/api/v1/test-readings", json=gone).json()["trouble"] != ""


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"device": "eastron-sdm63"}, "device"),
        ({"device": "shelly-pro-3em"}, "device"),
        ({"address": 256}, "address"),
        ({"source": "line-9"}, "source"),
        ({"source": {"kind": "modbus", "serial": "spy:///dev/ttyS0"}}, "source.serial"),
        ({"source": {"kind": "modbus", "host": "${PARKWATT_TOKEN}"}}, "source.host"),
        (
            {"source": {"kind": "mqtt", "url": "mqtt://h", "topic": "{meter}", "key": "/etc/shadow"}},
            "source.key",
        ),
    ],
)
def test_a_test_reading_that_cannot_be_is_told_by_field(
    service: Service, changed: dict[str, Any], field: str
) -> None:
    asked = {
        "source": {"kind": "modbus", "host": "192.0.2.1"},
        "device": "eastron-sdm630",
        "address": 1,
    } | changed
    told = service.call("POST", "/api/v1/test-readings", json=asked)
    assert (told.status_code, [one["field"] for one in told.json()["errors"]]) == (422, [field])
