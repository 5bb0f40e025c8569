"""Which pools there are while nothing changes, and what each meter does to them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from accounting.carriers import FLOWS
from accounting.quantity import Carrier
from telemetry.model import AreaKind, Converter, ConverterKind, Role
from telemetry.reports.membership import lineage
from telemetry.storage.registry import Registry
from telemetry.storage.terms import MeterTerm


class PoolKey(NamedTuple):
    area: str
    carrier: str


class Part(StrEnum):
    """What a row of a pool is."""

    BOUGHT = "bought"
    GENERATED = "generated"
    RECEIVED = "received"
    """From another pool of the carrier."""
    CONVERTED = "converted"
    """Given by a converter."""
    DISCHARGED = "discharged"
    SENT = "sent"
    """To another pool of the carrier."""
    TAKEN = "taken"
    """By a converter."""
    CHARGED = "charged"
    EXPORTED = "exported"
    USED = "used"


INFLOWS = frozenset({Part.BOUGHT, Part.GENERATED, Part.RECEIVED, Part.CONVERTED, Part.DISCHARGED})


class Way(StrEnum):
    ALONG = "along"
    """The meter's direction."""
    AGAINST = "against"


class Row(NamedTuple):
    """A flow of one meter, into or out of a pool."""

    pool: PoolKey
    part: Part
    meter: str
    way: Way
    other: PoolKey | None = None
    """Where it comes from or goes to."""
    converter: str | None = None
    sign: int = 1
    """-1: taken off, for it stands behind a meter that counts too."""


@dataclass(slots=True)
class Layout:
    """Rows in the order of the meters."""

    rows: list[Row] = field(default_factory=list)

    @property
    def pools(self) -> list[PoolKey]:
        others = {row.other for row in self.rows if row.other is not None}
        return sorted({row.pool for row in self.rows} | others)


def layout(
    registry: Registry,
    standing: Mapping[str, MeterTerm],
    carriers: Mapping[str, str],
    converters: Iterable[Converter],
) -> Layout:
    """Of the meters that stand, by what each is, and its carrier."""
    plan = _Plan(registry, standing, carriers, tuple(converters))
    found = Layout()
    for code in standing:
        found.rows.extend(plan.rows(code))
    return found


