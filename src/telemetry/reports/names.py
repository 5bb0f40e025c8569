"""The names in both languages of what reports group by."""

from typing import Annotated, Protocol

from msgspec import Meta, Struct

from accounting.quantity import Carrier
from telemetry.reports.membership import By
from telemetry.storage.registry import Registry


class _Label(Protocol):
    """What a file names in both languages, whatever reads the file."""

    @property
    def en(self) -> str: ...

    @property
    def zh(self) -> str: ...


class Name(Struct, frozen=True):
    """A name in both languages."""

    en: Annotated[str, Meta(examples=["Injection moulding"])]
    zh: Annotated[str, Meta(examples=["注塑厂"])]

    @classmethod
    def of(cls, label: _Label) -> "Name":
        return cls(label.en, label.zh)


CARRIERS = {
    Carrier.ELECTRICITY: Name("Electricity", "电力"),
    Carrier.GAS: Name("Natural gas", "天然气"),
    Carrier.FUEL: Name("Other fuels", "其他燃料"),
    Carrier.STEAM: Name("Steam", "蒸汽"),
    Carrier.HEAT: Name("Heat", "热力"),
    Carrier.COOLING: Name("Cooling", "冷量"),
    Carrier.COMPRESSED_AIR: Name("Compressed air", "压缩空气"),
    Carrier.WATER: Name("Water", "水"),
    Carrier.RECOVERED_HEAT: Name("Recovered heat", "余热回收"),
    Carrier.PRODUCTION: Name("Production", "产量"),
    Carrier.AMBIENT: Name("Ambient", "环境"),
}
SCOPES = {
    "1": Name("Scope 1, direct", "范围一 直接排放"),
    "2": Name("Scope 2, purchased energy", "范围二 外购能源"),
    "3": Name("Scope 3, value chain", "范围三 价值链"),
}


def name_of(by: By, key: str, registry: Registry) -> Name:
    """The name of a group."""
    if by is By.CARRIER:
        return CARRIERS[Carrier(key)]
    if by is By.SCOPE:
        return SCOPES[key]
    if by is By.METER:
        meter = registry.by_code[key]
        return Name(meter.name_en, meter.name_zh)
    area = next(area for area in registry.areas if area.code == key)
    return Name(area.name_en, area.name_zh)
