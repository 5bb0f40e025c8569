"""`parkwatt scan` as a technician types it, and what it may send."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ingest.device import Device, Table
from telemetry.cli import app
from telemetry.settings.library import Library

LIBRARY = Path(__file__).parents[2] / "config"
Memory = dict[tuple[int, int], int]


def memory(device: Device, zeros: range) -> Memory:
    """The first example of a template among registers that are there and hold 0, by function code."""
    image = {(code, at): 0 for code in (3, 4) for at in zeros}
    for table, parts in device.examples[0].words.items():
        for start, text in parts.items():
            for n in range(len(text) // 4):
                image[table.function_code, start + n] = int(text[4 * n : 4 * n + 4], 16)
    return image


class Gateway:
    """Units with a memory each; what is not there is refused, who is not there is silent."""

    def __init__(self, units: dict[int, Memory]) -> None:
        self.units = units
        self.codes: set[int] = set()
        self.port = 0

    def answer(self, unit: int, request: bytes) -> bytes:
        code, start, count = struct.unpack(">BHH", request)
        self.codes.add(code)
        if unit not in self.units:
            return b""
        words = [self.units[unit].get((code, at)) for at in range(start, start + count)]
        if any(word is None for word in words):
            return bytes([code | 0x80, 2])
        return struct.pack(f">BB{count}H", code, 2 * count, *words)


Play = Callable[[dict[int, Memory]], Gateway]


@pytest.fixture
def playing(gateway: Callable[[Callable[[int, bytes], bytes]], int]) -> Play:
    def start(units: dict[int, Memory]) -> Gateway:
        played = Gateway(units)
        played.port = gateway(played.answer)
        return played

    return start


@pytest.fixture(scope="module")
def devices(library: Library) -> dict[str, Device]:
    found = library.devices
    return {code: device for code, device in found.items() if isinstance(device, Device)}


def scan(gateway: Gateway, *options: str, stdin: str = "") -> Result:
    command = ["scan", "127.0.0.1", "--port", str(gateway.port), "--timeout", "2", "--rate", "1000"]
    return CliRunner().invoke(app, [*command, *options], input=stdin)


def test_it_finds_who_answers_and_what_fits(
    playing: Play,
    devices: dict[str, Device],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(LIBRARY))
    sunspec = memory(devices["sunspec-203"], range(0))
    for n, word in enumerate([0x5375, 0x6E53, 1, 65]):
        sunspec[3, 40000 + n] = word
    sunspec.update({(3, at): sunspec.get((3, at), 0) for at in range(40004, 40176)})
    sunspec.update({(3, 40176): 0xFFFF, (3, 40177): 0})
    iem = memory(devices["schneider-iem3000"], range(2990, 3300))
    gateway = playing({3: iem, 4: sunspec, 6: {(3, 0): 1234}})
    result = scan(gateway, "--units", "2-4,6", "--yes")
    assert result.exit_code == 0, result.output
    assert "3 of 4 unit ids" in result.output
    parts = dict(part.split("\n", 1) for part in result.output.split("\nunit ")[1:])
    assert sorted(parts) == ["3", "4", "6"]
    assert "SunSpec models: 1 at 40002, 203 at 40069" in parts["4"]
    assert "device: sunspec-203, address: 4" in parts["4"]
    assert "fits schneider-iem3000" in parts["3"]
    assert "no template fits" in parts["6"]
    assert gateway.codes <= {1, 2, 3, 4}


def test_it_asks_first(playing: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(LIBRARY))
    gateway = playing({})
    result = scan(gateway, "--units", "7", stdin="n\n")
    assert result.exit_code == 1
    assert "none writes" in result.output
    assert gateway.codes == set()


@pytest.mark.parametrize("units", ["", "x", "5-1", "0-248", "1;2"])
def test_what_is_no_list_of_unit_ids_is_refused(units: str) -> None:
    result = CliRunner().invoke(app, ["scan", "127.0.0.1", "--units", units, "--yes"])
    assert result.exit_code == 2


def test_between_equals_it_does_not_guess(
    playing: Play,
    devices: dict[str, Device],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Eastron's three-phase meters show the same registers."""
    monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(LIBRARY))
    gateway = playing({1: memory(devices["eastron-sdm630"], range(0x200))})
    result = scan(gateway, "--units", "1", "--yes")
    assert "fits eastron-sdm630" in result.output
    assert "look at its type plate" in result.output
    assert Table.INPUT.function_code in gateway.codes
