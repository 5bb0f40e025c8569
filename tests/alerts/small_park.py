"""A park in a few words, its readings, and a journal in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.errors import LeaseLost
from alerts.journal import Open, Recalled, Transition, What
from alerts.park import NOBODY, Flow, Park
from alerts.past import Part

START_US = 1_782_086_400_000_000  # 2026-06-22 08:00 in Shanghai, a Monday
STEP_US = 10_000_000


def make_park(meters: Mapping[str, Mapping[str, Any]]) -> Park:
    """Meters by code; what they leave out is filled in."""
    rows = [{"source": "GW", "interval": 10.0, **each} for each in meters.values()]
    codes, sources = tuple(meters), tuple(dict.fromkeys(row["source"] for row in rows if row["source"]))
    edges = [(row.get("role") == "boundary", str(row.get("area", "park"))) for row in rows]
    return Park(
        zone=ZoneInfo("Asia/Shanghai"),
        codes=codes,
        ids=np.arange(1, len(rows) + 1, dtype=np.int32),
        multiplier=np.array([row.get("multiplier", 1.0) for row in rows], np.float64),
        interval_s=np.array([row["interval"] for row in rows], np.float64),
        most_s=np.array([row.get("max_gap", 1000.0) for row in rows], np.float64),
        rated_kw=np.array([row.get("rated_kw", np.nan) for row in rows], np.float64),
        carrier=tuple(row.get("carrier", "electricity") for row in rows),
        role=tuple(row.get("role", "load") for row in rows),
        within=tuple(frozenset({row.get("area", "park"), "park"}) for row in rows),
        source=np.array([sources.index(r["source"]) if r["source"] else NOBODY for r in rows], np.intp),
        parent=np.array([codes.index(r["parent"]) if "parent" in r else NOBODY for r in rows], np.intp),
        sources=sources,
        root="park",
        boundary={"park": np.array([cross and at == "park" for cross, at in edges], np.bool_)}
        | {at: np.array([edge == (True, at) for edge in edges], np.bool_) for cross, at in edges if cross},
        own_kw={at: row["own_kw"] for (_, at), row in zip(edges, rows, strict=True) if "own_kw" in row},
        behind={"park": np.array(["own_kw" in row and "parent" in row for row in rows], np.bool_)},
        flows=tuple(_flow(at, codes, row["sum"]) for at, row in enumerate(rows) if "sum" in row),
    )


def _flow(at: int, codes: tuple[str, ...], terms: Mapping[str, float]) -> Flow:
    """Of powers, whose other direction counts as less than nothing."""
    n = len(terms)
    places = tuple(codes.index(code) for code in terms)
    return Flow(at, "active_power", places, tuple(terms.values()), (1.0,) * n, (True,) * n)


@dataclass
class Readings:
    """A history of rows (meter id, time [us], values by quantity)."""

    rows: list[tuple[int, int, dict[str, float]]] = field(default_factory=list)
    until_us: int = 0
    """What came later is not there yet."""
    lead_us: dict[int, int] = field(default_factory=dict)
    """Meter id -> by how much its clock runs ahead."""
    held: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Meter id -> readings of [first, second) that come at the third only [us]."""
    told: set[int] = field(default_factory=set)

    def _there(self, meter: int, time: int) -> bool:
        lo, hi, at = self.held.get(meter, (0, 0, 0))
        return time - self.lead_us.get(meter, 0) <= self.until_us and not (
            lo <= time < hi and self.until_us < at
        )

    def late(self, since_us: int) -> "Late":
        del since_us
        come = {meter: span for meter, span in self.held.items() if span[2] <= self.until_us}
        new = {meter: span for meter, span in come.items() if meter not in self.told}
        self.told |= new.keys()
        spans = np.array(list(new.values()), np.int64).reshape(-1, 3)
        return Late(np.array(list(new), np.int32), spans[:, 0], spans[:, 1])

    def newest(self, change: int, quantities: Sequence[str]) -> "Newest":
        del change, quantities
        last: dict[int, tuple[int, int, dict[str, float]]] = {}
        for row in sorted(self.rows, key=lambda row: row[1]):
            if self._there(row[0], row[1]):
                last[row[0]] = row
        part = _columns(list(last.values()))
        return Newest(part.meter_id, part.time, part.quantities, part.values, part.time)

    def fresh(self, quantities: Sequence[str]) -> "Newest":
        nothing = _columns([])
        return Newest(
            nothing.meter_id, nothing.time, tuple(quantities), np.empty((0, len(quantities))), nothing.time
        )

    def readings(self, meters: NDArray[np.int32], lo_us: int, hi_us: int, quantities: Sequence[str]) -> Part:
        del quantities
        wanted = set(meters.tolist())
        found = [r for r in self.rows if r[0] in wanted and lo_us <= r[1] < hi_us and self._there(r[0], r[1])]
        return _columns(sorted(found, key=lambda row: row[:2]))


@dataclass(frozen=True)
class Late:
    meter_id: NDArray[np.int32]
    lo: NDArray[np.int64]
    hi: NDArray[np.int64]


@dataclass(frozen=True)
class Newest(Part):
    change: NDArray[np.int64]


def _columns(rows: list[tuple[int, int, dict[str, float]]]) -> Part:
    names = tuple(sorted({name for _, _, values in rows for name in values}))
    return Part(
        np.array([meter for meter, _, _ in rows], np.int32),
        np.array([time for _, time, _ in rows], np.int64),
        names,
        np.array([[values.get(name, np.nan) for name in names] for _, _, values in rows]).reshape(
            len(rows), len(names)
        ),
    )


@dataclass
class Memory:
    """A journal that outlives its watches."""

    kept: list[Transition] = field(default_factory=list)
    opened: dict[str, Open] = field(default_factory=dict)
    evaluated_us: int = 0
    holder: str = ""

    def lease(self, holder: str) -> bool:
        self.holder = self.holder or holder
        return self.holder == holder

    def release(self, holder: str) -> None:
        if self.holder == holder:
            self.holder = ""

    def recall(self, since_us: int) -> Recalled:
        fired = [
            (t.rule, t.subject, t.fired_us)
            for t in self.kept
            if t.what is What.FIRED and t.fired_us >= since_us
        ]
        return Recalled(list(self.opened.values()), fired, self.evaluated_us)

    def keep(self, holder: str, transitions: Sequence[Transition], evaluated_us: int) -> None:
        if self.holder != holder:
            raise LeaseLost("not the holder")
        for each in transitions:
            if each.id not in {kept.id for kept in self.kept}:
                self.kept.append(each)
                self._follow(each)
        self.evaluated_us = evaluated_us

    def _follow(self, each: Transition) -> None:
        if each.what is What.STORMED:
            return
        if each.what is What.RESOLVED:
            self.opened.pop(each.alert, None)
            return
        alert = Open(
            each.rule,
            each.subject,
            each.stage,
            each.since_us,
            each.fired_us,
            each.flapping,
            each.quiet,
            told=not each.quiet or (each.alert in self.opened and self.opened[each.alert].told),
        )
        self.opened[each.alert] = alert
