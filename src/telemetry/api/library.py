"""The libraries of the park, each entry with who published it."""

from typing import Annotated

from fastapi import APIRouter, Response
from msgspec import Meta, Struct

from accounting.quantity import CATALOGUE
from ingest.template import Template
from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.reports.names import Name


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


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["library"])

    @routes.get("/library/devices", responses=documented("Templates", DeviceList), summary="Device templates")
    def devices() -> Response:
        """Those shipped and the park's own."""
        library = dependencies.plan.library
        found = [_device(each) for _, each in sorted(library.devices.items())]
        return answer(DeviceList(found, sorted({factor.region for factor in library.factors})))

    return routes


def _device(of: Template) -> DeviceEntry:
    carriers = sorted({CATALOGUE[name].carrier.value for name in of.quantities})
    name = Name(of.name.en, of.name.zh)
    return DeviceEntry(of.code, name, of.protocol, carriers, len(of.quantities), of.source, of.verified)
