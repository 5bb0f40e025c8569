"""The meters in service now, as arrays side by side."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from accounting.quantity import CATALOGUE, Carrier
from accounting.sources import SOURCES, UNSETTLED
from telemetry.model import AreaKind, Role
from telemetry.reports.behind import behind
from telemetry.reports.membership import lineage
from telemetry.storage.registry import RegisteredArea, RegisteredMeter, Registry

_EMITTING = frozenset(CATALOGUE[name].carrier for name in (*SOURCES, *UNSETTLED))


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """Meter i of m; sums over areas by matrices of 0 and 1."""

    meters: tuple[RegisteredMeter, ...]
    codes: list[str]
    index: Mapping[int, int]
    """Meter id -> i."""
    multiplier: NDArray[np.float64]
    poll_s: NDArray[np.float64]
    """How often it is read, float64[m] [s]; NaN where only the readings can tell."""
    most_s: NDArray[np.float64]
    """The longest interval that still counts as measured, float64[m] [s]."""
    electric: NDArray[np.bool_]
    emits: NDArray[np.bool_]
    """bool[m]: of carriers that emit when they are used."""
    generation: NDArray[np.bool_]
    region: list[str]
    areas: list[str]
    """Areas with a boundary meter or generation inside; the park is the first."""
    boundary: NDArray[np.bool_]
    """bool[a, m]: meters that cross the area's boundary."""
    inside: NDArray[np.bool_]
    """bool[a, m]: generation in the area or below it."""
    apart: NDArray[np.bool_]
    """bool[m]: below the park's billing point, and billed by a contract of an enterprise's own."""

    def __len__(self) -> int:
        return len(self.meters)


def roster(
    registry: Registry, polled_s: Mapping[str, float], now: datetime, apart: Collection[str] = ()
) -> Roster:
    """`polled_s`: how often meters are read [s], by code, where that is known.

    `apart`: enterprises that a utility supplies by contracts of their own.
    """
    meters = tuple(meter for meter in registry.meters if meter.removed_at is None)
    terms = [meter.at(now) for meter in meters]
    generation = np.array([term.role == Role.GENERATION for term in terms], dtype=np.bool_)
    areas, boundary, inside = _areas(registry, meters, now)
    codes = [meter.code for meter in meters]
    electric = np.array([meter.carrier == Carrier.ELECTRICITY for meter in meters], dtype=np.bool_)
    edges = {code: crossing & electric for code, crossing in zip(areas, boundary, strict=True)}
    return Roster(
        meters=meters,
        codes=codes,
        index={meter.id: i for i, meter in enumerate(meters)},
        multiplier=np.array([term.multiplier for term in terms], dtype=np.float64),
        poll_s=np.array([polled_s.get(meter.code, np.nan) for meter in meters], dtype=np.float64),
        most_s=np.array([meter.max_gap_s for meter in meters], dtype=np.float64),
        electric=electric,
        emits=np.array([meter.carrier in _EMITTING for meter in meters], dtype=np.bool_),
        generation=generation,
        region=[term.region for term in terms],
        areas=areas,
        boundary=boundary,
        inside=inside,
        apart=behind(codes, terms, edges, areas[0], apart) if areas else np.zeros(len(meters), np.bool_),
    )


def _areas(
    registry: Registry, meters: Sequence[RegisteredMeter], now: datetime
) -> tuple[list[str], NDArray[np.bool_], NDArray[np.bool_]]:
    parents = {area.code: area.parent for area in registry.areas}
    standing = sorted((a for a in registry.areas if a.removed_at is None), key=_park_first)
    place = {area.code: at for at, area in enumerate(standing)}
    crossing, making = np.zeros((2, len(standing), len(meters)), np.bool_)
    for column, term in enumerate(meter.at(now) for meter in meters):
        if term.role == Role.BOUNDARY and term.area in place:
            crossing[place[term.area], column] = True
        if term.role == Role.GENERATION:
            making[[place[code] for code in lineage(term.area, parents) if code in place], column] = True
    some = (crossing | making).any(axis=1) | np.array([_park_first(a)[0] == 0 for a in standing], np.bool_)
    return [a.code for a, kept in zip(standing, some, strict=True) if kept], crossing[some], making[some]


def _park_first(area: RegisteredArea) -> tuple[int, str]:
    return int(area.kind != AreaKind.PARK), area.code
