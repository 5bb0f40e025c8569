"""How to write what a source sends, from what became of its rows lately."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telemetry.storage.rows import Origin

_CAUTION_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Approach:
    """bool[sources] each."""

    look: NDArray[np.bool_]
    """Look for what stands before writing; else all is taken to be new."""
    fill: NDArray[np.bool_]
    """Try to complete rows before looking: most of them lately completed rows that stood."""


class Approaches:
    """What is remembered of the sources, for a while."""

    def __init__(self) -> None:
        self._look: dict[Origin, float] = {}
        self._fill: dict[Origin, float] = {}

    def of(self, names: Sequence[Origin]) -> Approach:
        now = time.monotonic()
        look, fill = (
            np.array([known.get(name, 0.0) > now for name in names], bool)
            for known in (self._look, self._fill)
        )
        return Approach(look, look & fill)

    def beware(self, names: Sequence[Origin], stood: NDArray[np.bool_], filled: NDArray[np.bool_]) -> None:
        """Of which sources rows `stood`, and which of those mostly `filled` holes of them."""
        until = time.monotonic() + _CAUTION_S
        for name, again, completing in zip(names, stood, filled, strict=True):
            if again:
                self._look[name] = until
                self._fill[name] = until if completing else 0.0
