"""How often a meter speaks, learned from the gaps between its readings."""

import numpy as np
from numpy.typing import NDArray

_SHORTEST_S = 1.0
_GROWTH = 4.0  # by which a single silence may stretch a rhythm
_WEIGHT = 0.2  # of the newest gap in it


def follow(
    before: NDArray[np.float64], gap: NDArray[np.float64], longest: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The rhythm after one more gap, float64[n] [s]: a running mean, which begins with the first gap.

    `before` is `longest` where nothing was learned yet.
    """
    mean = before + _WEIGHT * (np.minimum(gap, _GROWTH * before) - before)
    return clipped(np.where(before == longest, gap, mean), longest)


def clipped(rhythm: NDArray[np.float64], longest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Not shorter than a second, not longer than what still counts as measured; float64[n] [s]."""
    found: NDArray[np.float64] = np.clip(rhythm, _SHORTEST_S, longest)
    return found
