from collections.abc import Callable
from typing import Any

import pytest

from ingest.collectors.sparkplug.template import SparkplugDevice
from ingest.kinds import read_template

_HEAD = {"code": "t", "name": {"en": "T", "zh": "T"}, "source": "a test", "protocol": "sparkplug"}


@pytest.fixture(scope="session")
def sparkplug() -> Callable[..., SparkplugDevice]:
    """A template from its values."""

    def build(*values: dict[str, Any]) -> SparkplugDevice:
        device = read_template({**_HEAD, "values": list(values)})
        assert isinstance(device, SparkplugDevice)
        return device

    return build
