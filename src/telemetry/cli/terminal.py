"""Where commands print: results on one stream, complaints on the other."""

from rich.console import Console
from rich.table import Column, Table

out = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False)


def plain(*columns: str) -> Table:
    """A table without lines, whose texts are folded and never cut."""
    return Table(*(Column(name, overflow="fold") for name in columns), box=None, pad_edge=False)
