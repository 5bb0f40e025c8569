"""`parkwatt factors`, as a person at a terminal."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from telemetry.cli import app
from telemetry.settings.editions import take_in
from telemetry.settings.mistakes import ConfigError

SET = "code: {code}\npublisher: Ourselves\ntitle: Measured 2025\nedition: own-2025\n{source}"
HEADER = (
    "id,item,value,unit_numerator,unit_denominator,gas,scope,region,year,valid_from,valid_to,purpose,"
    "name_en,name_zh,verified\n"
)
STEAM = "own.steam,heat,{value},kgCO2,{per},CO2,2,{region},,,,scope2_heat,Steam,蒸汽,VERIFIED\n"


def offer(
    folder: Path,
    code: str = "own",
    source: str = "source: a report\n",
    value: str = "90",
    region: str = "XX",
    per: str = "GJ",
) -> Path:
    home = folder / "offered"
    home.mkdir()
    (home / "set.yaml").write_text(SET.format(code=code, source=source), encoding="utf-8")
    (home / "factors.csv").write_text(
        HEADER + STEAM.format(value=value, region=region, per=per), encoding="utf-8"
    )
    return home


@pytest.fixture
def park(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "park"
    folder.mkdir()
    monkeypatch.setenv("PARKWATT_CONFIG_DIR", str(folder))
    return folder


def said(*words: str) -> str:
    done = CliRunner().invoke(app, ["factors", *words], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


def test_check_lists_every_set() -> None:
    rows = {line.split()[0]: line.split()[1:4] for line in said("check").splitlines()[1:]}
    assert rows["cn-mee-2023"] == ["mee-2023", "2025-12-31", "40"]
    assert rows["ipcc-2006"][:2] == ["ipcc2006", "no"]
    assert len(rows) == 22


def test_diff_prints_what_a_publication_changed() -> None:
    lines = said("diff", "cn-mee-2022", "cn-mee-2023").splitlines()
    (south,) = [line for line in lines if "CN-SOUTH " in line and "scope2_location" in line]
    assert south.split()[-6:] == ["0.3869", "kgCO2", "0.4042", "kgCO2", "+4.5", "%"]
    assert said("diff", "cn-mee-2023", "cn-mee-2023") == "Both say the same.\n"


def test_a_set_comes_in_whole_and_is_listed(park: Path, tmp_path: Path) -> None:
    folder = offer(tmp_path)
    assert "Nothing was written." in said("import", str(folder), "--dry-run")
    assert not (park / "factors").exists()
    assert "own: 1 factors of Measured 2025" in said("import", str(folder))
    assert (park / "factors" / "own" / "factors.csv").read_bytes() == (folder / "factors.csv").read_bytes()
    assert [line for line in said("check").splitlines() if line.startswith("own ")]
    assert [path.name for path in (park / "factors").iterdir()] == ["own"]


@pytest.mark.parametrize(
    ("faulty", "reason"),
    [
        ({"source": ""}, "source"),
        ({"source": "source: ' '\n"}, "source is empty"),
        ({"region": "CN"}, "'own.steam'"),
        ({"value": "much"}, "line 2: value 'much' is not a number"),
        ({"per": "furlong"}, r"factors\.csv.*own\.steam.*unit_denominator 'furlong' is none that"),
        ({"code": "cn-mee-2023"}, "a new edition has its own code"),
    ],
)
def test_what_contradicts_itself_or_the_library_is_refused(
    park: Path, tmp_path: Path, faulty: dict[str, str], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        take_in(offer(tmp_path, **faulty), park, dry_run=False)
    assert list(park.iterdir()) == []


def test_an_edition_that_overlaps_the_one_that_stands_is_refused_by_both_names(
    park: Path, tmp_path: Path
) -> None:
    folder = offer(tmp_path)
    row = "own.{n},electricity,0.4,kgCO2,kWh,CO2,2,XX,,{first},{last},scope2_location,Grid,电网,VERIFIED\n"
    years = (
        row.format(n=1, first="2025-01-01", last="2025-12-31"),
        row.format(n=2, first="2025-12-31", last=""),
    )
    (folder / "factors.csv").write_text(HEADER + "".join(years), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'own\.1' and 'own\.2' both answer"):
        take_in(folder, park, dry_run=False)
    assert list(park.iterdir()) == []


def test_a_folder_without_a_set_and_a_park_without_a_folder(park: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ConfigError, match=r"set\.yaml"):
        take_in(empty, park, dry_run=True)
    with pytest.raises(ConfigError, match="PARKWATT_CONFIG_DIR"):
        take_in(offer(tmp_path), None, dry_run=True)


def test_a_name_that_no_set_has() -> None:
    done = CliRunner().invoke(app, ["factors", "diff", "cn-mee-2022", "cn-mee-2032"])
    assert "there is no factor set 'cn-mee-2032'; there are: cn-ets-2015" in str(done.exception)
