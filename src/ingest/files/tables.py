"""The rows of a file, whatever program wrote it: CSV, Excel, Parquet."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from ingest.errors import SourceError
from ingest.files.mapping import FileMapping

Row = tuple[int, dict[str, object]]
"""Its line in the file, counted from 1, and what stands in each column."""


def rows(file: Path, mapping: FileMapping) -> Iterator[Row]:
    """Raises SourceError when the file cannot be read."""
    form = file.suffix.lower()
    read = {".csv": _csv, ".txt": _csv, ".tsv": _csv, ".xlsx": _excel, ".parquet": _parquet}.get(form)
    if read is None:
        raise SourceError(f"{file.name}: {form!r} is none of .csv, .txt, .tsv, .xlsx, .parquet")
    try:
        yield from read(file, mapping)
    except ImportError as error:
        raise SourceError(f"{form} files need an extra: pip install 'parkwatt[files]' ({error})") from error
    except Exception as error:  # a damaged file raises errors of every library beneath
        raise SourceError(f"{file.name} cannot be read: {error}") from error


def _csv(file: Path, mapping: FileMapping) -> Iterator[Row]:
    with file.open(encoding=mapping.encoding, newline="") as text:
        lines = csv.reader(text, delimiter=mapping.delimiter)
        names = next(islice(lines, mapping.skip, None), [])
        for cells in lines:
            if cells:
                yield lines.line_num, _named(names, cells)


def _excel(file: Path, mapping: FileMapping) -> Iterator[Row]:
    from openpyxl import load_workbook  # noqa: PLC0415  # an extra

    book = load_workbook(file, read_only=True, data_only=True)
    try:
        sheet = book[mapping.sheet] if mapping.sheet else book.worksheets[0]
        lines = sheet.iter_rows(values_only=True)
        names = next(islice(lines, mapping.skip, None), ())
        for line, cells in enumerate(lines, mapping.skip + 2):
            if any(cell is not None for cell in cells):
                yield line, _named([str(name) for name in names], cells)
    finally:
        book.close()


def _parquet(file: Path, mapping: FileMapping) -> Iterator[Row]:  # noqa: ARG001  # one form for all
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415  # an extra

    line = 0
    with ParquetFile(file) as table:
        for batch in table.iter_batches():
            for row in batch.to_pylist():
                line += 1
                yield line, row


def _named(names: Sequence[str], cells: Sequence[object]) -> dict[str, object]:
    return dict(zip((name.strip() for name in names), cells, strict=False))
