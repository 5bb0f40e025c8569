"""What rules look at: the meters in service as arrays side by side, their sources and areas."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from accounting.tariff import Tariff

NOBODY = -1
_ARRAYS = ("ids", "multiplier", "interval_s", "most_s", "rated_kw", "source")
_TUPLES = ("codes", "carrier", "role", "within")


@dataclass(frozen=True, slots=True)
class Flow:
    """What a virtual meter shows: the sum of what others show in one direction, each times a factor."""

    meter: int
    """Its place."""
    quantity: str
    terms: tuple[int, ...]
    factors: tuple[float, ...]
    directions: tuple[float, ...]
    """1: as the term shows it; -1: the other way round."""
    whole: tuple[bool, ...]
    """Whether the term's other direction counts too, as less than nothing."""

    def of(self, shown: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Of what each meter shows in the line, float[..., m]; NaN where a term is missing."""
        flow = np.array(self.directions) * shown[..., list(self.terms)]
        counted = np.where(np.array(self.whole) | np.isnan(flow), flow, np.maximum(flow, 0.0))
        found: NDArray[np.float64] = np.ascontiguousarray(np.array(self.factors) * counted).sum(axis=-1)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Park:
    """Meter i of m."""

    zone: ZoneInfo
    codes: tuple[str, ...]
    ids: NDArray[np.int32]
    """Numbers under which readings come, int32[m]."""
    multiplier: NDArray[np.float64]
    interval_s: NDArray[np.float64]
    """How often each is read, float64[m] [s]; NaN where only the readings can tell."""
    most_s: NDArray[np.float64]
    """The longest interval that still counts as measured, float64[m] [s]."""
    rated_kw: NDArray[np.float64]
    """float64[m]; NaN: not known."""
    carrier: tuple[str, ...]
    role: tuple[str, ...]
    within: tuple[frozenset[str], ...]
    """Areas that each stands in, from its own up to the park."""
    source: NDArray[np.intp]
    """Which of `sources` each is read from; NOBODY for a virtual meter."""
    parent: NDArray[np.intp]
    """The meter upstream; NOBODY where there is none."""
    sources: tuple[str, ...]
    root: str
    """The code of the park's own area."""
    boundary: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    """Area -> electricity meters that cross its edge, bool[m]."""

    flows: tuple[Flow, ...] = ()
    """Of virtual meters, each after those that it is reckoned from."""
    contract_kw: float = float("nan")
    """Contract demand of the park that holds now; NaN: none."""
    own_kw: Mapping[str, float] = field(default_factory=dict)
    """Contract demand of each area that a utility supplies on its own; NaN: none."""
    behind: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    """Area -> electricity meters that its edge's show too, and that a utility bills apart, bool[m]."""
    tariff: Tariff | None = None

    def band_at(self, us: int) -> str:
        """The tariff's band; '' where none holds."""
        held = self.tariff.now(us) if self.tariff else None
        return held.band.code if held else ""

    def __len__(self) -> int:
        return len(self.codes)

    def only(self, meters: NDArray[np.bool_]) -> "Park":
        """Of bool[m] alone."""
        at = np.flatnonzero(meters)
        place = {int(old): new for new, old in enumerate(at)}
        columns: dict[str, Any] = {name: getattr(self, name)[at] for name in _ARRAYS}
        columns |= {name: tuple(getattr(self, name)[i] for i in at.tolist()) for name in _TUPLES}
        columns["parent"] = np.array([place.get(int(p), NOBODY) for p in self.parent[at]], np.intp)
        for name in ("boundary", "behind"):
            columns[name] = {code: crossing[at] for code, crossing in getattr(self, name).items()}
        columns["flows"] = tuple(
            replace(flow, meter=place[flow.meter], terms=tuple(place[term] for term in flow.terms))
            for flow in self.flows
            if place.keys() >= {flow.meter, *flow.terms}
        )
        return replace(self, **columns)

    def edge(self, area: str) -> NDArray[np.bool_]:
        """Meters by which an area is judged as a whole, bool[m]."""
        none = np.zeros(len(self), np.bool_)
        return self.boundary.get(area, none) | self.behind.get(area, none)

    def with_terms(self, meters: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """bool[m] with all that the virtual ones of them are reckoned from."""
        found = meters.copy()
        for flow in reversed(self.flows):
            found[list(flow.terms)] |= found[flow.meter]
        return found

    def alike(self, other: "Park") -> bool:
        """Whether everything is as in another one."""
        return all(_same(getattr(self, name), getattr(other, name)) for name in self.__slots__)

    def members(self, source: int) -> NDArray[np.bool_]:
        """bool[m]."""
        found: NDArray[np.bool_] = self.source == source
        return found

    def places(self, codes: Sequence[str]) -> NDArray[np.intp]:
        """Meters by code, in order; unknown codes are left out."""
        at = {code: place for place, code in enumerate(self.codes)}
        return np.array([at[code] for code in codes if code in at], np.intp)


def _same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return one is other or bool(one == other)
