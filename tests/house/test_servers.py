"""A test that needs a server never goes missing in silence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CASES = """
import pytest

@pytest.mark.broker
def test_needs_a_broker():
    pytest.skip("no broker on this machine")

@pytest.mark.database
def test_of_another_server():
    pytest.skip("does not apply: this server has no hypertables")

def test_of_something_else():
    pytest.skip("not a matter of servers")
"""


@pytest.mark.parametrize(
    ("processes", "required", "outcome", "named"),
    [
        ("0", "", "3 skipped", ": no broker on this machine"),
        ("2", "", "3 skipped", ": no broker on this machine"),
        (
            "2",
            "1",
            "1 failed, 2 skipped",
            " was skipped, and PARKWATT_REQUIRE_SERVERS=1 wants it run: no broker",
        ),
    ],
)
def test_a_skip_for_want_of_a_server_is_named_and_fails_where_servers_are_required(
    processes: str, required: str, outcome: str, named: str, tmp_path: Path
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  broker:\n  database:\n")
    (tmp_path / "test_cases.py").write_text(CASES)
    options = ["-p", "conftest", "-p", "xdist", "-p", "no:cacheprovider", "--numprocesses", processes]
    command = [sys.executable, "-m", "pytest", *options, str(tmp_path)]
    variables = {"PARKWATT_REQUIRE_SERVERS": required, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment = {**os.environ, "PYTHONPATH": str(TESTS), **variables}
    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert outcome in run.stdout
    assert f"test_needs_a_broker{named}" in run.stdout
    assert "test_of_another_server:" not in run.stdout.split("left out")[-1].split("short test summary")[0]


GIVEN = "import json, conftest; print(json.dumps([conftest.unused_port() for _ in range(300)]))"


def test_no_port_is_given_twice_by_whichever_processes_tests_run_in() -> None:
    ports = list[int]()
    for process in ("gw0", "gw1"):
        share = {"PYTEST_XDIST_WORKER": process, "PYTEST_XDIST_WORKER_COUNT": "2"}
        environment = {**os.environ, "PYTHONPATH": str(TESTS), **share}
        ports += json.loads(subprocess.check_output([sys.executable, "-c", GIVEN], env=environment))
    assert len(ports) == len(set(ports)) == 600
