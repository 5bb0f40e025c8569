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


@pytest.fixture(scope="session")
def shipped() -> Callable[[str], Device | JsonDevice]:
    """A template of config/devices by its code."""
    return lambda code: read_template(yaml.safe_load((LIBRARY / f"{code}.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def modbus() -> Callable[..., Device]:
    """A Modbus template from its registers."""

    def build(*registers: dict[str, Any], **rest: Any) -> Device:  # noqa: ANN401
        device = read_template({**_HEAD, "protocol": "modbus", "registers": list(registers), **rest})
        assert isinstance(device, Device)
        return device

    return build


@pytest.fixture(scope="session")
def mqtt() -> Callable[..., JsonDevice]:
    """A JSON template from its values."""

    def build(*values: dict[str, Any], **rest: Any) -> JsonDevice:  # noqa: ANN401
        device = read_template({**_HEAD, "protocol": "mqtt", "values": list(values), **rest})
        assert isinstance(device, JsonDevice)
        return device

    return build
