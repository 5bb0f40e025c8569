"""A service that does not answer is never taken for one that knows of no weakness."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "ci" / "advisories.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("advisories", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["advisories"] = module
    spec.loader.exec_module(module)
    return module


SOUND = {"name": "numpy", "version": "2.3.0", "vulns": []}
WEAK = {"name": "yaml", "version": "1", "vulns": [{"id": "PYSEC-1"}]}
SKIPPED = {"name": "httpx", "skip_reason": "Dependency not found"}
TOTAL = {"metadata": {"dependencies": {"total": 12}}}


@pytest.mark.parametrize(
    ("found", "code"),
    [([SOUND], 0), ([SOUND, WEAK], 1), ([SOUND, SKIPPED], 2), ([WEAK, SKIPPED], 1), ([SKIPPED], 2), ([], 2)],
)
def test_python(script: ModuleType, found: list[object], code: int) -> None:
    told = script.of_python("constraints.txt", json.dumps({"dependencies": found}), "")
    assert script.verdict([told]) == code
    assert told.asked == sum("vulns" in each for each in [dict(one) for one in found])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("output", "code"),
    [
        (json.dumps(TOTAL | {"vulnerabilities": {}}), 0),
        (json.dumps(TOTAL | {"vulnerabilities": {"left-pad": {"severity": "high"}}}), 1),
        (json.dumps({"error": {"summary": ""}}), 2),
        ("", 2),
        ("<html>", 2),
    ],
)
def test_node(script: ModuleType, output: str, code: int) -> None:
    told = script.of_node("web", output, "npm error audit endpoint returned an error\n\n")
    assert script.verdict([told]) == code
    assert told.silent == ("npm error audit endpoint returned an error" if code == script.NOT_ASKED else "")


def test_a_command_that_failed_is_no_answer(script: ModuleType) -> None:
    assert (
        script.verdict([script.of_python("constraints.txt", "", "NameResolutionError")]) == script.NOT_ASKED
    )
