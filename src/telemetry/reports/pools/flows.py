"""The network of pools over some quarter hours: what meters showed, in the places that the layout names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accounting.carriers import energy_of
from accounting.pool import (
    Conversions,
    Mixes,
    Network,
    Storages,
    Stored,
    Supplies,
    Transfers,
    Uses,
    mixes,
    stored,
)
from telemetry.model import Converter
from telemetry.reports.pools.layout import Layout, Part, PoolKey, Row

_Floats = NDArray[np.float64]
_ROUNDS = 100
_NEAR = 1e-12
_USES = (Part.USED, Part.EXPORTED, Part.CHARGED)


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Pools and rows over one stretch."""

    pools: Sequence[PoolKey]
    rows: Sequence[Row]
    amount: _Floats
    """float64[r, n]"""
    kg: _Floats
    """float64[r, n, g]: what each row carries."""
    found: Mixes
    stored: Stored | None
    storages: Sequence[str]
    converted: Mapping[str, _Floats]
    """Converter -> float64[n, g] [kg] that its inputs carried."""


def solve(setting: "Setting") -> Solved:
    """Mixes and what every row carries; with storages until what they give no longer changes."""
    charged = setting.at(Part.CHARGED)
    if not charged:
        return setting.solved(mixes(setting.network({})), None)
    given: _Floats = np.zeros((len(charged), setting.amount.shape[1], setting.gases))
    for _ in range(_ROUNDS):
        found = mixes(setting.network(dict(zip(setting.discharged(charged), given, strict=True))))
        content = setting.stored(charged, found)
        moved = float(np.nanmax(np.abs(content.rate - given), initial=0.0))
        given = content.rate
        if moved <= _NEAR:
            break
    return setting.solved(found, content)


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What is known of one stretch."""

    laid: Layout
    amount: _Floats
    """float64[r, n]"""
    rated: Mapping[int, _Floats]
    """Row of what is bought -> float64[n, g] [kg per unit]."""
    converters: Mapping[str, Converter]
    quantities: Sequence[str]
    """Of each row."""
    gases: int

    @property
    def place(self) -> dict[PoolKey, int]:
        return {key: number for number, key in enumerate(self.laid.pools)}

    def at(self, *parts: Part) -> list[int]:
        return [number for number, row in enumerate(self.laid.rows) if row.part in parts]

    def discharged(self, charged: Sequence[int]) -> list[int]:
        """The rows of the same storages, in the same order."""
        by_meter = {self.laid.rows[at].meter: at for at in self.at(Part.DISCHARGED)}
        return [by_meter[self.laid.rows[at].meter] for at in charged]

    def stored(self, charged: Sequence[int], found: Mixes) -> Stored:
        rows, place = self.laid.rows, self.place
        codes = [rows[at].converter or "" for at in charged]
        efficiency = np.array([self.converters[code].efficiency or 1.0 for code in codes])
        storages = Storages(
            np.nan_to_num(self.amount[charged]),
            np.nan_to_num(self.amount[self.discharged(charged)]),
            efficiency,
        )
        return stored(storages, found.rate[[place[rows[at].pool] for at in charged]])

    def network(self, given: Mapping[int, _Floats]) -> Network:
        """`given`: row of a storage's discharge -> its rate."""
        rows, place, n = self.laid.rows, self.place, self.amount.shape[1]
        supplies = self.at(Part.BOUGHT, Part.GENERATED, Part.DISCHARGED)
        nothing = np.zeros((n, self.gases))
        rate = [given.get(at, self.rated.get(at, nothing)) for at in supplies]
        sent, uses = self.at(Part.SENT), self.at(*_USES)
        taken, got = self.at(Part.TAKEN), self.at(Part.CONVERTED)
        codes = {code: number for number, code in enumerate(self.converters)}
        sign = np.array([row.sign for row in rows])[:, None]
        return Network(
            len(place),
            Supplies(self.amount[supplies], self._pools(supplies), np.array(rate).reshape(-1, n, self.gases)),
            Transfers(self.amount[sent], self._pools(sent), self._others(sent)),
            Conversions(
                self.amount[taken],
                self._pools(taken),
                np.array([codes[rows[at].converter or ""] for at in taken], np.intp),
                self.amount[got],
                self._pools(got),
                np.array([codes[rows[at].converter or ""] for at in got], np.intp),
                np.array([self._weight(at) for at in got]),
            ),
            Uses((self.amount * sign)[uses], self._pools(uses)),
        )

    def _weight(self, at: int) -> float:
        row = self.laid.rows[at]
        own = self.converters[row.converter or ""].weights.get(row.meter)
        return own if own is not None else energy_of(self.quantities[at]) or 1.0

    def _pools(self, rows: Sequence[int]) -> NDArray[np.intp]:
        place = self.place
        return np.array([place[self.laid.rows[at].pool] for at in rows], np.intp)

    def _others(self, rows: Sequence[int]) -> NDArray[np.intp]:
        place = self.place
        others = (self.laid.rows[at].other for at in rows)
        return np.array([place[other] for other in others if other is not None], np.intp)

    def solved(self, found: Mixes, content: Stored | None) -> Solved:
        rows, place = self.laid.rows, self.place
        kg = np.zeros((*self.amount.shape, self.gases))
        given = (
            dict(zip(self.discharged(self.at(Part.CHARGED)), content.rate, strict=True)) if content else {}
        )
        for at, row in enumerate(rows):
            rate = self._rate(at, row, found, given, place)
            kg[at] = row.sign * self.amount[at][:, None] * rate
            kg[at][self.amount[at] == 0] = 0.0
        converted = {
            code: np.sum([kg[at] for at in self.at(Part.TAKEN) if rows[at].converter == code], axis=0)
            for code in {rows[at].converter or "" for at in self.at(Part.TAKEN)}
        }
        self._share_out(kg, converted)
        storages = [rows[at].converter or "" for at in self.at(Part.CHARGED)]
        sign = np.array([row.sign for row in rows])[:, None]
        return Solved(self.laid.pools, rows, self.amount * sign, kg, found, content, storages, converted)

    def _rate(
        self, at: int, row: Row, found: Mixes, given: Mapping[int, _Floats], place: Mapping[PoolKey, int]
    ) -> _Floats:
        if row.part in (Part.BOUGHT, Part.GENERATED, Part.DISCHARGED):
            nothing = np.zeros((self.amount.shape[1], self.gases))
            return given.get(at, self.rated.get(at, nothing))
        source = row.other if row.part is Part.RECEIVED and row.other is not None else row.pool
        rate: _Floats = found.rate[place[source]]
        return rate

    def _share_out(self, kg: _Floats, converted: Mapping[str, _Floats]) -> None:
        """What converters' outputs carry, of what their inputs carried."""
        rows, got = self.laid.rows, self.at(Part.CONVERTED)
        weighed = {at: np.nan_to_num(self.amount[at]) * self._weight(at) for at in got}
        for at in got:
            code = rows[at].converter or ""
            whole = np.sum([weighed[each] for each in got if rows[each].converter == code], axis=0)
            share = np.divide(weighed[at], whole, out=np.zeros_like(whole), where=whole > 0)
            kg[at] = share[:, None] * converted.get(code, np.zeros_like(kg[at]))
