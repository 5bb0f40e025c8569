"""A park of two meters on a Modbus server that we did not write, the service that reads it, and a browser."""

import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pyModbusTCP.server import DataBank, ModbusServer  # type: ignore[import-untyped]

from telemetry.web.assets import DIST

expect.set_options(timeout=60_000)  # a busy machine draws late

SITE = """
code: plant
name: {{en: Riverside works, zh: 河畔工厂}}
zone: Asia/Shanghai
region: CN-GD
billing: {{tariff: demo-park, contract_kw: 500}}
areas:
  - {{code: plant, kind: park, name: {{en: Riverside works, zh: 河畔工厂}}}}
  - {{code: E1, kind: enterprise, parent: plant, name: {{en: "Moulding <b>hall</b>", zh: 注塑厂}}}}
sources:
  - {{kind: modbus, code: line-1, host: 127.0.0.1, port: {modbus_port}, poll_s: 0.5, timeout_s: 5}}
meters:
  - code: M-1
    name: {{en: Incomer, zh: 进线}}
    area: plant
    source: line-1
    device: eastron-sdm630
    address: 1
    role: boundary
  - code: M-2
    name: {{en: Injection line, zh: 注塑线}}
    area: E1
    source: line-1
    device: eastron-sdm630
    address: 2
    role: boundary
    parent: M-1
"""
POWER, IMPORT = 0x0034, 0x0048
SOAK = "test_soak.py"


class Registers(DataBank):  # type: ignore[misc]  # pyModbusTCP has no types
    """Input registers by unit; a silenced unit answers with an exception."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: set[int] = set()
        self._words: dict[tuple[int, int], int] = {}
        self._server = ModbusServer("127.0.0.1", 0, no_block=True, data_bank=self)
        self._server.start()
        self.port: int = self._server._service.server_address[1]

    def put(self, unit: int, address: int, value: float) -> None:
        """A float32 in two registers, high word first."""
        words = struct.unpack(">HH", struct.pack(">f", value))
        self._words.update({(unit, address + at): word for at, word in enumerate(words)})

    def get_input_registers(self, address: int, number: int = 1, srv_info: Any = None) -> list[int] | None:
        unit = srv_info.recv_frame.mbap.unit_id
        if unit in self.silent:
            return None
        return [self._words.get((unit, address + at), 0) for at in range(number)]

    def stop(self) -> None:
        self._server.stop()


@dataclass
class Service:
    """`parkwatt serve` as a process of its own."""

    url: str
    variables: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "telemetry.cli", "serve"]
            variables = os.environ | self.variables | {"PYTHONFAULTHANDLER": "1"}
            self.process = subprocess.Popen(command, env=variables, stdout=log, stderr=log)
        self._await_ready(180)

    def _await_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process is not None and self.process.poll() is None:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            time.sleep(0.1)
        pytest.fail(f"the service did not answer: {self.log.read_text()[-4000:]}")

    def stop(self) -> None:
        self.end()
        if self.process is not None:
            self._await_end(self.process)
            self.process = None

    def _await_end(self, process: subprocess.Popen[bytes]) -> None:
        """One that does not end is made to tell where each of its threads stands."""
        try:
            process.wait(180)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            process.wait(30)
            pytest.fail(f"the service did not stop: {self.log.read_text()[-12_000:]}")

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Asks it to stop, and does not wait."""
        if self.process is not None:
            self.process.send_signal(how)

    def crash(self) -> None:
        self.end(signal.SIGKILL)
        self.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys come last: Playwright keeps an event loop running, and asyncio.run refuses beside it.

    The soak is the first of them, so that the others pass beside it.
    """
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, item.path.name != SOAK))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    # The same engine without windows of its own, which cost four times as much for each page.
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium-headless-shell")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    return {"executable_path": path, "args": arguments}


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: tests name the service that they talk to. (The plugin's own fixture warns under pytest 9.2.)"""


@pytest.fixture(scope="session")
def built_page() -> None:
    if not (DIST / "index.html").is_file():
        pytest.fail("the page has not been built: npm --prefix web ci && npm --prefix web run build")


@contextmanager
def _services(
    new_migrated: Callable[[], str], free_port: Callable[[], int], folders: pytest.TempPathFactory
) -> Iterator[Callable[..., Service]]:
    """Starts services, each with a database of its own where the test names none, and ends them."""
    started: list[Service] = []

    def start(site: str, **variables: str) -> Service:
        folder, port = folders.mktemp("service"), free_port()
        (folder / "sites").mkdir()
        if site:
            (folder / "sites/plant.yaml").write_text(site, encoding="utf-8")
        defaults = {
            "PARKWATT_PORT": str(port),
            "PARKWATT_CONFIG_DIR": str(folder),
            "PARKWATT_DATA_DIR": str(folder / "data"),
            "PARKWATT_DATABASE_URL": new_migrated(),
        }
        service = Service(f"http://127.0.0.1:{port}", defaults | variables, folder / "log")
        started.append(service)
        service.start()
        return service

    yield start
    for service in started:
        service.end()
    for service in started:
        service.stop()


