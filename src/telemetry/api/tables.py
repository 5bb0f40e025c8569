"""An answer as tables: its columns follow from the answer's type, so that an empty one has them too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from math import isnan
from typing import Any

from msgspec import Struct, inspect

Cell = str | int | float | bool | Decimal | date | datetime | None
_Record = dict[str, Any]
ITSELF = "answer"
"""The table, of one row, of what is said once."""
_TIMES, _TIME, _KEY = "times", "time", "key"
_SCALARS: dict[type[inspect.Type], type] = {
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.DecimalType: Decimal,
    inspect.DateType: date,
    inspect.DateTimeType: datetime,
}


@dataclass(slots=True)
class Column:
    """Cells of one kind."""

    kind: type
    cells: list[Cell] = field(default_factory=list)

    def become_text(self) -> None:
        if self.kind is not str:
            self.kind, self.cells = str, [_cell(each, str) for each in self.cells]


@dataclass(slots=True)
class Table:
    """Columns of one length, by name."""

    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    rows: int = 0

    def put(self, name: str, kind: type, cells: Sequence[Cell]) -> None:
        """The cells of rows that `end` ends; where one is text, the column is."""
        column = self.columns.setdefault(name, Column(kind))
        if kind is str:
            column.become_text()
        column.cells += [None] * (self.rows - len(column.cells))
        column.cells += cells if column.kind is kind else [_cell(each, column.kind) for each in cells]

    def end(self, rows: int) -> None:
        """So many rows more are whole; where they have nothing stands None."""
        self.rows += rows
        for column in self.columns.values():
            column.cells += [None] * (self.rows - len(column.cells))


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    path: tuple[str, ...]
    kind: type

    def of(self, value: Struct) -> Any:  # noqa: ANN401  # as the answer's type has it
        found: Any = value
        for step in self.path:
            found = None if found is None else getattr(found, step)
        return found


@dataclass(slots=True)
class _Shape:
    """What becomes of an answer's fields, or of those of a thing that it lists."""

    cells: list[_Field] = field(default_factory=list)
    series: list[_Field] = field(default_factory=list)
    """Lists of numbers: along the times where they are as many."""
    cells_by_key: list[_Field] = field(default_factory=list)
    series_by_key: list[_Field] = field(default_factory=list)
    listed: list[tuple[_Field, "_Shape"]] = field(default_factory=list)
    """Things of which each is a row, or one at every time."""
    by_key: list[tuple[_Field, "_Shape"]] = field(default_factory=list)

    @property
    def timed(self) -> bool:
        return bool(self.series or self.series_by_key)


def names(kind: type[Struct]) -> list[str]:
    """Of the tables that such an answer has, the one that a reader wants most first."""
    return [table.name for table in _blank(kind)]


def tables(value: Struct) -> dict[str, Table]:
    """By name, in the order of `names`."""
    shape, times = _shape(type(value)), getattr(value, _TIMES, None)
    found = {table.name: table for table in _blank(type(value))}
    _Filling(found, times).list_within(value, shape, "", {})
    _Filling(found, None).add(found[ITSELF], value, shape, {})
    return found


def _blank(kind: type[Struct]) -> Iterator[Table]:
    """Every table with its columns, save those that the answer itself names."""
    yield from _blank_within(_shape(kind), "", {}, timed=_TIMES in kind.__struct_fields__)
    yield Table(ITSELF, {of.name: Column(of.kind) for of in _shape(kind).cells})


def _blank_within(shape: _Shape, before: str, keys: dict[str, type], *, timed: bool) -> Iterator[Table]:
    for of, inner, key in (
        *((*each, {}) for each in shape.listed),
        *((*each, {_KEY: str}) for each in shape.by_key),
    ):
        kinds = keys | key
        heads: dict[str, type] = {_TIME: datetime} if timed and inner.timed else {}
        heads |= kinds | {each.name: each.kind for each in (*inner.cells, *inner.series)}
        yield Table(before + of.name, {name: Column(kind) for name, kind in heads.items()})
        own = {_own(before + of.name, first): first.kind for first in inner.cells[:1]}
        yield from _blank_within(inner, f"{before}{of.name}.", kinds | own, timed=timed)


def _own(table: str, first: _Field) -> str:
    """The column by which rows of a table within name the row that they belong to."""
    return f"{table.rpartition('.')[2]}_{first.name}"


@cache
def _shape(kind: type[Struct]) -> _Shape:
    shape = _Shape()
    _describe(shape, kind, "", ())
    return shape


