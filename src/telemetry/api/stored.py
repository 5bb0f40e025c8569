"""How much room the database takes."""

from typing import Annotated

from fastapi import APIRouter, Response
from msgspec import Meta, Struct

from telemetry.api.answers import answer, documented
from telemetry.api.dependencies import Dependencies
from telemetry.storage.extent import Extent, extent

_SHOWN = 12


class RelationEntry(Struct, frozen=True):
    """One table with its chunks and indexes."""

    name: str
    bytes: int
    rows: Annotated[int, Meta(description="As the server estimates them")]


class StorageAnswer(Struct, frozen=True):
    """The database and its largest tables."""

    server: Annotated[str, Meta(examples=["timescaledb community", "postgresql"])]
    version: str
    database: str
    bytes: int
    other_bytes: Annotated[int, Meta(description="Smaller tables, columns packed apart, the server's own")]
    relations: Annotated[list[RelationEntry], Meta(description="The largest first")]


EXAMPLE = StorageAnswer(
    "postgresql",
    "18.1",
    "parkwatt",
    84_000_000,
    12_000_000,
    [RelationEntry("reading", 72_000_000, 1_500_000)],
)


def router(dependencies: Dependencies) -> APIRouter:
    routes = APIRouter(tags=["settlement"])

    @routes.get("/storage", responses=documented("The database", StorageAnswer), summary="Room taken")
    def storage() -> Response:
        """What lies in the database, and which server it is."""
        with dependencies.database.connection() as conn:
            return answer(_told(extent(conn)))

    return routes


def _told(found: Extent) -> StorageAnswer:
    largest = [RelationEntry(one.name, one.bytes, one.rows) for one in found.relations[:_SHOWN]]
    rest = max(0, found.bytes - sum(one.bytes for one in largest))
    return StorageAnswer(found.server.value, found.version, found.name, found.bytes, rest, largest)
