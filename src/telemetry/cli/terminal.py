"""Where commands print: results on one stream, complaints on the other."""

import os
import sys
from collections.abc import Collection

from rich.console import Console
from rich.table import Column, Table

_ENDLESS = 10_000


def _width() -> int | None:
    """Whatever a program reads is not folded; None: as wide as the terminal."""
    return None if sys.stdout.isatty() or "COLUMNS" in os.environ else _ENDLESS


out = Console(highlight=False, soft_wrap=True, width=_width())
errors = Console(stderr=True, highlight=False)


def plain(*columns: str, whole: Collection[str] = ()) -> Table:
    """A table without lines, whose texts are folded and never cut, those of `whole` columns last."""
    drawn = (Column(name, overflow="fold", no_wrap=name in whole) for name in columns)
    return Table(*drawn, box=None, pad_edge=False)
