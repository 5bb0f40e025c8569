"""For how long nobody is to be told of which alerts: a silence, or work that is going on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts.park import NOBODY, Park
from alerts.verdict import Kind, Subjects


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts that fit everything that is named; nothing named, all. They go on all the same."""

    begins_us: int
    ends_us: int
    maintenance: bool = False
    rules: tuple[str, ...] = ()
    meters: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    """And whatever stands in them."""
    sources: tuple[str, ...] = ()

    def covers(self, now_us: int) -> bool:
        return self.begins_us <= now_us < self.ends_us

    def fits(self, rule: str, subjects: Subjects, park: Park) -> NDArray[np.bool_]:
        """bool[n]."""
        if self.rules and rule not in self.rules:
            return np.zeros(len(subjects), np.bool_)
        places = zip(subjects.codes, subjects.at.tolist(), strict=True)
        return np.array([self._fits(subjects.kind, code, at, park) for code, at in places], np.bool_)

    def _fits(self, kind: Kind, code: str, at: int, park: Park) -> bool:
        if kind is Kind.METER:
            source = park.sources[park.source[at]] if park.source[at] != NOBODY else ""
            held = (code, park.within[at], source)
        else:
            held = ("", frozenset({code} if kind is Kind.AREA else ()), code if kind is Kind.SOURCE else "")
        meter, areas, source = held
        return (
            (not self.meters or meter in self.meters)
            and (not self.areas or not areas.isdisjoint(self.areas))
            and (not self.sources or source in self.sources)
        )
