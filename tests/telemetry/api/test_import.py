"""`parkwatt import` against a running service: every row once, whatever happens on the way."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from ingest.errors import SourceError
from ingest.files.mapping import FileMapping
from telemetry.cli import app
from telemetry.edge.link import Link
from telemetry.edge.upload import Upload
from telemetry.model import Site
from telemetry.settings.mistakes import ConfigError

pytestmark = pytest.mark.database
MAPPING: dict[str, Any] = {
    "time": {"column": "Time", "format": "%Y-%m-%d %H:%M"},
    "meter": "M",
    "columns": [{"column": "kWh", "quantity": "energy_import", "unit": "kWh"}],
    "shows": "counters",
    "zone": "Asia/Shanghai",
}
DAY = {"from": "2026-03-01", "to": "2026-03-02"}


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    sources = [{"kind": "push", "code": "scada"}]
    return make_site({"code": "M", "area": "hall", "source": "scada"}, sources=sources)


@pytest.fixture
def service(start: Callable[..., Any], site: Site) -> Any:
    return start(site)


@pytest.fixture
def folder(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A park's configuration and data, and a day of quarter hours of 1 kWh each."""
    (tmp_path / "config" / "sites").mkdir(parents=True)
    document = json.loads(site.model_dump_json(by_alias=True, exclude_none=True, serialize_as_any=True))
    (tmp_path / "config" / "sites" / "plant.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PARKWATT_DATA_DIR", str(tmp_path / "data"))
    clocks = [f"2026-03-01 {n // 4:02d}:{n % 4 * 15:02d},{100 + n}" for n in range(96)]
    lines = ["Time,kWh", *clocks, "2026-03-01 24:00,196", "2026-03-02 00:15,none"]
    (tmp_path / "file.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def written(folder: Path, **changes: Any) -> list[str]:
    (folder / "map.yaml").write_text(yaml.safe_dump({**MAPPING, **changes}), encoding="utf-8")
    return ["import", str(folder / "file.csv"), "--mapping", str(folder / "map.yaml")]


def said(*words: str) -> str:
    done = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def test_a_day_comes_in_and_settles(folder: Path, service: Any, address: str) -> None:
    words = written(folder)
    assert "Nothing was posted." in said(*words, "--dry-run")
    assert service.get("/readings", meter="M", **DAY)["times"] == []
    text = said(*words, "--to", address)
    assert "97 rows, from 2026-03-01T00:00:00+08:00 to 2026-03-02T00:00:00+08:00" in text
    assert "97 new, 0 stood already, 0 contradict what stands" in text
    assert "1 values or rows could not be used" in text
    assert (folder / "file.csv.rejected.csv").read_text().splitlines() == ["99,M,kWh,none,not a number"]
    service.settle()
    [series] = service.get("/energy", **DAY, step="day", by="meter")["series"]
    assert series["values"] == [96.0]
    assert "0 new, 97 stood already" in said(*words, "--to", address)


def test_amounts_stamped_at_the_start_are_moved_to_the_meters_end(
    folder: Path,
    service: Any,
    address: str,
) -> None:
    (folder / "file.csv").write_text("Time,kWh\n2026-03-01 08:00,4\n2026-03-01 08:15,8\n", encoding="utf-8")
    said(*written(folder, shows="amounts", stamp="start"), "--to", address)
    service.settle()
    hours = {"from": "2026-03-01T08:00:00+08:00", "to": "2026-03-01T08:30:00+08:00"}
    [series] = service.get("/energy", **hours, step="15min", by="meter")["series"]
    assert series["values"] == [4.0, 8.0]


class _Breaking:
    """A link that breaks after some posts, as a killed process would."""

    def __init__(self, link: Link, posts: int) -> None:
        self._link = link
        self._left = posts

    def post(self, path: str, body: object, **query: str) -> Any:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return self._link.post(path, body, **query)


def test_what_was_begun_is_gone_on_with(
    folder: Path,
    service: Any,
    site: Site,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("telemetry.edge.upload.ROWS", 20)
    link, mapping = Link.to(address, None, None), FileMapping.model_validate(MAPPING)
    first = Upload(folder / "file.csv", mapping, site.meters, folder / "data")
    with pytest.raises(KeyboardInterrupt):
        first.run(_Breaking(link, 2), lambda _line, _waits: None)  # type: ignore[arg-type]  # stands in for a link
    second, seen = Upload(folder / "file.csv", mapping, site.meters, folder / "data"), []
    assert second.begun == 41
    second.run(link, lambda line, _waits: seen.append(line))
    assert seen[0] == 61
    assert (first.tally.accepted, second.tally.accepted, second.tally.duplicate) == (40, 57, 0)
    assert second.begun == 0
    assert len(service.get("/readings", meter="M", **{**DAY, "to": "2026-03-03"}, step="raw")["times"]) == 97
    link.close()


@pytest.mark.usefixtures("service")
def test_intervals_of_another_length_are_refused(folder: Path, site: Site) -> None:
    (folder / "file.csv").write_text("Time,kWh\n2026-03-01 08:00,4\n2026-03-01 08:05,8\n", encoding="utf-8")
    mapping = FileMapping.model_validate({**MAPPING, "shows": "amounts", "stamp": "end"})
    with pytest.raises(
        SourceError, match="M are 300 s apart, its intervals are 900 s long: set its interval_s"
    ):
        Upload(folder / "file.csv", mapping, site.meters, folder / "data").run(
            None, lambda _line, _waits: None
        )


@pytest.mark.usefixtures("service")
def test_without_a_terminal_what_is_open_is_named(folder: Path) -> None:
    done = CliRunner().invoke(app, written(folder, shows=None, zone=None))
    assert isinstance(done.exception, ConfigError)
    assert [mistake.key for mistake in done.exception.mistakes] == ["shows", "stamp", "zone"]


def test_at_a_terminal_it_is_asked(folder: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telemetry.cli.importing._at_a_terminal", lambda: True)
    words = [*written(folder, shows=None, zone=None), "--to", address]
    done = CliRunner().invoke(
        app, words, input="both\ncounters\nAsia/Dongguan\nAsia/Shanghai\n", env={"COLUMNS": "200"}
    )
    assert done.exit_code == 0, (done.output, done.exception)
    assert done.output.count("(counters), or what flowed") == 2
    assert "'Asia/Dongguan' is not a time zone" in done.output
    assert "97 new" in done.output


def test_rows_of_meters_that_the_site_lacks(folder: Path, address: str) -> None:
    text = said(*written(folder, meter="X"), "--to", address)
    assert "0 rows, none of them could be used" in text
    assert "no meter of the site has this code" in (folder / "file.csv.rejected.csv").read_text()


@pytest.mark.usefixtures("service")
def test_rows_that_the_service_refuses_altogether_are_told(folder: Path, site: Site, address: str) -> None:
    unknown = [site.meters[0].model_copy(update={"code": "X"})]
    mapping = FileMapping.model_validate({**MAPPING, "meter": "X"})
    link, upload = (
        Link.to(address, None, None),
        Upload(folder / "file.csv", mapping, unknown, folder / "data"),
    )
    upload.run(link, lambda _line, _waits: None)
    link.close()
    assert (upload.tally.accepted, upload.tally.refused, upload.begun) == (0, 98, 0)
    told = (folder / "file.csv.rejected.csv").read_text().splitlines()
    assert told[1].startswith("2,X,meter,X,no meter has this code")