def _describe(shape: _Shape, kind: type[Struct], before: str, path: tuple[str, ...]) -> None:
    about = inspect.type_info(kind)
    assert isinstance(about, inspect.StructType)  # noqa: S101  # for mypy
    for each in about.fields:
        if not path and each.name == _TIMES:
            continue
        of = _bare(each.type)
        if isinstance(of, inspect.StructType):
            _describe(shape, of.cls, f"{before}{each.encode_name}_", (*path, each.name))
        else:
            _sort(shape, _Field(before + each.encode_name, (*path, each.name), _scalar(_inmost(of))), of)


def _sort(shape: _Shape, entry: _Field, of: inspect.Type) -> None:
    inner = _inner(of)
    if isinstance(inner, inspect.StructType):
        (shape.by_key if isinstance(of, inspect.DictType) else shape.listed).append(
            (entry, _shape(inner.cls))
        )
    elif isinstance(of, inspect.DictType):
        (shape.series_by_key if _inner(inner) else shape.cells_by_key).append(entry)
    elif (inner is not None and entry.kind is not str) or isinstance(inner, inspect.EnumType):
        shape.series.append(entry)
    else:
        shape.cells.append(entry)


def _bare(of: inspect.Type) -> inspect.Type:
    """Without what describes it, and without null beside it."""
    if isinstance(of, inspect.Metadata):
        return _bare(of.type)
    if isinstance(of, inspect.UnionType):
        rest = [each for each in of.types if not isinstance(each, inspect.NoneType)]
        return _bare(rest[0]) if len(rest) == 1 else of
    return of


def _inner(of: inspect.Type | None) -> inspect.Type | None:
    """What a list or a mapping holds."""
    if isinstance(of, inspect.ListType | inspect.VarTupleType):
        return _bare(of.item_type)
    return _bare(of.value_type) if isinstance(of, inspect.DictType) else None


def _inmost(of: inspect.Type) -> inspect.Type:
    inner = _inner(of)
    return of if inner is None else _inmost(inner)


def _scalar(of: inspect.Type) -> type:
    return _SCALARS.get(type(of), str)


@dataclass(frozen=True, slots=True)
class _Filling:
    found: dict[str, Table]
    times: Sequence[datetime] | None

    def list_within(self, value: Struct, shape: _Shape, before: str, keys: _Record) -> None:
        """What `value` lists, each with what tells to whom it belongs."""
        for of, inner in shape.listed:
            for one in of.of(value) or ():
                self._row(before + of.name, one, inner, keys)
        for of, inner in shape.by_key:
            for key, one in (of.of(value) or {}).items():
                self._row(before + of.name, one, inner, {**keys, _KEY: key})

    def _row(self, name: str, one: Struct, shape: _Shape, keys: _Record) -> None:
        self.add(self.found[name], one, shape, keys)
        own = {_own(name, first): _cell(first.of(one), first.kind) for first in shape.cells[:1]}
        self.list_within(one, shape, f"{name}.", keys | own)

    def add(self, table: Table, one: Struct, shape: _Shape, keys: _Record) -> None:
        """One row of it, or one at every time where it has series along these."""
        series, cells = self._parted(one, shape)
        rows = len(self.times) if series and self.times is not None else 1
        if self.times is not None and series:
            table.put(_TIME, datetime, list(self.times))
        for name, key in keys.items():
            table.put(name, type(key), [key] * rows)
        for name, kind, cell in cells:
            table.put(name, kind, [cell] * rows)
        for name, kind, values in series:
            table.put(name, kind, values)
        table.end(rows)

    def _parted(
        self, one: Struct, shape: _Shape
    ) -> tuple[list[tuple[str, type, list[Cell]]], list[tuple[str, type, Cell]]]:
        """Series along the times, and what has one cell: a series of another length is text."""
        series: list[tuple[str, type, list[Cell]]] = []
        cells = [(of.name, of.kind, _cell(of.of(one), of.kind)) for of in shape.cells]
        for of in shape.cells_by_key:
            cells += [
                (f"{of.name}_{key}", of.kind, _cell(each, of.kind))
                for key, each in (of.of(one) or {}).items()
            ]
        for name, kind, values in _series(one, shape):
            if self.times is not None and len(values) == len(self.times):
                series.append((name, kind, [_cell(each, kind) for each in values]))
            else:
                cells.append((name, str, _cell(values, str)))
        return series, cells


def _series(one: Struct, shape: _Shape) -> Iterator[tuple[str, type, Sequence[Any]]]:
    for of in shape.series:
        yield of.name, of.kind, of.of(one) or ()
    for of in shape.series_by_key:
        for key, values in (of.of(one) or {}).items():
            yield f"{of.name}_{key}", of.kind, values


def _cell(value: Any, kind: type) -> Cell:  # noqa: ANN401  # as the answer's type has it
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list | tuple | set | frozenset):
        return "; ".join(str(_cell(each, str)) for each in value)
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if kind is str or not isinstance(value, int | float | Decimal | date):
        return str(value)
    return value
