"""The document that the page's types are made of is what the routes are."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_page_is_built_against_the_routes_as_they_are() -> None:
    command = [sys.executable, str(ROOT / "web" / "contract.py"), "--check"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
