"""`parkwatt migrate` and its plan."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from telemetry.cli import app
from telemetry.storage.migrate import migrations, pending

pytestmark = pytest.mark.database

ALL = [name for name, _ in migrations().values()]


def _said(*words: str, **variables: str) -> list[str]:
    result = CliRunner().invoke(app, ["migrate", *words], env=variables, catch_exceptions=False)
    assert result.exit_code == 0
    return [line.strip() for line in result.output.splitlines()]


def test_the_plan_names_what_is_pending_and_changes_nothing(empty_url: str) -> None:
    assert _said("--plan", PARKWATT_DATABASE_URL=empty_url) == ["Pending:", *ALL]
    assert pending(empty_url) == ALL


def test_migrate_applies_it_once(empty_url: str) -> None:
    assert _said(PARKWATT_DATABASE_URL=empty_url) == ["Applied:", *ALL]
    assert _said(PARKWATT_DATABASE_URL=empty_url) == ["The database is up to date."]
    assert _said("--plan", PARKWATT_DATABASE_URL=empty_url) == ["The database is up to date."]


def test_a_plan_makes_no_embedded_database(tmp_path: Path) -> None:
    place = tmp_path / "data"
    assert _said("--plan", PARKWATT_DATABASE_URL="", PARKWATT_DATA_DIR=str(place)) == ["Pending:", *ALL]
    assert not place.exists()


def test_the_embedded_database_is_brought_up_to_date(tmp_path: Path) -> None:
    variables = {"PARKWATT_DATABASE_URL": "", "PARKWATT_DATA_DIR": str(tmp_path / "data")}
    assert _said(**variables) == ["Applied:", *ALL]
    assert _said("--plan", **variables) == ["The database is up to date."]
