"""The demo park: what runs behind each meter of config/demo/sites/demo.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from telemetry.demo.shapes import Load, Solar, Week, every_day


@dataclass(frozen=True)
class Feeder:
    """Carries the meters below it, what nobody measures there, and its losses."""

    unmetered: Load | None = None
    rated: float = 1.0
    """Rate at which `load_loss` holds."""
    idle_loss: float = 0.0
    """Share of `rated`, always there."""
    load_loss: float = 0.0
    """Share of `rated` at full load; grows with the square of the load."""


@dataclass(frozen=True)
class Follower:
    """Follows other meters: heat off a compressor, cold from a chiller, pieces from machines."""

    of: tuple[str, ...]
    factor: float
    """Its rate for one unit of theirs."""


@dataclass(frozen=True)
class Station:
    """Measures the weather and counts nothing."""


Behind = Load | Solar | Feeder | Follower | Station

_LUNCH = ((12.0, 0.45), (13.0, 1.0))
_TWO_SHIFTS = Week(
    workday=((0.0, 0.12), (7.5, 0.5), (8.0, 1.0), *_LUNCH, (17.5, 0.7), (18.5, 0.92), (22.5, 0.12)),
    saturday=((0.0, 0.12), (8.0, 0.85), (12.0, 0.4), (13.0, 0.85), (17.5, 0.15)),
    sunday=((0.0, 0.08),),
)
_THREE_SHIFTS = Week(
    workday=((0.0, 0.8), (7.6, 0.55), (8.2, 1.0), (12.0, 0.75), (13.0, 1.0), (19.6, 0.6), (20.2, 0.9)),
    saturday=((0.0, 0.8), (8.2, 0.9), (12.0, 0.7), (13.0, 0.9), (20.2, 0.35)),
    sunday=((0.0, 0.18), (19.0, 0.45), (20.2, 0.8)),
)
_DAY_SHIFT = Week(
    workday=((0.0, 0.06), (7.5, 0.6), (8.0, 1.0), (12.0, 0.45), (13.0, 1.0), (17.5, 0.35), (19.0, 0.06)),
    saturday=((0.0, 0.06), (8.0, 0.25), (12.0, 0.06)),
    sunday=((0.0, 0.05),),
)
_BAKERY = Week(
    workday=(
        (0.0, 1.0),
        (3.0, 0.55),
        (3.6, 1.0),
        (6.5, 0.35),
        (9.0, 0.55),
        (12.0, 0.3),
        (17.0, 0.2),
        (21.5, 0.9),
    ),
    saturday=((0.0, 1.0), (3.0, 0.55), (3.6, 1.0), (6.5, 0.3), (12.0, 0.2), (21.5, 0.9)),
    sunday=((0.0, 1.0), (3.0, 0.55), (3.6, 1.0), (6.5, 0.15), (21.5, 0.9)),
)
_COLD = every_day((0.0, 0.8), (9.0, 0.95), (17.0, 1.0), (21.0, 0.85))
_FLAT = every_day((0.0, 0.97), (9.0, 1.0), (20.0, 0.98))
_OFFICE = Week(
    workday=((0.0, 0.15), (8.0, 0.8), (9.0, 1.0), (12.0, 0.7), (13.5, 1.0), (18.0, 0.5), (20.0, 0.2)),
    saturday=((0.0, 0.15), (9.0, 0.35), (17.0, 0.15)),
    sunday=((0.0, 0.15),),
)
_CHARGING = Week(
    workday=((0.0, 0.25), (6.0, 0.1), (8.0, 0.75), (11.0, 0.4), (13.0, 0.6), (17.0, 0.3), (21.0, 0.55)),
    saturday=((0.0, 0.2), (9.0, 0.35), (18.0, 0.2)),
    sunday=((0.0, 0.15), (10.0, 0.25), (20.0, 0.15)),
)
_NIGHT = every_day((0.0, 1.0), (6.2, 0.05), (18.2, 1.0))


def _shop_transformer(rated: float, unmetered: Load) -> Feeder:
    return Feeder(unmetered, rated, idle_loss=0.0016, load_loss=0.0085)


def _press(full: float, cycle_s: float, stops: float = 0.08) -> Load:
    return Load(full, _THREE_SHIFTS, noise=0.04, cycle_s=cycle_s, ripple=0.16, stops=stops)


def _compressor(full: float, week: Week) -> Load:
    return Load(full, week, noise=0.05, cycle_s=150, ripple=0.1)


def _chiller(full: float, week: Week) -> Load:
    return Load(full, week, noise=0.03, cycle_s=600, ripple=0.05, per_kelvin=0.03)


_COMMON: dict[str, Behind] = {
    "P-M01": Feeder(rated=6300, idle_loss=0.0013, load_loss=0.0070),
    "P-M02": Feeder(rated=3200, idle_loss=0.0011, load_loss=0.0080),
    "P-M03": Feeder(rated=3200, idle_loss=0.0011, load_loss=0.0080),
    "P-M04": _shop_transformer(630, Load(38, _OFFICE, per_kelvin=0.03)),
    "P-M05": Load(240, _CHARGING, noise=0.25),
    "P-M06": Load(48, every_day((0.0, 0.7), (9.0, 1.0), (22.0, 0.75)), cycle_s=420, ripple=0.12),
    "P-M07": Load(62, _NIGHT, noise=0.01),
    "P-M08": Solar(160),
    "P-G01": Feeder(Load(6, every_day((0.0, 0.0), (10.5, 1.0), (13.0, 0.1), (16.5, 0.9), (19.0, 0.0)))),
    "P-S01": Feeder(rated=4.5, idle_loss=0.012, load_loss=0.015),
    "P-W01": Feeder(Load(3.2, _OFFICE, noise=0.2)),
    "P-T01": Station(),
}
_MOULDING: dict[str, Behind] = {
    "A-M00": _shop_transformer(1600, Load(22, _OFFICE, per_kelvin=0.03)),
    "A-M01": Feeder(Load(48, _THREE_SHIFTS), 1000, load_loss=0.006),
    "A-M02": _press(85, 32),
    "A-M03": _press(85, 38),
    "A-M04": _press(120, 45),
    "A-M05": _press(120, 47, stops=0.14),
    "A-M06": _press(160, 58),
    "A-M07": _press(210, 72),
    "A-M08": Feeder(Load(14, _THREE_SHIFTS), 400, load_loss=0.006),
    "A-M09": _compressor(132, _THREE_SHIFTS),
    "A-M10": _chiller(118, _THREE_SHIFTS),
    "A-M11": Solar(360),
    "A-W01": Load(4.5, _THREE_SHIFTS, noise=0.15),
    "A-R01": Follower(("A-M09",), 0.68),
    "A-C01": Follower(("A-M09",), 8.7),
    "A-K01": Follower(("A-M10",), 4.4),
    "A-P01": Follower(tuple(f"A-M{n:02}" for n in range(2, 8)), 9.2),
}
_ELECTRONICS: dict[str, Behind] = {
    "B-M00": _shop_transformer(1600, Load(45, _OFFICE, per_kelvin=0.03)),
    "B-M01": Feeder(Load(32, _TWO_SHIFTS), 630, load_loss=0.006),
    "B-M02": Load(96, _TWO_SHIFTS, cycle_s=40, ripple=0.05, stops=0.05),
    "B-M03": Load(96, _TWO_SHIFTS, cycle_s=44, ripple=0.05, stops=0.05),
    "B-M04": Load(88, _TWO_SHIFTS, cycle_s=52, ripple=0.05, stops=0.1),
    "B-M05": Feeder(Load(120, _FLAT, noise=0.02), 800, load_loss=0.006),
    "B-M06": _chiller(190, _FLAT),
    "B-M07": _chiller(165, _TWO_SHIFTS),
    "B-M08": _compressor(110, _TWO_SHIFTS),
    "B-P01": Follower(("B-M02", "B-M03", "B-M04"), 31.0),
}
_PACKAGING: dict[str, Behind] = {
    "C-M00": _shop_transformer(1000, Load(35, _OFFICE, per_kelvin=0.03)),
    "C-M01": Load(265, _DAY_SHIFT, cycle_s=90, ripple=0.06, stops=0.06),
    "C-M02": Load(150, _DAY_SHIFT, cycle_s=50, ripple=0.08, stops=0.12),
    "C-M04": Solar(420),
    "C-S01": Load(2.1, _DAY_SHIFT, noise=0.06),
    "C-P01": Follower(("C-M01",), 0.018),
}
_FOOD: dict[str, Behind] = {
    "D-M00": _shop_transformer(800, Load(25, _OFFICE, per_kelvin=0.03)),
    "D-M01": Feeder(Load(18, _BAKERY), 400, load_loss=0.006),
    "D-M02": Load(140, _BAKERY, cycle_s=75, ripple=0.08, stops=0.03),
    "D-M03": Load(72, _BAKERY, cycle_s=36, ripple=0.1, stops=0.05),
    "D-M04": Load(165, _COLD, cycle_s=540, ripple=0.14, per_kelvin=0.02),
    "D-G01": Feeder(),
    "D-G02": Load(42, _BAKERY, noise=0.05, cycle_s=300, ripple=0.12),
    "D-G03": Load(66, _BAKERY, noise=0.04),
    "D-S01": Load(1.4, _BAKERY, noise=0.06),
    "D-W01": Load(7.5, _BAKERY, noise=0.15),
}
_DATA_ROOM: dict[str, Behind] = {
    "E-M00": _shop_transformer(2000, Load(24, _FLAT, noise=0.02)),
    "E-M01": Load(430, _FLAT, noise=0.015),
    "E-M02": Load(405, _FLAT, noise=0.015),
    "E-M03": _chiller(310, _FLAT),
    "E-K01": Follower(("E-M03",), 4.1),
}

PARK: Mapping[str, Behind] = MappingProxyType(
    _COMMON | _MOULDING | _ELECTRONICS | _PACKAGING | _FOOD | _DATA_ROOM
)
"""What is behind each meter, by its code."""
VOLTS: Mapping[str, float] = MappingProxyType(
    {"P-M01": 63509.0, "P-M02": 5774.0, "P-M03": 5774.0, "P-M04": 57.74}
    | {f"{enterprise}-M00": 57.74 for enterprise in "ABCDE"}
)
"""Line to neutral as the device shows it [V], where it is not 231: 110 kV, 10 kV, and 10 kV behind 100:1."""
