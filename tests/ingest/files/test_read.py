"""Files as other programs write them, with their traps."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from pydantic import ValidationError

from ingest.errors import SourceError
from ingest.files.mapping import FileMapping
from ingest.files.read import FileReader, Read

NOW = 1_795_332_600.0
ENERGY = {"column": "kWh", "quantity": "energy_import", "unit": "kWh"}
BASE: dict[str, Any] = {
    "time": {"column": "Time", "format": "%Y-%m-%d %H:%M"},
    "meter": "M",
    "columns": [ENERGY],
    "shows": "counters",
    "zone": "Asia/Shanghai",
}


def mapping(**changes: Any) -> FileMapping:
    return FileMapping.model_validate({**BASE, **changes})


def read(folder: Path, text: str, **changes: Any) -> list[Read]:
    file = folder / "file.csv"
    file.write_text(text, encoding="utf-8")
    return list(FileReader(mapping(**changes), NOW).read(file))


def shown(found: list[Read], hours: int = 8) -> list[tuple[str, dict[str, float]]]:
    """Local times and values of what could be read."""
    start = datetime(1970, 1, 1, tzinfo=UTC)
    local = timedelta(hours=hours)
    return [
        ((start + timedelta(microseconds=one.time_us) + local).strftime("%m-%d %H:%M"), dict(one.values))
        for one in found
        if one.values
    ]


def complaints(found: list[Read]) -> list[tuple[int, str]]:
    return [(one.line, str(error)) for one in found for error in one.complaints]


def test_a_plain_export(tmp_path: Path) -> None:
    found = read(
        tmp_path, "Time,kWh,Note\n2026-03-01 08:00,10.5,x\n2026-03-01 08:15,-,\n2026-03-01 08:30,11,\n"
    )
    assert shown(found) == [
        ("03-01 08:00", {"energy_import": 10.5}),
        ("03-01 08:30", {"energy_import": 11.0}),
    ]
    assert complaints(found) == []


def test_a_continental_export_with_units_and_a_title(tmp_path: Path) -> None:
    text = "Lastgang 2026;;\nDatum;Zeit;Bezug MWh;P\n01.03.2026;08:15;1.234,5;2.000\n"
    columns = [
        {"column": "Bezug MWh", "quantity": "energy_import", "unit": "MWh"},
        {"column": "P", "quantity": "active_power", "unit": "W"},
    ]
    time = {"column": "Datum", "clock": "Zeit", "format": "%d.%m.%Y %H:%M"}
    marks = {"delimiter": ";", "decimal": ",", "thousands": ".", "skip": 1}
    found = read(tmp_path, text, columns=columns, time=time, **marks)
    assert shown(found) == [("03-01 08:15", {"energy_import": 1_234_500.0, "active_power": 2.0})]


def test_one_value_a_row_of_many_meters(tmp_path: Path) -> None:
    text = (
        "tag,what,Time,v\nINC,P,2026-03-01 08:00,5\nINC,E,2026-03-01 08:00,7\n"
        "B,U,2026-03-01 08:00,1\n,E,2026-03-01 08:00,1\n"
    )
    columns = [{**ENERGY, "column": "E"}, {"column": "P", "quantity": "active_power", "unit": "kW"}]
    changes = {
        "meter": None,
        "meter_column": "tag",
        "meters": {"INC": "incomer"},
        "quantity": "what",
        "value": "v",
    }
    found = read(tmp_path, text, columns=columns, **changes)
    assert [(one.meter, dict(one.values)) for one in found if one.values] == [
        ("incomer", {"active_power": 5.0}),
        ("incomer", {"energy_import": 7.0}),
    ]
    assert complaints(found) == [(5, "tag: no meter (got '')")]


def test_amounts_have_a_quantity_of_their_own(tmp_path: Path) -> None:
    found = read(tmp_path, "Time,kWh\n2026-03-01 08:00,10\n", shows="amounts", stamp="end")
    assert shown(found) == [("03-01 08:00", {"energy_import_amount": 10.0})]


@pytest.mark.parametrize("midnight", ["2026-03-01 24:00", "2026-03-02 00:00"])
def test_midnight_under_its_two_names(tmp_path: Path, midnight: str) -> None:
    found = read(tmp_path, f"Time,kWh\n2026-03-01 23:45,1\n{midnight},2\n")
    assert [clock for clock, _ in shown(found)] == ["03-01 23:45", "03-02 00:00"]


def test_midnight_that_bears_the_date_of_the_day_that_ends(tmp_path: Path) -> None:
    text = "Time,kWh\n2026-03-01 23:45,1\n2026-03-01 00:00,2\n2026-03-02 00:15,3\n"
    found = read(tmp_path, text, midnight_closes_day=True)
    assert [clock for clock, _ in shown(found)] == ["03-01 23:45", "03-02 00:00", "03-02 00:15"]


def test_the_hour_that_comes_twice_and_the_one_that_does_not_come(tmp_path: Path) -> None:
    autumn = [
        f"2025-10-26 {clock},{i}"
        for i, clock in enumerate(("01:30", "02:00", "02:30", "02:00", "02:30", "03:00"))
    ]
    found = read(tmp_path, "\n".join(["Time,kWh", *autumn, "2026-03-29 02:30,9"]), zone="Europe/Berlin")
    assert [clock[6:] for clock, _ in shown(found, hours=0)] == [
        "23:30",
        "00:00",
        "00:30",
        "01:00",
        "01:30",
        "02:00",
    ]
    assert complaints(found) == [
        (8, "Time: the clock of Europe/Berlin skips this time (got '2026-03-29 02:30')")
    ]


def test_what_cannot_be_read_is_told_by_its_line_and_costs_only_itself(tmp_path: Path) -> None:
    text = (
        "Time,kWh\n2026-03-01 08:00,ten\nyesterday,1\n2026-03-01 08:30,3\n"
        "2036-03-01 08:30,3\n1999-03-01 08:30,3\n2026-03-01 08:45,1e300\n,4\n"
    )
    found = read(tmp_path, text)
    assert shown(found) == [("03-01 08:30", {"energy_import": 3.0})]
    assert [line for line, _ in complaints(found)] == [2, 3, 5, 6, 7, 8]
    assert complaints(found)[0][1] == "kWh: not a number (got 'ten')"
    assert "not a time such as %Y-%m-%d %H:%M" in complaints(found)[1][1]


def test_excel_and_parquet_hold_the_same(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Load")
    moment = datetime(2026, 3, 1, 8, 15)  # noqa: DTZ001  # Excel knows no zones
    for row in (
        ["Report"],
        ["Time", "kWh"],
        [moment, 10.5],
        [None, None],
        [moment + timedelta(minutes=15), "n/a"],
    ):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    excel = mapping(sheet="Load", skip=1, missing=["n/a"])
    found = list(FileReader(excel, NOW).read(tmp_path / "a.xlsx"))
    assert [(one.line, dict(one.values)) for one in found] == [(3, {"energy_import": 10.5})]
    pq.write_table(pa.table({"Time": [moment], "kWh": [10.5]}), tmp_path / "a.parquet")
    again = list(FileReader(mapping(), NOW).read(tmp_path / "a.parquet"))
    assert [(one.time_us, one.values) for one in again] == [(found[0].time_us, found[0].values)]


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"'\.pdf' is none of \.csv"):
        list(FileReader(mapping(), NOW).read(tmp_path / "a.pdf"))
    with pytest.raises(SourceError, match=r"a\.csv cannot be read"):
        list(FileReader(mapping(), NOW).read(tmp_path / "a.csv"))
    (tmp_path / "b.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(SourceError, match=r"b\.xlsx cannot be read"):
        list(FileReader(mapping(), NOW).read(tmp_path / "b.xlsx"))


def test_what_the_mapping_leaves_open_is_a_question() -> None:
    open_ = mapping(shows=None, zone=None).questions()
    assert list(open_) == ["shows", "stamp", "zone"]
    assert mapping().questions() == {}
    assert list(mapping(shows="amounts").questions()) == ["stamp"]
    gauge = {"column": "P", "quantity": "active_power", "unit": "kW"}
    assert mapping(shows=None, columns=[gauge]).questions() == {}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"meter": None}, "either meter or meter_column"),
        ({"value": "v"}, "quantity and value go together"),
        ({"columns": []}, "columns says which column"),
        ({"thousands": "."}, "decimal and thousands are both"),
        ({"zone": "Asia/Dongguan"}, "is not a time zone"),
        ({"stamp": "middle"}, "stamp"),
    ],
)
def test_a_mapping_that_contradicts_itself(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        mapping(**changes)


def test_the_mappings_in_the_docs() -> None:
    text = (Path(__file__).parents[3] / "docs" / "import.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    for block in blocks:
        assert FileMapping.model_validate(yaml.safe_load(block)).questions() == {}
    assert len(blocks) == 2
