"""The named queries that stand in the `.sql` twin of a module."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import LiteralString, cast

from psycopg.sql import SQL, Composable, Identifier, Placeholder

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def beside(module_file: str) -> Mapping[str, LiteralString]:
    """Queries by name from the `.sql` file next to `module_file`."""
    return parse(Path(module_file).with_suffix(".sql").read_text(encoding="utf-8"))


def parse(text: str) -> Mapping[str, LiteralString]:
    pieces = _NAME.split(text)[1:]
    names, bodies = pieces[::2], pieces[1::2]
    if len(set(names)) < len(names):
        raise ValueError(f"two queries bear one name: {sorted(names)}")
    # The text is ours: it ships with the program and nothing from outside enters it.
    return MappingProxyType({n: cast("LiteralString", b.strip()) for n, b in zip(names, bodies, strict=True)})


def expand(query: LiteralString, columns: Sequence[str]) -> bytes:
    """Fill the parts of a query that repeat for each quantity column.

    `{column}` is the first, `{columns}` lists them, `{read}` with null for what was withdrawn;
    `{standing}` aggregates those of r with NaN for null;
    `{stood}` does so with infinity for what was withdrawn;
    `{offered}` is an array for each, NaN for null; `{completed}` fills the holes of r from such an i,
    `{vacant}` holds where all that i brings is missing in r; `{newer}` replaces those of latest.
    """
    return _expanded(query, tuple(columns))


@lru_cache(maxsize=1024)
def _expanded(query: LiteralString, columns: tuple[str, ...]) -> bytes:
    parts = {name: _each(columns, *form) for name, form in _FORMS.items() if f"{{{name}}}" in query}
    return SQL(query).format(column=_each(columns[:1], "{0}", ""), **parts).as_bytes()


_NEWER: LiteralString = (
    "{0} = case when excluded.time <> latest.time then excluded.{0}"
    " else coalesce(excluded.{0}, latest.{0}) end"
)

_FORMS: Mapping[str, tuple[LiteralString, LiteralString]] = {
    "columns": ("{0}", ", "),
    "read": ("nullif({0}, 'NaN')", ", "),
    "standing": ("array_agg(coalesce(r.{0}, 'NaN'))", ", "),
    "stood": ("array_agg(case when r.{0} = 'NaN' then 'Infinity' else coalesce(r.{0}, 'NaN') end)", ", "),
    "offered": ("{1}::double precision[]", ", "),
    "completed": ("{0} = coalesce(r.{0}, nullif(i.{0}, 'NaN'))", ", "),
    "vacant": ("(r.{0} is null or i.{0} = 'NaN')", " and "),
    "newer": (_NEWER, ", "),
}


def _each(columns: Sequence[str], form: LiteralString, glue: LiteralString) -> Composable:
    return SQL(glue).join(SQL(form).format(Identifier(name), Placeholder(name)) for name in columns)
