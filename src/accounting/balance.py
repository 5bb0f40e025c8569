"""What enters a place against what is measured behind it: the remainder, and how far it can be doubted."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

_EXPANDED = 2 / np.sqrt(3)
OPPOSITE: Mapping[str, str | None] = MappingProxyType(
    {"energy_import": "energy_export"}
    | dict.fromkeys(
        (
            "gas_volume",
            "gas_volume_0c",
            "gas_volume_15c",
            "gas_volume_20c",
            "fuel_volume",
            "fuel_mass",
            "steam_mass",
            "steam_energy",
            "heat_energy",
            "cooling_energy",
            "air_volume",
            "water_volume",
        )
    )
)
"""Quantities that are conserved between a meter and those behind it -> what flows the other way."""


class Verdict(StrEnum):
    """What a remainder says."""

    WITHIN = "within"
    LOST = "lost"
    """More is missing behind the place than is expected and than its meters can be wrong."""
    GAINED = "gained"
    """More is measured behind the place than enters it, and than its meters can be wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """What m meters showed in n cells; NaN where one should have shown it, 0 where it does not count."""

    inwards: NDArray[np.float64]
    """float64[m, n]"""
    outwards: NDArray[np.float64]
    """float64[m, n]"""
    coverage: NDArray[np.float64]
    """float64[m, n], share that was measured."""
    sign: NDArray[np.float64]
    """float64[m], 1; -1 where it is taken off what another shows, because it stands behind that one too."""

    @property
    def net(self) -> NDArray[np.float64]:
        """What each meter adds, float64[m, n]."""
        return self.sign[:, None] * (self.inwards - self.outwards)

    @property
    def counted(self) -> NDArray[np.float64]:
        """1 for what is not taken off, float64[m, 1]."""
        return (self.sign[:, None] > 0).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """A place over k intervals, of their cells alone in which every meter's amount is known."""

    compared: NDArray[np.float64]
    """Number of those cells, float64[k]."""
    total: NDArray[np.float64]
    """Net of what crosses into the place, float64[k]."""
    parts: NDArray[np.float64]
    """Net of each meter behind it, float64[p, k]."""
    entering: NDArray[np.float64]
    """What came in, across the boundary or from generation behind it, float64[k]."""
    expected: NDArray[np.float64]
    """What is expected to be lost of what the boundary meters let in, float64[k]."""
    error: NDArray[np.float64]
    """Limit of each meter's error, boundary first, float64[a + p, k]; NaN where its class is unknown."""
    estimated: NDArray[np.float64]
    """What of that was not measured, float64[k]."""

    @property
    def remainder(self) -> NDArray[np.float64]:
        """Loss and what nobody measures: total less the parts, so that they come to the total, float64[k]."""
        rest: NDArray[np.float64] = self.total - self.parts.sum(axis=0)
        return rest

    @property
    def share(self) -> NDArray[np.float64]:
        """Remainder by what came in, NaN where nothing did, float64[k]."""
        found = np.full(len(self.total), np.nan)
        np.divide(self.remainder, self.entering, out=found, where=self.entering > 0)
        return found


def compare(
    above: Flows,
    below: Flows,
    inside: NDArray[np.bool_],
    firsts: NDArray[np.int64],
    *,
    accuracy: NDArray[np.float64],
    loss_share: NDArray[np.float64],
) -> Balance:
    """Balance the meters of a boundary against those behind it.

    `accuracy` float64[a + p, n] are class indices [%], boundary first, NaN where one is unknown; `loss_share`
    float64[a, n] what of a boundary meter's import is expected to be lost.
    Intervals begin at cells `firsts` int64[k]; `inside` bool[n] are the cells in which the place had a
    boundary. A cell in which one meter is unknown is left out on both sides: missing is not zero.
    """
    known = inside & ~np.isnan(above.net).any(axis=0) & ~np.isnan(below.net).any(axis=0)

    def sums(cells: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[..., n] to float64[..., k]."""
        found: NDArray[np.float64] = np.add.reduceat(np.where(known, cells, 0.0), firsts, axis=-1)
        return found

    through = np.concatenate([(side.inwards + side.outwards) * side.counted for side in (above, below)])
    coverage = np.concatenate([above.coverage, below.coverage])
    limit = np.where(through > 0, through * accuracy / 100, 0.0)
    return Balance(
        compared=sums(np.ones(len(inside))),
        total=sums(above.net).sum(axis=0),
        parts=sums(below.net),
        entering=sums(above.inwards).sum(axis=0) + sums(below.outwards * below.counted).sum(axis=0),
        expected=sums(above.inwards * loss_share).sum(axis=0),
        error=sums(limit),
        estimated=sums(through * (1 - coverage)).sum(axis=0),
    )


def tolerance(error: NDArray[np.float64], estimated: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the remainder may be off zero by the meters' limits of `error` float64[m, k] alone, float64[k].

    A class is a limit of error, so a rectangular distribution of standard uncertainty class / sqrt(3); the
    meters are independent, each errs alike throughout, and the result is expanded by 2 (JCGM 100:2008,
    4.3.7, 5.1.2 and 6.2.1). What was estimated may be wrong by as much as itself. NaN where a meter without
    a class let something through.
    """
    expanded: NDArray[np.float64] = _EXPANDED * np.sqrt((error**2).sum(axis=0)) + estimated
    return expanded


def judge(
    remainder: NDArray[np.float64], expected: NDArray[np.float64], tolerance: NDArray[np.float64]
) -> list[Verdict | None]:
    """Verdict of each of k intervals, float64[k] each; None where remainder or tolerance is unknown.

    A remainder may lie anywhere from nothing to the `expected` loss, and beyond by the tolerance.
    """
    known = ~np.isnan(remainder) & ~np.isnan(tolerance)
    lost = known & (remainder > expected + tolerance)
    gained = known & (remainder < -tolerance)
    rules = zip(known.tolist(), lost.tolist(), gained.tolist(), strict=True)
    return [_verdict(*each) for each in rules]


def _verdict(known: bool, lost: bool, gained: bool) -> Verdict | None:  # noqa: FBT001  # columns of a table
    if not known:
        return None
    return Verdict.LOST if lost else Verdict.GAINED if gained else Verdict.WITHIN
