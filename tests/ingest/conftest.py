import asyncio
import selectors
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.device import Device
from ingest.json_device import JsonDevice
from ingest.kinds import read_template

LIBRARY = Path(__file__).parents[2] / "config" / "devices"
_HEAD = {"code": "t", "name": {"en": "T", "zh": "T"}, "source": "a test"}
_MOMENT_S = 0.004
_TICK_S = 1e-6


class _Selector(selectors.DefaultSelector):
    """When nothing comes for a moment, nothing will until the next timer: its time is now."""

    now = 0.0
    awaited = 0
    """Answers of other processes: while one is missing, the clock stands."""

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(timeout and min(timeout, _MOMENT_S))
        if timeout and not events and not self.awaited:
            self.now += timeout + _TICK_S
        return events


class PatientLoop(asyncio.SelectorEventLoop):
    """Its clock moves only while everybody waits: silence costs no time, and no machine is too slow."""

    def __init__(self) -> None:
        self.clock = _Selector()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


@pytest.fixture
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops are patient, except where the pseudo-terminals of another process are the line."""
    if "wire" not in request.fixturenames:
        monkeypatch.setattr("asyncio.events.new_event_loop", PatientLoop)
        for module in (
            "polling",
            "collectors.half_duplex.line",
            "collectors.modbus.line",
            "collectors.modbus.rtu",
        ):
            monkeypatch.setattr(f"ingest.{module}.monotonic", _now)


def _now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture(scope="session")
def shipped() -> Callable[[str], Device | JsonDevice]:
    """A template of config/devices by its code."""
    return lambda code: read_template(yaml.safe_load((LIBRARY / f"{code}.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def modbus() -> Callable[..., Device]:
    """A Modbus template from its registers."""

    def build(*registers: dict[str, Any], **rest: Any) -> Device:
        device = read_template({**_HEAD, "protocol": "modbus", "registers": list(registers), **rest})
        assert isinstance(device, Device)
        return device

    return build


@pytest.fixture(scope="session")
def mqtt() -> Callable[..., JsonDevice]:
    """A JSON template from its values."""

    def build(*values: dict[str, Any], **rest: Any) -> JsonDevice:
        device = read_template({**_HEAD, "protocol": "mqtt", "values": list(values), **rest})
        assert isinstance(device, JsonDevice)
        return device

    return build
