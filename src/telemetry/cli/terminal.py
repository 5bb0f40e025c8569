"""Where commands print: results on one stream, complaints on the other."""

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False)