class _Plan:
    def __init__(
        self,
        registry: Registry,
        standing: Mapping[str, MeterTerm],
        carriers: Mapping[str, str],
        converters: Sequence[Converter],
    ) -> None:
        self._standing, self._carriers = standing, carriers
        self._above = {area.code: area.parent for area in registry.areas}
        self._enterprises = {a.code for a in registry.areas if a.kind == AreaKind.ENTERPRISE}
        self._upstream = {code: term.parent for code, term in standing.items()}
        storages = [each for each in converters if each.kind is ConverterKind.STORAGE]
        others = [each for each in converters if each.kind is not ConverterKind.STORAGE]
        self._storages = {each.inputs[0]: each.code for each in storages}
        self._takers = {code: each.code for each in others for code in each.inputs}
        self._givers = {code: each.code for each in others for code in each.outputs}
        self._areas: dict[str, set[str]] = defaultdict(set)
        for code, term in standing.items():
            if term.role == Role.BOUNDARY:
                self._areas[carriers[code]].add(term.area)
        for code in self._givers:
            if code in standing:
                self._areas[carriers[code]].add(self._holder(code))

    def _holder(self, code: str) -> str:
        """The area that a converter's output belongs to: with a boundary of its own, or an enterprise."""
        over = lineage(self._standing[code].area, self._above)
        edges = self._areas[self._carriers[code]]
        return next((a for a in over if a in edges or a in self._enterprises), over[-1])

    def _pool(self, code: str) -> PoolKey | None:
        """The pool that a meter inside an area stands at; None where the carrier has none."""
        carrier = self._carriers[code]
        if code in self._givers:
            return PoolKey(self._holder(code), carrier)
        for meter in lineage(code, self._upstream)[1:]:
            if meter in self._givers and self._carriers.get(meter) == carrier:
                return PoolKey(self._holder(meter), carrier)
            if meter in self._standing and self._standing[meter].role == Role.BOUNDARY:
                break
        over = lineage(self._standing[code].area, self._above)
        return next((PoolKey(area, carrier) for area in over if area in self._areas[carrier]), None)

    def _source(self, code: str) -> PoolKey | None:
        """The pool that feeds a boundary meter; None: it is fed from outside."""
        term, carrier = self._standing[code], self._carriers[code]
        for meter in lineage(code, self._upstream)[1:]:
            if meter not in self._standing or self._carriers[meter] != carrier:
                continue
            if meter in self._givers:
                return PoolKey(self._holder(meter), carrier)
            above = self._standing[meter]
            if above.role == Role.BOUNDARY and above.area != term.area:
                return PoolKey(above.area, carrier)
            if self._sells(meter, term.area) and (pool := self._pool(meter)):
                return pool
        over = lineage(term.area, self._above)[1:]
        return next((PoolKey(area, carrier) for area in over if area in self._areas[carrier]), None)

    def _sells(self, meter: str, area: str) -> bool:
        """Whether it counts what leaves another area than this one."""
        above = self._standing[meter]
        return above.role == Role.SALE and above.area != area

    def _behind_sale(self, code: str) -> bool:
        """Whether a meter of the seller's counts it already."""
        area, carrier = self._standing[code].area, self._carriers[code]
        over = (each for each in lineage(code, self._upstream)[1:] if each in self._standing)
        near = next((each for each in over if self._carriers[each] == carrier), None)
        return near is not None and self._sells(near, area)

    def rows(self, code: str) -> list[Row]:
        """What a meter says of pools; nothing where another says it already."""
        term = self._standing[code]
        if self._carriers[code] not in FLOWS or self._carriers[code] == Carrier.RECOVERED_HEAT:
            return []
        if term.role == Role.CHECK or (term.formula and term.role != Role.BOUNDARY):
            return []
        if term.role == Role.BOUNDARY:
            return self._crossing(code, PoolKey(term.area, self._carriers[code]), self._source(code))
        pool = self._pool(code)
        return [] if pool is None else self._inside(code, pool)

    def _crossing(self, code: str, pool: PoolKey, source: PoolKey | None) -> list[Row]:
        if source is None:
            return [Row(pool, Part.BOUGHT, code, Way.ALONG), Row(pool, Part.EXPORTED, code, Way.AGAINST)]
        counted = [Row(source, Part.USED, code, Way.ALONG, sign=-1)] if self._behind_sale(code) else []
        return [
            Row(source, Part.SENT, code, Way.ALONG, pool),
            Row(pool, Part.RECEIVED, code, Way.ALONG, source),
            Row(pool, Part.SENT, code, Way.AGAINST, source),
            Row(source, Part.RECEIVED, code, Way.AGAINST, pool),
            *counted,
        ]

    def _inside(self, code: str, pool: PoolKey) -> list[Row]:
        if code in self._storages:
            storage = self._storages[code]
            return [
                Row(pool, Part.CHARGED, code, Way.ALONG, None, storage),
                Row(pool, Part.DISCHARGED, code, Way.AGAINST, None, storage),
            ]
        if self._standing[code].role == Role.GENERATION:
            return [Row(pool, Part.USED, code, Way.ALONG), Row(pool, Part.GENERATED, code, Way.AGAINST)]
        if code in self._givers:
            return [Row(pool, Part.CONVERTED, code, Way.ALONG, None, self._givers[code])]
        if code in self._takers:
            taken = Row(pool, Part.TAKEN, code, Way.ALONG, None, self._takers[code])
            behind = self._behind_another(code)
            return [taken, Row(pool, Part.USED, code, Way.ALONG, sign=-1)] if behind else [taken]
        return [] if self._behind_another(code) else [Row(pool, Part.USED, code, Way.ALONG)]

    def _behind_another(self, code: str) -> bool:
        """Whether a meter of the same carrier that counts already stands between it and the boundary."""
        for meter in lineage(code, self._upstream)[1:]:
            if meter not in self._standing or self._carriers[meter] != self._carriers[code]:
                continue
            if self._standing[meter].role == Role.BOUNDARY or meter in self._givers:
                return False
            if self._standing[meter].role == Role.LOAD:
                return True
        return False
