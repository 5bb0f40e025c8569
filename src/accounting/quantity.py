"""The closed catalogue of quantities: what a meter can show, in one canonical unit each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """How a number behaves over time."""

    COUNTER = "counter"
    """Accumulates; may roll over or be reset."""
    GAUGE = "gauge"
    """Holds at an instant."""
    AMOUNT = "amount"
    """Belongs to an interval whose length the device declares."""


class Carrier(StrEnum):
    ELECTRICITY = "electricity"
    GAS = "gas"
    FUEL = "fuel"
    STEAM = "steam"
    HEAT = "heat"
    COOLING = "cooling"
    COMPRESSED_AIR = "compressed_air"
    WATER = "water"
    RECOVERED_HEAT = "recovered_heat"
    PRODUCTION = "production"
    AMBIENT = "ambient"


@dataclass(frozen=True, slots=True)
class Quantity:
    name: str
    carrier: Carrier
    unit: str
    kind: Kind
    en: str
    zh: str


def _three(name: str, unit: str, kind: Kind, en: str, zh: str) -> tuple[Quantity, ...]:
    return tuple(
        Quantity(f"{name}_l{n}", Carrier.ELECTRICITY, unit, kind, f"{en} L{n}", f"L{n}{zh}")
        for n in (1, 2, 3)
    )


def _line_to_line() -> tuple[Quantity, ...]:
    return tuple(
        Quantity(
            f"voltage_l{a}l{b}",
            Carrier.ELECTRICITY,
            "V",
            Kind.GAUGE,
            f"Voltage L{a}-L{b}",
            f"L{a}-L{b}线电压",
        )
        for a, b in ((1, 2), (2, 3), (3, 1))
    )


_E, _C, _G, _A = Carrier.ELECTRICITY, Kind.COUNTER, Kind.GAUGE, Kind.AMOUNT

_QUANTITIES: tuple[Quantity, ...] = (
    Quantity("energy_import", _E, "kWh", _C, "Energy import", "正向有功电能"),
    Quantity("energy_export", _E, "kWh", _C, "Energy export", "反向有功电能"),
    *_three("energy_import", "kWh", _C, "Energy import", "正向有功电能"),
    *_three("energy_export", "kWh", _C, "Energy export", "反向有功电能"),
    Quantity("reactive_import", _E, "kvarh", _C, "Reactive energy import", "正向无功电能"),
    Quantity("reactive_export", _E, "kvarh", _C, "Reactive energy export", "反向无功电能"),
    *_three("reactive_import", "kvarh", _C, "Reactive energy import", "正向无功电能"),
    *_three("reactive_export", "kvarh", _C, "Reactive energy export", "反向无功电能"),
    Quantity("apparent_energy", _E, "kVAh", _C, "Apparent energy", "视在电能"),
    Quantity("energy_import_amount", _E, "kWh", _A, "Energy import of the interval", "时段正向有功电能"),
    Quantity("energy_export_amount", _E, "kWh", _A, "Energy export of the interval", "时段反向有功电能"),
    Quantity("active_power", _E, "kW", _G, "Active power", "有功功率"),
    *_three("active_power", "kW", _G, "Active power", "有功功率"),
    Quantity("reactive_power", _E, "kvar", _G, "Reactive power", "无功功率"),
    *_three("reactive_power", "kvar", _G, "Reactive power", "无功功率"),
    Quantity("apparent_power", _E, "kVA", _G, "Apparent power", "视在功率"),
    *_three("apparent_power", "kVA", _G, "Apparent power", "视在功率"),
    Quantity("power_factor", _E, "1", _G, "Power factor", "功率因数"),
    *_three("power_factor", "1", _G, "Power factor", "功率因数"),
    Quantity("voltage", _E, "V", _G, "Voltage, mean line to neutral", "平均相电压"),
    *_three("voltage", "V", _G, "Voltage", "相电压"),
    *_line_to_line(),
    Quantity("current", _E, "A", _G, "Current, mean", "平均电流"),
    *_three("current", "A", _G, "Current", "电流"),
    Quantity("current_n", _E, "A", _G, "Neutral current", "中性线电流"),
    Quantity("frequency", _E, "Hz", _G, "Frequency", "频率"),
    *_three("thd_voltage", "%", _G, "Voltage THD", "电压总谐波畸变率"),
    *_three("thd_current", "%", _G, "Current THD", "电流总谐波畸变率"),
    Quantity("demand", _E, "kW", _G, "Demand shown by the meter", "表计需量"),
    Quantity("state_of_charge", _E, "%", _G, "State of charge", "荷电状态"),
    Quantity("gas_volume", Carrier.GAS, "m3", _C, "Gas volume, actual conditions", "燃气工况体积"),
    Quantity("gas_volume_0c", Carrier.GAS, "m3", _C, "Gas volume at 0 degC, 101.325 kPa", "燃气标况体积(0℃)"),
    Quantity("gas_volume_15c", Carrier.GAS, "m3", _C, "Gas volume at 15 degC, 101.325 kPa", "燃气体积(15℃)"),
    Quantity("gas_volume_20c", Carrier.GAS, "m3", _C, "Gas volume at 20 degC, 101.325 kPa", "燃气体积(20℃)"),
    Quantity("gas_flow", Carrier.GAS, "m3/h", _G, "Gas flow", "燃气流量"),
    Quantity("gas_pressure", Carrier.GAS, "kPa", _G, "Gas pressure", "燃气压力"),
    Quantity("gas_temperature", Carrier.GAS, "degC", _G, "Gas temperature", "燃气温度"),
    Quantity("fuel_volume", Carrier.FUEL, "L", _C, "Liquid fuel volume", "液体燃料体积"),
    Quantity("fuel_mass", Carrier.FUEL, "t", _C, "Fuel mass", "燃料质量"),
    Quantity("steam_mass", Carrier.STEAM, "t", _C, "Steam mass", "蒸汽质量"),
    Quantity("steam_energy", Carrier.STEAM, "GJ", _C, "Steam energy", "蒸汽热量"),
    Quantity("steam_flow", Carrier.STEAM, "t/h", _G, "Steam flow", "蒸汽流量"),
    Quantity("steam_pressure", Carrier.STEAM, "kPa", _G, "Steam pressure", "蒸汽压力"),
    Quantity("steam_temperature", Carrier.STEAM, "degC", _G, "Steam temperature", "蒸汽温度"),
    Quantity("heat_energy", Carrier.HEAT, "GJ", _C, "Heat", "热量"),
    Quantity("heat_power", Carrier.HEAT, "kW", _G, "Heat power", "热功率"),
    Quantity("heat_volume", Carrier.HEAT, "m3", _C, "Heat carrier volume", "载热体积"),
    Quantity("heat_flow", Carrier.HEAT, "m3/h", _G, "Heat carrier flow", "载热流量"),
    Quantity("heat_supply_temperature", Carrier.HEAT, "degC", _G, "Heat supply temperature", "供热温度"),
    Quantity("heat_return_temperature", Carrier.HEAT, "degC", _G, "Heat return temperature", "回热温度"),
    Quantity("cooling_energy", Carrier.COOLING, "GJ", _C, "Cooling", "冷量"),
    Quantity("cooling_power", Carrier.COOLING, "kW", _G, "Cooling power", "制冷功率"),
    Quantity(
        "cooling_supply_temperature",
        Carrier.COOLING,
        "degC",
        _G,
        "Chilled supply temperature",
        "冷冻供水温度",
    ),
    Quantity(
        "cooling_return_temperature",
        Carrier.COOLING,
        "degC",
        _G,
        "Chilled return temperature",
        "冷冻回水温度",
    ),
    Quantity(
        "air_volume",
        Carrier.COMPRESSED_AIR,
        "m3",
        _C,
        "Compressed air at 0 degC, 101.325 kPa",
        "压缩空气量(标况)",
    ),
    Quantity("air_flow", Carrier.COMPRESSED_AIR, "m3/h", _G, "Compressed air flow", "压缩空气流量"),
    Quantity("air_pressure", Carrier.COMPRESSED_AIR, "kPa", _G, "Compressed air pressure", "压缩空气压力"),
    Quantity("water_volume", Carrier.WATER, "m3", _C, "Water", "水量"),
    Quantity("water_flow", Carrier.WATER, "m3/h", _G, "Water flow", "水流量"),
    Quantity("recovered_heat_energy", Carrier.RECOVERED_HEAT, "GJ", _C, "Recovered heat", "回收余热"),
    Quantity(
        "recovered_heat_power", Carrier.RECOVERED_HEAT, "kW", _G, "Recovered heat power", "余热回收功率"
    ),
    Quantity("production_count", Carrier.PRODUCTION, "1", _C, "Pieces produced", "产量(件)"),
    Quantity("production_mass", Carrier.PRODUCTION, "t", _C, "Mass produced", "产量(质量)"),
    Quantity("running_hours", Carrier.PRODUCTION, "h", _C, "Running hours", "运行时间"),
    Quantity("ambient_temperature", Carrier.AMBIENT, "degC", _G, "Ambient temperature", "环境温度"),
    Quantity("ambient_humidity", Carrier.AMBIENT, "%", _G, "Relative humidity", "相对湿度"),
    Quantity("irradiance", Carrier.AMBIENT, "W/m2", _G, "Irradiance", "辐照度"),
)

LARGEST = 1e15
"""What nothing in a park comes to: beyond it a float64 no longer tells tenths apart, and sums overflow."""

CATALOGUE: Mapping[str, Quantity] = MappingProxyType({q.name: q for q in _QUANTITIES})
"""Every quantity by name, in column order."""
