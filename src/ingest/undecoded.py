"""Readings that wait as words until they are written: those of one template are decoded together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, numbered
from ingest.decode import Decoder, Words
from ingest.plan import Span


@dataclass(slots=True, eq=False)
class Undecoded:
    """One reading of a device that its decoder recognised."""

    source: str
    meter: str
    time_us: int
    decoder: Decoder
    words: Words

    @property
    def meters(self) -> tuple[str, ...]:
        return (self.meter,)

    @property
    def time(self) -> NDArray[np.int64]:
        return np.array([self.time_us], np.int64)

    def __len__(self) -> int:
        return 1


def decoded(waiting: Sequence[Batch | Undecoded]) -> list[Batch]:
    """What waits, as batches."""
    batches: list[Batch] = []
    groups: defaultdict[tuple[str, Decoder, tuple[Span, ...]], list[Undecoded]] = defaultdict(list)
    for one in waiting:
        if isinstance(one, Undecoded):
            groups[one.source, one.decoder, tuple(one.words)].append(one)
        else:
            batches.append(one)
    return batches + [_batch(group) for group in groups.values()]


def _batch(group: list[Undecoded]) -> Batch:
    decoder = group[0].decoder
    return Batch(
        group[0].source,
        *numbered([one.meter for one in group]),
        np.array([one.time_us for one in group], np.int64),
        decoder.quantities,
        decoder.decode_alike([one.words for one in group]),
    )
