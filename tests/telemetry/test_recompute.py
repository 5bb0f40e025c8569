"""`parkwatt recompute`, as a person at a terminal."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from telemetry.cli import app
from telemetry.storage.embedded import MAJOR


def _said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setenv("PARKWATT_DATA_DIR", str(folder))
    monkeypatch.delenv("PARKWATT_DATABASE_URL", raising=False)
    done = CliRunner().invoke(app, ["recompute", "--period", "2026-05"], env={"COLUMNS": "200"})
    return done.exit_code, done.output


def test_a_folder_without_a_database_is_said_and_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, told = _said(tmp_path, monkeypatch)
    assert (code, f"There is no database in {tmp_path}" in told) == (1, True)
    assert list(tmp_path.iterdir()) == []
    assert _said(tmp_path / "missing", monkeypatch)[0] == 1
    assert not (tmp_path / "missing").exists()


def test_the_folder_of_the_demo_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "demo" / "postgres" / MAJOR).mkdir(parents=True)
    assert f"the demo park's is {tmp_path / 'demo'}" in _said(tmp_path, monkeypatch)[1]
