import os
from pathlib import Path

import pytest

from telemetry.settings.watch import Watch, watched


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("sites", "devices", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "sites/plant.yaml").write_text("code: plant")
    return tmp_path


def test_nothing_is_told_while_nothing_changes(folder: Path) -> None:
    watch = Watch(folder)
    assert [watch.settled() for _ in range(3)] == [False, False, False]


def test_a_change_is_told_once_and_only_at_rest(folder: Path) -> None:
    watch, file = Watch(folder), folder / "sites/plant.yaml"
    for length in range(1, 4):
        file.write_text("code: plant, half" * length)
        assert not watch.settled()
    assert [watch.settled() for _ in range(3)] == [True, False, False]


def test_a_file_exchanged_by_renaming_is_a_change(folder: Path) -> None:
    watch, file = Watch(folder), folder / "sites/plant.yaml"
    stat = file.stat()
    (folder / "new").write_text("code: plans")
    os.utime(folder / "new", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (folder / "new").replace(file)
    assert [watch.settled() for _ in range(2)] == [False, True]


@pytest.mark.parametrize("name", ["devices/new.yaml", "influx.yaml", "sites/plant.yaml"])
def test_files_that_come_or_go_are_a_change(folder: Path, name: str) -> None:
    watch, file = Watch(folder), folder / name
    if file.exists():
        file.unlink()
    else:
        file.write_text("{}")
    assert [watch.settled() for _ in range(2)] == [False, True]


@pytest.mark.parametrize("name", ["data/pg.yaml", "sites/.plant.yaml.swp", "README.md"])
def test_what_is_no_configuration_is_not_looked_at(folder: Path, name: str) -> None:
    watch = Watch(folder)
    (folder / name).write_text("{}")
    assert not any(watch.settled() for _ in range(3))


def test_what_changes_while_the_files_are_read_or_before_they_are_watched_is_told(folder: Path) -> None:
    """The database is waited for in between, and somebody may be writing the site file just then."""
    file = folder / "sites/plant.yaml"

    def load() -> str:
        found = file.read_text()
        file.write_text("code: plant-2")
        return found

    found, watch = watched(folder, load)
    assert found == "code: plant"
    assert watch is not None
    assert [watch.settled() for _ in range(3)] == [False, True, False]
    assert watched(None, bool) == (False, None)