@pytest.fixture(scope="session")
def serve_for_all(
    new_migrated: Callable[[], str],
    free_port: Callable[[], int],
    tmp_path_factory: pytest.TempPathFactory,
    built_page: None,
) -> Iterator[Callable[..., Service]]:
    """Starts services that stay until the session ends."""
    del built_page
    with _services(new_migrated, free_port, tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def serve_for_file(
    new_migrated: Callable[[], str],
    free_port: Callable[[], int],
    tmp_path_factory: pytest.TempPathFactory,
    built_page: None,
) -> Iterator[Callable[..., Service]]:
    """Starts services that stay until the file's last test."""
    del built_page
    with _services(new_migrated, free_port, tmp_path_factory) as start:
        yield start


@pytest.fixture
def serve(
    new_migrated: Callable[[], str],
    free_port: Callable[[], int],
    tmp_path_factory: pytest.TempPathFactory,
    built_page: None,
) -> Iterator[Callable[..., Service]]:
    """Starts services that end with the test."""
    del built_page
    with _services(new_migrated, free_port, tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def registers() -> Iterator[Registers]:
    bank = Registers()
    for unit, power in ((1, 240_000.0), (2, 90_000.0)):
        bank.put(unit, POWER, power)
        bank.put(unit, IMPORT, 1000.0 * unit)
    yield bank
    bank.stop()


@pytest.fixture(scope="session")
def site(registers: Registers) -> str:
    return SITE.format(modbus_port=registers.port)


@pytest.fixture(scope="session")
def url(serve_for_all: Callable[..., Service], site: str) -> str:
    """The page of a service that reads both meters."""
    return serve_for_all(site).url


@pytest.fixture(scope="session")
def put(registers: Registers) -> Callable[[int, int, float], None]:
    """Changes a value behind a unit."""
    return registers.put


@pytest.fixture(scope="session")
def silent(registers: Registers) -> set[int]:
    """Units that do not answer."""
    return registers.silent


PRICED = """
code: works
name: {en: Weir works, zh: 堰口工厂}
zone: Asia/Shanghai
region: CN-GD
billing:
  tariff: demo-park
  valley_share: 0.5
  contracts:
    - since: 2020-01-01
      demand: {basis: contract, contract_kw: 90, price: "30.00", source: invented for this test}
      power_factor: {standard: "0.90"}
areas:
  - {code: works, kind: park, name: {en: Weir works, zh: 堰口工厂}}
  - {code: E1, kind: enterprise, parent: works, name: {en: "Casting <b>hall</b>", zh: 铸造厂}}
  - {code: E2, kind: enterprise, parent: works, name: {en: Cold store, zh: 冷库}}
sources: [{kind: push, code: scada}]
meters:
  - {code: P-0, name: {en: Incomer, zh: 进线}, area: works, source: scada, role: boundary}
  - {code: P-1, name: {en: Casting, zh: 铸造}, area: E1, source: scada, role: boundary, parent: P-0}
  - {code: P-2, name: {en: Cold, zh: 制冷}, area: E2, source: scada, role: boundary, parent: P-0}
"""
LOADS_KW = {"P-0": 100.0, "P-1": 60.0, "P-2": 40.0}
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Priced:
    """A park with two days of steady load until now, and three in the last whole month before them."""

    url: str
    month: str
    day: date
    """The last one that was whole, on whichever the tests end."""

    def get(self, path: str, **query: str) -> Any:
        return httpx.get(f"{self.url}/api/v1{path}", params=query, timeout=60).json()


@pytest.fixture(scope="session")
def priced(serve_for_all: Callable[..., Service]) -> Priced:
    service, now = serve_for_all(PRICED), datetime.now(ZoneInfo("Asia/Shanghai"))
    running = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
    before = (running.replace(day=1, hour=0) - timedelta(days=1)).replace(day=8)
    times = [before + n * QUARTER for n in range(3 * 96 + 1)]
    times += [running + n * QUARTER for n in range((now - running) // QUARTER + 1)]
    gap = 3 * 96
    for meter, kw in LOADS_KW.items():
        kwh = [kw / 4 * (n if n <= gap else n - 1) for n in range(len(times))]
        body = {"meter": meter, "time": [at.isoformat() for at in times]} | {
            "energy_import": kwh,
            "reactive_import": [value / 3 for value in kwh],
            "active_power": [kw] * len(times),
        }
        posted = httpx.post(f"{service.url}/api/v1/readings?source=scada", json=body, timeout=120)
        assert posted.status_code == 200, posted.text
    park = Priced(service.url, f"{before:%Y-%m}", now.date() - timedelta(days=1))
    _until(lambda: not any(stage["meters"] for stage in park.get("/settlement")["stages"]))
    assert park.get("/bills", month=park.month)["park"]["kwh"] == 3 * 24 * 100
    return park


def _until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 180
    while not met():
        assert time.monotonic() < deadline, "the figures were not settled"
        time.sleep(0.2)


@pytest.fixture
def expected_noise() -> tuple[str, ...]:
    """What the browser may write to its console: nothing; tests that refuse or break requests say so."""
    return ()


@pytest.fixture
def page(
    context: BrowserContext, expected_noise: tuple[str, ...], serve: Callable[..., Service]
) -> Iterator[Page]:
    """A page whose console has to stay clean; it closes before its services end."""
    del serve
    context.set_default_timeout(60_000)
    opened, complaints = context.new_page(), list[str]()
    opened.on(
        "console",
        lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None,
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert [text for text in complaints if not text.startswith(expected_noise)] == []
