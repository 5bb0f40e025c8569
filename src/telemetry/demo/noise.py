"""Repeatable randomness: the same key and instant give the same number, on every machine and in every run."""

import zlib

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def key_of(text: str) -> int:
    return zlib.crc32(text.encode())


def uniform(key: int, cells: NDArray[np.int64]) -> Array:
    """float64[n] in [0, 1), one for each cell (splitmix64, Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        z = (cells.astype(np.uint64) + np.uint64(key) * np.uint64(0x100000001)) * _GOLDEN
        z = (z ^ (z >> np.uint64(30))) * _FIRST
        z = (z ^ (z >> np.uint64(27))) * _SECOND
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def fixed(text: str) -> float:
    """One number in [0, 1) that belongs to a name."""
    return float(uniform(key_of(text), np.zeros(1, np.int64))[0])


def held(key: int, t: Array, period_s: float) -> Array:
    """float64[n] in [0, 1) that stays the same for a period and then jumps."""
    return uniform(key, np.floor(t / period_s).astype(np.int64))


def drifting(key: int, t: Array, period_s: float) -> Array:
    """float64[n] in [-1, 1) that moves linearly from one random knot to the next."""
    first, last = int(t.min() // period_s), int(t.max() // period_s) + 1
    cells = np.arange(first, last + 1)
    return np.interp(t, cells * period_s, 2 * uniform(key, cells) - 1)
