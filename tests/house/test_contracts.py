"""The gates stand, and fall when something is broken on purpose."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BREACHES = {
    "upwards": ("ingest/batch.py", "import telemetry.model\n"),
    "accounting needs pydantic": ("accounting/units.py", "import pydantic\n"),
    "psycopg outside storage": ("telemetry/reports/__init__.py", "import psycopg\n"),
    "pymodbus outside the collectors": ("ingest/plan.py", "import pymodbus\n"),
    "web framework in jobs": ("telemetry/jobs/__init__.py", "import fastapi\n"),
    "storage knows settings": ("telemetry/storage/__init__.py", "import telemetry.settings.environment\n"),
    "a room nobody planned": ("telemetry/utils.py", '"""Odds and ends."""\n'),
    "a circle": ("accounting/errors.py", "import accounting.units\n"),
}


def test_every_module_of_ingest_is_kept_from_the_wire() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    wire = next(c for c in contracts["contracts"] if "pymodbus" in c.get("forbidden_modules", ()))
    modules = {f"ingest.{path.stem}" for path in (ROOT / "src" / "ingest").glob("*.py")} - {"ingest.__init__"}
    assert modules - set(wire["source_modules"]) == set()


def run(tool: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(tool)
    return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("dist", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(folder / "src"), "PATH": str(Path(sys.executable).parent)}
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_contracts_hold(copy: Path) -> None:
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_fails_the_build(copy: Path, breach: str) -> None:
    name, line = BREACHES[breach]
    file = copy / "src" / name
    before = file.read_text() if file.exists() else ""
    file.write_text(before + line)
    done = lint_imports(copy)
    assert done.returncode != 0
    assert "BROKEN" in done.stdout or "Missing layer" in done.stdout or "not listed" in done.stdout.lower()


def test_ruff_refuses_a_wrong_file(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "wrong.py").write_text("import os\n")
    assert run("ruff", "check", "--no-cache", ".", folder=tmp_path).returncode == 1


def test_mypy_refuses_an_untyped_function(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "wrong.py").write_text('"""Wrong."""\n\n\ndef half(value):\n    return value / 2\n')
    assert run("mypy", "wrong.py", folder=tmp_path).returncode == 1


def test_a_warning_fails_a_test(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "test_warn.py").write_text("import warnings\n\n\ndef test_it():\n    warnings.warn('old')\n")
    assert run("pytest", "-q", "test_warn.py", "-p", "no:cacheprovider", folder=tmp_path).returncode == 1
