"""The libraries of the park, each entry with who published it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Response
from msgspec import Meta, Struct

from accounting.factors import Factor, lineage
from accounting.prices import PriceTable
from accounting.quantity import CATALOGUE
from accounting.tariff import Tariff
from ingest.template import Template
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.reports.names import Name
from telemetry.settings.plan import Plan


class DeviceEntry(Struct, frozen=True):
    """A device template."""

    code: str
    name: Name
    protocol: Annotated[str, Meta(description="Kind of the source behind which it stands")]
    carriers: list[str]
    values: Annotated[int, Meta(description="Quantities that it shows")]
    source: Annotated[str, Meta(description="Where its map was published")]
    verified: Annotated[bool, Meta(description="The map was confirmed against its source")]


class DeviceList(Struct, frozen=True):
    """By code; regions are those that factors are for."""

    devices: list[DeviceEntry]
    regions: list[str]


DEVICES_EXAMPLE = DeviceList(
    [
        DeviceEntry(
            "eastron-sdm630",
            Name("Eastron SDM630", "Eastron SDM630"),
            "modbus",
            ["electricity"],
            24,
            "Eastron SDM630 Modbus protocol",
            verified=True,
        )
    ],
    ["CN", "CN-GD"],
)


class PublishedFactor(Struct, frozen=True):
    """A factor as it was published."""

    id: str
    name: Name
    value: float
    unit: Annotated[str, Meta(examples=["kgCO2/kWh"])]
    scope: int | None
    region: str
    purpose: str
    item: str
    year: Annotated[int | None, Meta(description="Data year; null: of no year")]
    valid_from: date | None
    valid_to: date | None
    withdrawn: Annotated[date | None, Meta(description="From when a later edition stands instead")]
    edition: str
    published: date | None
    source: str


class FactorList(Struct, frozen=True):
    """Every factor of the library, the newest year of each purpose first."""

    regions: Annotated[list[str], Meta(description="That answer for the park, the nearest first")]
    factors: list[PublishedFactor]


class PublishedPrices(Struct, frozen=True):
    """Prices of the bands for a stretch of days."""

    series: str
    name: Name
    valid_from: date
    valid_to: date | None
    unit: str
    prices: dict[str, str]
    curve: Annotated[int, Meta(description="How many prices a day, in place of those of the bands")]
    source: str


class PublishedTariff(Struct, frozen=True):
    """A tariff of the library."""

    code: str
    name: Name
    region: str
    document: str
    currency: str
    valid_from: date | None
    valid_to: date | None
    fictitious: bool
    source: str
    here: Annotated[bool, Meta(description="The park's own is this one")]
    tables: Annotated[list[PublishedPrices], Meta(description="The newest first")]


class TariffList(Struct, frozen=True):
    """The park's own first."""

    tariffs: list[PublishedTariff]


FACTORS_EXAMPLE = FactorList(
    ["CN-GD", "CN"],
    [
        PublishedFactor(
            "cn-grid-average-2023",
            Name("National grid, average", "全国电力平均"),
            0.5306,
            "kgCO2/kWh",
            2,
            "CN",
            "scope2_location",
            "electricity",
            2023,
            date(2023, 1, 1),
            date(2023, 12, 31),
            None,
            "2023",
            date(2025, 11, 7),
            "MEE and NBS",
        )
    ],
)
TARIFFS_EXAMPLE = TariffList(
    [
        PublishedTariff(
            "demo-park",
            Name("Fictitious prices", "虚构电价"),
            "CN-GD",
            "",
            "CNY",
            None,
            None,
            fictitious=True,
            source="made up for the demonstration",
            here=True,
            tables=[
                PublishedPrices(
                    "all",
                    Name("All", "全部"),
                    date(2026, 1, 1),
                    None,
                    "CNY/kWh",
                    {"peak": "1.08"},
                    0,
                    "made up",
                )
            ],
        )
    ]
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["library"])

    @routes.get("/library/devices", responses=documented("Templates", DeviceList), summary="Device templates")
    def devices() -> Response:
        """Those shipped and the park's own."""
        library = dependencies.plan.library
        found = [_device(each) for _, each in sorted(library.devices.items())]
        return answer(DeviceList(found, sorted({factor.region for factor in library.factors})))

    @routes.get("/library/factors", responses=documented("Factors", FactorList), summary="Factors")
    def factors() -> Response:
        """Each with its source, edition and the days that it is for."""
        return answer(_factors(dependencies.plan))

    @routes.get("/library/tariffs", responses=documented("Tariffs", TariffList), summary="Tariffs")
    def tariffs() -> Response:
        """Each with the document that it follows and its tables of prices."""
        plan = dependencies.plan
        own = plan.tariff.code if plan.tariff else ""
        found = [_tariff(each, here=code == own) for code, each in sorted(plan.library.tariffs.items())]
        return answer(TariffList(sorted(found, key=lambda each: not each.here)))

    return routes


def _factors(plan: Plan) -> FactorList:
    library = plan.library
    own = list(lineage(library.regions, plan.site.region)) if plan.site else []
    ordered = sorted(
        library.factors, key=lambda each: (each.purpose, each.item, -(each.year or 0), each.region)
    )
    return FactorList(own, [_factor(each) for each in ordered])


def _factor(of: Factor) -> PublishedFactor:
    return PublishedFactor(
        id=of.id,
        name=Name(of.name_en, of.name_zh),
        value=of.value,
        unit=f"{of.unit_numerator}/{of.unit_denominator}",
        scope=of.scope,
        region=of.region,
        purpose=of.purpose,
        item=of.item,
        year=of.year,
        valid_from=of.valid_from,
        valid_to=of.valid_to,
        withdrawn=of.withdrawn,
        edition=of.edition,
        published=of.published,
        source=of.source,
    )


def _tariff(of: Tariff, *, here: bool) -> PublishedTariff:
    newest = sorted(of.prices, key=lambda each: each.valid_from, reverse=True)
    return PublishedTariff(
        code=of.code,
        name=Name.of(of.name),
        region=of.region,
        document=of.document,
        currency=of.currency,
        valid_from=of.valid_from,
        valid_to=of.valid_to,
        fictitious=of.fictitious,
        source=of.source,
        here=here,
        tables=[_prices(each) for each in newest],
    )


def _prices(of: PriceTable) -> PublishedPrices:
    return PublishedPrices(
        series=of.series,
        name=Name.of(of.name),
        valid_from=of.valid_from,
        valid_to=of.valid_to,
        unit=of.unit,
        prices={band: str(price) for band, price in of.prices.items()},
        curve=len(of.curve),
        source=of.source,
    )


def _device(of: Template) -> DeviceEntry:
    carriers = sorted({CATALOGUE[name].carrier.value for name in of.quantities})
    name = Name.of(of.name)
    return DeviceEntry(of.code, name, of.protocol, carriers, len(of.quantities), of.source, of.verified)
