"""Formats of answers beside JSON, by media type, and which one a reader asks for."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from telemetry.api.problems import Mistake, Refusal, shortened
from telemetry.api.tables import Cell, Table

if TYPE_CHECKING:
    import pyarrow as pa

JSON = "application/json"
_SHEET_ROWS, _SHEET_NAME = 1_048_575, 31
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""
_DIGITS, _DECIMALS = 38, 12


@dataclass(frozen=True, slots=True)
class Format:
    """How tables are written."""

    ending: str
    package: str | None
    """That has to be beside this service."""
    write: Callable[[Sequence[Table]], bytes]
    whole: bool = False
    """It holds every table of an answer; else one."""


def chosen(accept: str) -> str:
    """The media type that an Accept header prefers, JSON where it does not care. Raises Refusal (406)."""
    ranges = [_range(each) for each in accept.split(",") if each.strip()] or [("*/*", 1.0)]
    weights = {media: _weight(media, ranges) for media in (JSON, *FORMATS)}
    best = max(weights, key=lambda media: weights[media])
    if weights[best] > 0:
        return best
    raise Refusal(406, f"{shortened(accept)} is not offered here; these are: {', '.join(weights)}.")


def _range(text: str) -> tuple[str, float]:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    given = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return media, float(given)
    except ValueError:
        return media, 0.0


def _weight(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """By the narrowest of the ranges that hold it (RFC 9110, 12.5.1)."""
    for each in (media, f"{media.partition('/')[0]}/*", "*/*"):
        for name, quality in ranges:
            if name == each:
                return quality
    return 0.0


def written(media: str, tables: Mapping[str, Table], name: str | None) -> tuple[str, bytes]:
    """The ending of a file and its content. Raises Refusal (406, 422)."""
    form = FORMATS[media]
    if form.package is not None and find_spec(form.package) is None:
        raise Refusal(406, f"{media} needs the package {form.package}: pip install 'parkwatt[files]'.")
    if name is not None and name not in tables:
        mistake = Mistake("table", shortened(name), f"is none of {', '.join(tables)}")
        raise Refusal(422, "The request has a mistake; errors names it.", [mistake])
    wanted = tables[next(iter(tables)) if name is None else name]
    return form.ending, form.write(list(tables.values()) if form.whole else [wanted])


def _csv(tables: Sequence[Table]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for table in tables:
        writer.writerow(table.columns)
        writer.writerows(
            zip(*([_plain(cell) for cell in each.cells] for each in table.columns.values()), strict=True)
        )
    return text.getvalue().encode()


def _plain(cell: Cell) -> Cell:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _xlsx(tables: Sequence[Table]) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415  # an extra

    book = Workbook(write_only=True)
    for table in tables:
        if table.rows > _SHEET_ROWS:
            raise Refusal(
                422, f"{table.rows} rows are more than a sheet holds; ask for a shorter time, or for CSV."
            )
        sheet = book.create_sheet(table.name[:_SHEET_NAME])
        sheet.append(list(table.columns))
        columns = [[_in_sheet(sheet, cell) for cell in each.cells] for each in table.columns.values()]
        for row in zip(*columns, strict=True):
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _in_sheet(sheet: Any, cell: Cell) -> Any:  # noqa: ANN401  # openpyxl's
    """Times as the clock of the park showed them: sheets know no zones; text is never a formula."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415  # an extra

    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)
    if isinstance(cell, str) and cell.startswith("="):
        text = WriteOnlyCell(sheet, cell)
        text.data_type = "s"
        return text
    return cell


def _parquet(tables: Sequence[Table]) -> bytes:
    from pyarrow import parquet  # noqa: PLC0415  # an extra

    file = io.BytesIO()
    parquet.write_table(_arrow_table(tables), file)
    return file.getvalue()


def _arrow(tables: Sequence[Table]) -> bytes:
    from pyarrow import ipc  # noqa: PLC0415  # an extra

    file, table = io.BytesIO(), _arrow_table(tables)
    with ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    return file.getvalue()


def _arrow_table(tables: Sequence[Table]) -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415  # an extra

    kinds = {
        bool: pa.bool_(),
        int: pa.int64(),
        float: pa.float64(),
        Decimal: pa.decimal128(_DIGITS, _DECIMALS),
        date: pa.date32(),
        str: pa.string(),
    }
    columns = {name: each for table in tables for name, each in table.columns.items()}
    return pa.table(
        {
            name: pa.array(each.cells, kinds.get(each.kind) or pa.timestamp("us", _zone(each.cells)))
            for name, each in columns.items()
        }
    )


def _zone(times: Sequence[Cell]) -> str:
    """In which a column of times is told: an instant stays the same in any."""
    first = next((each for each in times if isinstance(each, datetime)), None)
    return getattr(first.tzinfo, "key", "UTC") if first else "UTC"


FORMATS: Mapping[str, Format] = {
    "text/csv": Format("csv", None, _csv),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Format(
        "xlsx", "openpyxl", _xlsx, whole=True
    ),
    "application/vnd.apache.parquet": Format("parquet", "pyarrow", _parquet),
    "application/vnd.apache.arrow.stream": Format("arrow", "pyarrow", _arrow),
}
