"""One line of the benchmark, and how it is taken."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    ours: float
    reference: float
    unit: str
    what: str
    """What the reference is."""

    @property
    def ratio(self) -> float:
        return self.ours / self.reference

    def __str__(self) -> str:
        return "  ".join(
            (
                self.name,
                f"{self.ours:.4g}",
                f"{self.reference:.4g}",
                f"{self.ratio:.3g}",
                self.unit,
                self.what,
            )
        )


def in_turn(*actions: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Median processor seconds of each action, all of them in every round; the first does not count."""
    seconds: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds + 1):
        for action, taken in zip(actions, seconds, strict=True):
            gc.collect()
            start = time.process_time()
            action()
            taken.append(time.process_time() - start)
    return [statistics.median(taken[1:]) for taken in seconds]
