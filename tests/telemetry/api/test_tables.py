"""Reports as CSV, Excel, Parquet and Arrow by Accept header, and not again when nothing has changed."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec import Struct
from openpyxl import load_workbook
from pyarrow import ipc, parquet

from telemetry.api.application import _EXAMPLES
from telemetry.api.formats import FORMATS, chosen, written
from telemetry.api.problems import Refusal
from telemetry.api.tables import ITSELF, names, tables
from telemetry.model import Site

JSON, CSV, XLSX, PARQUET, ARROW = "application/json", *FORMATS
HOURS = [datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (0, 1)]
SPAN = {"from": "2023-10-05T00:00:00+08:00", "to": "2023-10-05T02:00:00+08:00", "step": "hour"}
LATER = {"to": "2023-10-05T04:00:00+08:00"}


class Gas(Struct):
    name: str
    kg: float


class Series(Struct):
    key: str
    values: list[float | None]
    reasons: list[str]
    gases: list[Gas]
    carried: dict[str, list[float]]


class Report(Struct):
    times: list[datetime]
    series: list[Series]
    by_meter: dict[str, Gas]
    due: Decimal
    day: date | None = None


REPORT = Report(
    HOURS,
    [Series("=E1", [1.5, float("nan")], ["late"], [Gas("CO2", 2.0), Gas("CH4", 0.5)], {"CO2": [3.0, 4.0]})],
    {"M-1": Gas("N2O", 1.0)},
    Decimal("12.30"),
)


def cells(table: str, of: Struct = REPORT) -> dict[str, list[Any]]:
    return {name: column.cells for name, column in tables(of)[table].columns.items()}


def test_series_have_a_row_at_every_time_and_what_they_list_is_a_table_of_its_own() -> None:
    assert names(Report) == ["series", "series.gases", "by_meter", ITSELF]
    assert cells("series") == {
        "time": HOURS,
        "key": ["=E1", "=E1"],
        "reasons": ["late", "late"],
        "values": [1.5, None],
        "carried_CO2": [3.0, 4.0],
    }
    assert cells("series.gases") == {"series_key": ["=E1", "=E1"], "name": ["CO2", "CH4"], "kg": [2.0, 0.5]}
    assert cells("by_meter") == {"key": ["M-1"], "name": ["N2O"], "kg": [1.0]}
    assert cells(ITSELF) == {"due": [Decimal("12.30")], "day": [None]}


def test_an_answer_that_lists_nothing_has_its_columns_all_the_same() -> None:
    empty = Report(HOURS, [], {}, Decimal(0))
    assert cells("series", empty) == {"time": [], "key": [], "values": [], "reasons": []}
    assert cells("series.gases", empty) == {"series_key": [], "name": [], "kg": []}


def test_a_column_that_only_later_rows_have_is_empty_before() -> None:
    first, second = (
        Series(key, [1.0, 2.0], [], [], {gas: [5.0, 6.0]}) for key, gas in (("a", "CO2"), ("b", "CH4"))
    )
    found = cells("series", Report(HOURS, [first, second], {}, Decimal(0)))
    assert found["carried_CO2"] == [5.0, 6.0, None, None]
    assert found["carried_CH4"] == [None, None, 5.0, 6.0]


class Curve(Struct):
    code: str
    prices: list[float]


class Curves(Struct):
    curves: list[Curve]


class Beside(Struct):
    times: list[datetime]
    curves: list[Curve]


@pytest.mark.parametrize(
    "report", [Curves([Curve("a", [0.3, 0.7])]), Beside(HOURS, [Curve("b", [1.0, 2.0]), Curve("a", [0.3])])]
)
def test_numbers_that_are_not_along_the_times_are_text(report: Struct) -> None:
    found = tables(report)
    assert found["curves"].columns["prices"].cells[-1] in {"0.3; 0.7", "0.3"}
    assert (
        parquet.read_table(io.BytesIO(written(PARQUET, found, "curves")[1])).num_rows == found["curves"].rows
    )


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda each: type(each).__name__)
def test_every_answer_can_be_written_in_every_format(example: Struct) -> None:
    found = tables(example)
    assert list(found) == names(type(example))
    for media in FORMATS:
        for name in found:
            assert written(media, found, name)[1] is not None
    for table in found.values():
        assert {len(column.cells) for column in table.columns.values()} <= {table.rows}


def test_text_that_looks_like_a_formula_stays_text() -> None:
    _, text = written(CSV, tables(REPORT), None)
    assert [row["key"] for row in csv.DictReader(io.StringIO(text.decode()))] == ["'=E1", "'=E1"]
    book = load_workbook(io.BytesIO(written(XLSX, tables(REPORT), None)[1]))
    cell = book["series"]["B2"]
    assert (cell.value, cell.data_type) == ("=E1", "s")
    assert book.sheetnames == names(Report)


def test_parquet_and_arrow_keep_instants_decimals_and_gaps() -> None:
    found = parquet.read_table(io.BytesIO(written(PARQUET, tables(REPORT), None)[1]))
    assert found["time"].to_pylist() == HOURS
    assert found["values"].to_pylist() == [1.5, None]
    again = ipc.open_stream(written(ARROW, tables(REPORT), ITSELF)[1]).read_all()
    assert again.to_pylist() == [{"due": Decimal("12.30"), "day": None}]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", JSON),
        ("", JSON),
        ("text/csv", CSV),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("application/json;q=0.5, text/csv", CSV),
        ("text/*", CSV),
        ("*/*, application/json;q=0", CSV),
        (PARQUET.upper(), PARQUET),
    ],
)
def test_the_reader_s_preference_decides(accept: str, media: str) -> None:
    assert chosen(accept) == media


@pytest.mark.parametrize("accept", ["text/html", "text/csv;q=0", "image/*;q=x"])
def test_what_is_not_offered_is_refused_with_what_is(accept: str) -> None:
    with pytest.raises(Refusal, match="text/csv") as refused:
        chosen(accept)
    assert refused.value.status == 406


@pytest.fixture
def service(start: Callable[..., Any], make_site: Callable[..., Site]) -> Any:
    service = start(make_site({"code": "m", "role": "boundary"}))
    moments = [datetime.fromisoformat(f"2023-10-05T0{hour}:00:00+08:00") for hour in range(3)]
    rows = zip(moments, (0.0, 40.0, 100.0), strict=True)
    service.post(
        [{"meter": "m", "time": at.isoformat(), "values": {"energy_import": kwh}} for at, kwh in rows]
    )
    service.settle()
    return service


@pytest.mark.database
def test_a_report_comes_in_the_format_that_is_asked_for(service: Any) -> None:
    told = service.call("GET", "/api/v1/energy", params=SPAN, headers={"Accept": CSV})
    assert told.headers["content-type"] == CSV
    assert told.headers["content-disposition"] == 'attachment; filename="energy.csv"'
    rows = list(csv.DictReader(io.StringIO(told.text)))
    assert [(row["time"], row["key"], row["values"]) for row in rows] == [
        ("2023-10-05T00:00:00+08:00", "park", "40.0"),
        ("2023-10-05T01:00:00+08:00", "park", "60.0"),
    ]
    sheet = service.call("GET", "/api/v1/energy", params=SPAN, headers={"Accept": XLSX})
    book = load_workbook(io.BytesIO(sheet.content))
    assert [str(cell.value) for cell in book["series"]["A"]] == [
        "time",
        "2023-10-05 00:00:00",
        "2023-10-05 01:00:00",
    ]
    table = service.call("GET", "/api/v1/energy", params=SPAN, headers={"Accept": PARQUET})
    assert parquet.read_table(io.BytesIO(table.content))["values"].to_pylist() == [40.0, 60.0]


@pytest.mark.database
def test_another_table_by_name_and_none_that_is_not_there(service: Any) -> None:
    itself = service.call("GET", "/api/v1/energy", params=SPAN | {"table": ITSELF}, headers={"Accept": CSV})
    assert itself.text.splitlines()[0] == "from,to,step,by,zone"
    refused = service.call("GET", "/api/v1/energy", params=SPAN | {"table": "lines"}, headers={"Accept": CSV})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"field": "table", "value": "lines", "reason": "is none of series, answer"}
    ]
    assert service.call("GET", "/api/v1/energy", headers={"Accept": "text/html"}).status_code == 406


@pytest.mark.database
@pytest.mark.parametrize("media", [JSON, XLSX])
def test_what_has_not_changed_is_not_sent_again(service: Any, media: str) -> None:
    def ask(**headers: str) -> Any:
        return service.call("GET", "/api/v1/energy", params=SPAN | LATER, headers={"Accept": media} | headers)

    mark = ask().headers["etag"]
    again = ask(**{"If-None-Match": f'"other", W/{mark}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", mark)
    service.post([{"meter": "m", "time": "2023-10-05T03:00:00+08:00", "values": {"energy_import": 150.0}}])
    service.settle()
    assert ask(**{"If-None-Match": mark}).status_code == 200
