"""A service that is asked to stop keeps what its collectors have read."""

import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event
from typing import Any

import psycopg
import pytest
from pyModbusTCP.server import DataBank, ModbusServer  # type: ignore[import-untyped]

pytestmark = pytest.mark.database
ENDS = 3
IMPORT = 0x0048
SITE = """
code: plant
name: {{en: Riverside works, zh: 河畔工厂}}
zone: Asia/Shanghai
region: CN-GD
areas: [{{code: plant, kind: park, name: {{en: Riverside works, zh: 河畔工厂}}}}]
sources: [{{kind: modbus, code: line-1, host: 127.0.0.1, port: {port}, poll_s: 0.02}}]
meters:
  - code: M-1
    name: {{en: Incomer, zh: 进线}}
    area: plant
    source: line-1
    device: eastron-sdm630
    address: 1
"""


class Counter(DataBank):  # type: ignore[misc]  # pyModbusTCP has no types
    """One that goes up with every read."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = 0
        self.read = Event()

    def get_input_registers(self, address: int, number: int = 1, srv_info: Any = None) -> list[int]:
        del srv_info
        words = [0] * number
        if address <= IMPORT < address + number:
            self.shown += 1
            at = IMPORT - address
            words[at : at + 2] = struct.unpack(">HH", struct.pack(">f", self.shown))
            self.read.set()
        return words


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def port(counter: Counter, free_port: Callable[[], int]) -> Iterator[int]:
    server = ModbusServer("127.0.0.1", free_port(), no_block=True, data_bank=counter)
    server.start()
    yield server.port
    server.stop()


def test_what_was_read_before_the_end_is_kept(serve: Callable[..., Any], counter: Counter, port: int) -> None:
    service = serve(SITE.format(port=port))
    for end in range(ENDS):
        if end:
            service.start()
        counter.read.clear()
        assert counter.read.wait(60)
        service.stop()
        # the very last may have been on its way when the line was left
        assert kept(service.variables["PARKWATT_DATABASE_URL"]) >= counter.shown - 1


def kept(url: str) -> float:
    with closing(psycopg.connect(url)) as conn:
        row = conn.execute("select max(energy_import) from reading").fetchone()
    assert row is not None
    return float(row[0])
