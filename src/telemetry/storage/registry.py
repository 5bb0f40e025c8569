"""What the database knows of areas and meters, and how a site's file enters it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Json

from accounting.grid import to_us
from accounting.recipes import GAS_STATE
from telemetry.instrument import Replacement
from telemetry.model import Area, Meter, Site
from telemetry.storage import dirty, edition, formulas, occupancy, queries
from telemetry.storage.dirty import Marks, Stage
from telemetry.storage.pool import Connections, Database
from telemetry.storage.terms import BEGINNING, MeterTerm, first_difference, timeline

_SQL = queries.beside(__file__)
_OCCUPANCY = ("area", "meter", "enterprise", "since", "until")


@dataclass(frozen=True, slots=True)
class RegisteredArea:
    id: int
    code: str
    kind: str
    parent: str | None
    name_en: str
    name_zh: str
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RegisteredMeter:
    id: int
    code: str
    name_en: str
    name_zh: str
    carrier: str
    source: str | None
    """None for a virtual meter."""
    device: str | None
    address: str | None
    serial: str | None
    rated_kw: float | None
    max_gap_s: float
    interval_s: float
    stamp: str
    rollover: Mapping[str, float]
    """Quantity -> the value at which its counter starts again."""
    removed_at: datetime | None
    terms: tuple[MeterTerm, ...]
    """From the first to the last; the first holds from the beginning."""
    gas: Mapping[str, Any] | None = None
    """What makes its volume at actual conditions one at 0 degC: pressure, supply_kpa, supply_celsius."""
    replacements: Sequence[Mapping[str, Any]] = ()
    """In order: another device from `us` on; `ends` and `starts` by quantity, as the devices show them."""

    @property
    def declared(self) -> frozenset[str]:
        """What recipes may need besides quantities."""
        return frozenset({GAS_STATE}) if self.gas else frozenset()

    def at(self, moment: datetime) -> MeterTerm:
        """What the meter is at a moment."""
        held = [term for term in self.terms if term.valid_from <= moment]
        return held[-1] if held else self.terms[0]

    @property
    def virtual(self) -> bool:
        """Whether a formula makes it, now."""
        return self.terms[-1].formula is not None


@dataclass(frozen=True)
class Registry:
    """Every area and meter that ever was; those out of service have a `removed_at`."""

    areas: tuple[RegisteredArea, ...]
    meters: tuple[RegisteredMeter, ...]

    @cached_property
    def by_code(self) -> Mapping[str, RegisteredMeter]:
        return {meter.code: meter for meter in self.meters}

    @cached_property
    def by_id(self) -> Mapping[int, RegisteredMeter]:
        return {meter.id: meter for meter in self.meters}


def load(db: Connections) -> Registry:
    with db.connection() as conn:
        return read(conn)


def read(conn: Connection[Any], meter_ids: Sequence[int] | None = None) -> Registry:
    """All meters, or those of `meter_ids` alone."""
    asked = {"meters": None if meter_ids is None else [*meter_ids]}
    areas = conn.cursor(row_factory=class_row(RegisteredArea)).execute(_SQL["areas"]).fetchall()
    terms: dict[int, list[MeterTerm]] = {}
    for meter_id, *term in conn.execute(_SQL["terms"], asked):
        terms.setdefault(meter_id, []).append(MeterTerm(*term))
    rows = conn.cursor(row_factory=dict_row).execute(_SQL["meters"], asked).fetchall()
    return Registry(
        tuple(areas), tuple(RegisteredMeter(**row, terms=tuple(terms[row["id"]])) for row in rows)
    )


def apply_site(db: Database, site: Site, now: datetime) -> Registry:
    """Make the database hold what the site's file says, from `now` on where the file gives no date.

    What the file no longer names goes out of service and keeps its data. A changed multiplier, rollover or
    gap
    marks the readings of its time as dirty, a changed region the statement.
    """
    with db.connection() as conn:
        edition.change(conn)
        _site(conn, site)
        _areas(conn, site.areas, now)
        _meters(conn, site, now)
        _occupancies(conn, site)
        return read(conn)


def _site(conn: Connection[Any], site: Site) -> None:
    row = {"code": site.code, "en": site.name.en, "zh": site.name.zh, "zone": site.zone}
    conn.execute(_SQL["put_site"], row)


def _areas(conn: Connection[Any], areas: Iterable[Area], now: datetime) -> None:
    rows = [
        {"code": a.code, "kind": a.kind, "parent": a.parent, "en": a.name.en, "zh": a.name.zh} for a in areas
    ]
    conn.cursor().executemany(_SQL["put_area"], rows)
    conn.execute(_SQL["remove_areas"], {"codes": [row["code"] for row in rows], "now": now})


def _occupancies(conn: Connection[Any], site: Site) -> None:
    """What stands as it is in the file stays untouched."""
    zone = ZoneInfo(site.zone)
    wanted = {(o.area, o.meter, o.enterprise, *o.span(zone)) for o in site.occupancies}
    standing = {tuple(row): number for number, *row in conn.execute(_SQL["occupancies"])}
    gone = [number for row, number in standing.items() if row not in wanted]
    conn.execute(_SQL["drop_occupancies"], {"ids": gone})
    new = sorted(wanted - standing.keys(), key=str)
    conn.cursor().executemany(_SQL["put_occupancy"], [dict(zip(_OCCUPANCY, row, strict=True)) for row in new])
    occupancy.give_way(conn)


def _meters(conn: Connection[Any], site: Site, now: datetime) -> None:
    for meter in site.meters:
        _put(conn, meter)
    conn.execute(_SQL["remove_meters"], {"codes": [meter.code for meter in site.meters], "now": now})
    known = {code: (meter_id, _terms_of(conn, meter_id)) for meter_id, code in conn.execute(_SQL["ids"])}
    new = {m.code: timeline(m, site.region, known[m.code][1], now) for m in site.meters}
    standing = {code: terms for code, (_, terms) in known.items()}
    formulas.replace(conn, standing | new)
    for code, terms in new.items():
        _redate(conn, *known[code], terms)


def _put(conn: Connection[Any], meter: Meter) -> None:
    columns = _columns(meter)
    resettled = conn.execute(_SQL["settles_otherwise"], columns).fetchone()
    conn.execute(_SQL["put_meter"], columns)
    if resettled is not None:
        dirty.mark_readings_since(conn, resettled[0], BEGINNING)
        _mark_told(conn, resettled[0], [*resettled[1], *map(_replacement, meter.replacements)])


def _mark_told(conn: Connection[Any], meter_id: int, replacements: Sequence[Mapping[str, Any]]) -> None:
    """What people read at a replacement stands, or stood, where no reading may be."""
    at = np.array([each["us"] for each in replacements], np.int64)
    dirty.mark(conn, Stage.ENERGY, Marks(np.full(len(at), meter_id, np.int32), at, at))


def _columns(meter: Meter) -> dict[str, object]:
    return {
        "code": meter.code,
        "en": meter.name.en,
        "zh": meter.name.zh,
        "carrier": meter.carrier,
        "source": meter.source or None,
        "device": meter.device,
        "address": None if meter.address is None else str(meter.address),
        "serial": meter.serial,
        "rated_kw": meter.rated_kw,
        "max_gap_s": meter.max_gap_s,
        "interval_s": meter.interval_s,
        "stamp": meter.stamp,
        "rollover": Json(meter.counter_digits),
        "gas": Json(meter.gas.model_dump()) if meter.gas else None,
        "replacements": Json(sorted(map(_replacement, meter.replacements), key=itemgetter("us"))),
    }


def _replacement(of: Replacement) -> dict[str, object]:
    return {"us": to_us(of.since), "ends": of.ends, "starts": of.starts}


def _terms_of(conn: Connection[Any], meter_id: int) -> tuple[MeterTerm, ...]:
    return tuple(MeterTerm(*row) for row in conn.execute(_SQL["terms_of"], {"meter_id": meter_id}))


def _redate(
    conn: Connection[Any], meter_id: int, old: tuple[MeterTerm, ...], new: tuple[MeterTerm, ...]
) -> None:
    if old == new:
        return
    conn.execute(_SQL["drop_terms"], {"meter_id": meter_id})
    rows = [
        asdict(term) | {"meter_id": meter_id, "formula": term.formula and Json(term.formula)} for term in new
    ]
    conn.cursor().executemany(_SQL["put_term"], rows)
    if rescaled := first_difference(old, new, "multiplier"):
        dirty.mark_readings_since(conn, meter_id, rescaled)
    if moved := first_difference(old, new, "region"):
        dirty.mark_energy_since(conn, meter_id, moved)
    if reckoned := first_difference(old, new, "formula"):
        formulas.mark(conn, meter_id, reckoned)
    if new[-1].formula and (counted := first_difference(old, new, "role")):
        dirty.mark_energy_since(conn, meter_id, counted)
