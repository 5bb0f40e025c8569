"""Whom a rule judges, and what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Kind(StrEnum):
    """What an alert is about."""

    METER = "meter"
    SOURCE = "source"
    AREA = "area"
    PARK = "park"


@dataclass(frozen=True, slots=True, eq=False)
class Subjects:
    """Whom a rule judges, one by one: n of them."""

    kind: Kind
    codes: tuple[str, ...]
    at: NDArray[np.intp]
    """Places of the meters or sources, intp[n]; for areas their own order."""

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a rule finds at one moment, columns by subject."""

    stage: NDArray[np.int8]
    """0: nothing; 1 and more: which of its limits is broken."""
    well: NDArray[np.bool_]
    """Within the limit by the hysteresis."""
    known: NDArray[np.bool_]
    """False where nothing fresh was measured: that neither fires nor ends an alert."""
    value: NDArray[np.float64]
    limit: NDArray[np.float64]
    more: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """Further figures, by name with unit."""
    band: str | NDArray[np.str_] = ""
    """The tariff band that holds, where the rule looks at it."""

    def at(self, moment: int, among: int) -> "Verdict":
        """One of k moments that were judged at once."""
        shape = (among, self.value.shape[-1])
        columns = {name: getattr(self, name) for name in ("stage", "well", "known", "value", "limit")}
        rows = {name: np.broadcast_to(column, shape)[moment] for name, column in columns.items()}
        more = {name: np.broadcast_to(column, shape)[moment] for name, column in self.more.items()}
        return Verdict(
            **rows, more=more, band=str(np.ravel(self.band)[-1 if np.ndim(self.band) == 0 else moment])
        )


def simple(
    over: NDArray[np.bool_],
    well: NDArray[np.bool_],
    value: NDArray[np.float64],
    limit: NDArray[np.float64] | float,
) -> Verdict:
    """The verdict of a rule with one limit; unknown where the value is NaN."""
    known = ~np.isnan(value)
    return Verdict(
        (over & known).astype(np.int8),
        well & known,
        known,
        value,
        np.broadcast_to(np.asarray(limit, np.float64), value.shape),
    )
