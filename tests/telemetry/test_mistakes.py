"""How a mistake of the configuration is told on the terminal."""

import os
import subprocess
import sys
from pathlib import Path


def test_a_mistake_is_told_as_file_key_and_reason(tmp_path: Path) -> None:
    environment = {**os.environ, "PARKWATT_CONFIG_DIR": str(tmp_path), "PARKWATT_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "telemetry.cli", "collect", "--to", "http://127.0.0.1:1"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.splitlines() == [
        "The configuration has mistakes; nothing was started:",
        "  sites/: sources: no source is marked with the edge that reads it",
    ]
