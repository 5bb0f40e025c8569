"""The park: its areas, its tariff, and the catalogue of quantities."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from msgspec import Meta, Struct, structs

from accounting.quantity import CATALOGUE
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.api.parameters import site_of, zone_of
from telemetry.model import ConverterKind
from telemetry.reports.clock import Clock, clock
from telemetry.reports.names import Name
from telemetry.reports.steps import today
from telemetry.settings.plan import Plan
from telemetry.storage.tenancy import Scope


class AreaEntry(Struct, frozen=True):
    """A node of the organisation: park > enterprise > workshop > line > equipment."""

    code: str
    kind: Annotated[str, Meta(examples=["enterprise"])]
    parent: str | None
    name: Name


class QuantityEntry(Struct, frozen=True):
    """What a meter can show, in its one unit."""

    carrier: str
    unit: Annotated[str, Meta(examples=["kWh"])]
    kind: Annotated[str, Meta(description="counter, gauge or amount")]
    name: Name


class StorageEntry(Struct, frozen=True):
    """What takes energy and gives it again, with the one meter that shows both."""

    code: str
    meter: Annotated[str, Meta(description="Positive while it is charged")]
    name: Name


class BandEntry(Struct, frozen=True):
    """A band of the tariff; the highest rank is the dearest."""

    code: str
    name: Name
    rank: int


class TariffEntry(Struct, frozen=True):
    """What energy costs here by time of day."""

    code: str
    name: Name
    fictitious: Annotated[bool, Meta(description="Made up for a demonstration")]
    currency: str
    source: str
    bands: list[BandEntry]


class SiteAnswer(Struct, frozen=True):
    """The park."""

    code: str
    name: Name
    zone: Annotated[str, Meta(examples=["Asia/Shanghai"])]
    clock: Clock
    region: Annotated[str, Meta(description="Factor region", examples=["CN-GD"])]
    currency: str
    contract_kw: float | None
    tariff: TariffEntry | None
    areas: list[AreaEntry]
    storages: list[StorageEntry]
    quantities: dict[str, QuantityEntry]


QUANTITIES = {
    name: QuantityEntry(entry.carrier.value, entry.unit, entry.kind.value, Name(entry.en, entry.zh))
    for name, entry in CATALOGUE.items()
}
EXAMPLE = SiteAnswer(
    code="demo",
    name=Name("Demonstration park", "示范园区"),
    zone="Asia/Shanghai",
    clock=Clock(datetime(2025, 10, 24, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC), 28_800),
    region="CN-GD",
    currency="CNY",
    contract_kw=6300.0,
    tariff=TariffEntry(
        "demo-park",
        Name("Fictitious prices", "虚构电价"),
        fictitious=True,
        currency="CNY",
        source="made up for the demonstration",
        bands=[BandEntry("peak", Name("Peak", "峰"), 3)],
    ),
    areas=[AreaEntry("E1", "enterprise", "PARK", Name("Injection moulding", "注塑厂"))],
    storages=[StorageEntry("BAT", "BAT-M", Name("Battery", "储能"))],
    quantities={"active_power": QUANTITIES["active_power"]},
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["park"])

    @routes.get("/site", responses=documented("The park", SiteAnswer), summary="The park")
    def site() -> Response:
        """Areas, tariff, contract and the catalogue with its units; 404 until a park is described.

        Whoever is let in for single areas gets those areas, and no contract.
        """
        found, scope = _site(dependencies.plan), dependencies.database.scope()
        return answer(found if scope is None else _own(found, scope))

    return routes


def _site(plan: Plan) -> SiteAnswer:
    site = site_of(plan)
    day = today(zone_of(plan), datetime.now(UTC)).date()
    return SiteAnswer(
        code=site.code,
        name=Name.of(site.name),
        zone=site.zone,
        clock=clock(zone_of(plan), day),
        region=site.region,
        currency=site.currency,
        contract_kw=site.billing.demand_on(day) if site.billing else None,
        tariff=_tariff(plan),
        areas=[AreaEntry(a.code, a.kind.value, a.parent, Name.of(a.name)) for a in site.areas],
        storages=[
            StorageEntry(one.code, one.inputs[0], Name.of(one.name))
            for one in site.converters
            if one.kind is ConverterKind.STORAGE and one.holds(day)
        ],
        quantities=QUANTITIES,
    )


def _own(found: SiteAnswer, scope: Scope) -> SiteAnswer:
    areas = [area for area in found.areas if area.code in scope.areas]
    named = {area.code for area in areas}
    shown = [area if area.parent in named else structs.replace(area, parent=None) for area in areas]
    return structs.replace(found, contract_kw=None, areas=shown)


def _tariff(plan: Plan) -> TariffEntry | None:
    tariff = plan.tariff
    if tariff is None:
        return None
    bands = [BandEntry(b.code, Name.of(b.name), b.rank) for b in tariff.bands]
    return TariffEntry(
        tariff.code,
        Name.of(tariff.name),
        tariff.fictitious,
        tariff.currency,
        tariff.source,
        bands,
    )
