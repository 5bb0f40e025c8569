"""How much is kept of numbers that no template mentions: a sample of them, within a bound."""

import logging
from collections import defaultdict
from collections.abc import Hashable, Mapping

import numpy as np
from pydantic import Field

from ingest.batch import Batch, numbered
from ingest.template import Frozen
from ingest.unmapped import storable

_log = logging.getLogger("ingest")
_REMEMBERED = 100_000
LONGEST_NAME = 200
MOST_NAMES = 1_000


class Sampling(Frozen):
    every_s: float = Field(default=60.0, ge=0)
    """Of each meter one payload in so many seconds; 0: all of them."""
    names: int = Field(default=100, ge=0, le=MOST_NAMES)
    """Of one payload at most so many numbers; 0: none is kept."""


SPARSE = Sampling()


class Sampler:
    """Gathers what a source's meters send beside what their templates mention."""

    def __init__(self, source: str, sampling: Sampling) -> None:
        self._source = source
        self._sampling = sampling
        self._due: dict[Hashable, float] = {}
        self._kept: defaultdict[tuple[str, ...], list[tuple[str, int, tuple[float, ...]]]] = defaultdict(list)
        self._told = False

    def due(self, part: Hashable, at: float) -> bool:
        """Whether this part of what comes is to be looked at now, at [s since 1970]."""
        return self._sampling.names > 0 and at >= self._due.get(part, 0.0)

    def looked_at(self, part: Hashable, at: float) -> None:
        if len(self._due) >= _REMEMBERED:
            self._due.clear()
        self._due[part] = at + self._sampling.every_s

    def keep(self, meter: str, time_us: int, numbers: Mapping[str, float]) -> None:
        fitting = (name for name in numbers if len(name) <= LONGEST_NAME and storable(name))
        named = sorted(fitting)[: self._sampling.names]
        if len(named) < len(numbers):
            self._tell(meter, len(numbers), len(named))
        if named:
            self._kept[tuple(named)].append((meter, time_us, tuple(numbers[name] for name in named)))

    def take(self) -> list[Batch]:
        """What was kept since the last call, one batch for each set of names."""
        taken = [self._batch(names, rows) for names, rows in self._kept.items()]
        self._kept.clear()
        return taken

    def _batch(self, names: tuple[str, ...], rows: list[tuple[str, int, tuple[float, ...]]]) -> Batch:
        return Batch(
            self._source,
            *numbered([meter for meter, _, _ in rows]),
            np.array([time_us for _, time_us, _ in rows], np.int64),
            names,
            np.array([values for _, _, values in rows], np.float64),
            unmapped=True,
        )

    def _tell(self, meter: str, sent: int, kept: int) -> None:
        if not self._told:
            self._told = True
            _log.warning(
                "source %s: meter %s sends %d numbers that its template does not mention; %d of them are "
                "kept (names under 200 letters, at most `unmapped: {names: ...}` of the source)",
                *(self._source, meter, sent, kept),
            )
