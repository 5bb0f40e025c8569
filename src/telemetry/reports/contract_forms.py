"""Contracts for electricity and what suppliers say of theirs, as people post them."""

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated

from msgspec import Meta, Struct

from accounting.quantity import LARGEST
from telemetry.reports.errors import QueryError
from telemetry.reports.period import Period, span
from telemetry.storage.records import Draft, Sort

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_Name = Annotated[str, Meta(min_length=1, max_length=64)]
_Rate = Annotated[float, Meta(ge=0, le=LARGEST, description="As its document prints it", examples=[0.12])]
_Unit = Annotated[_Name, Meta(description="Mass of CO2 or CO2e per energy", examples=["kgCO2/kWh"])]
_Who = Annotated[_Word, Meta(description="Who answers for it", examples=["li.na"])]
SHARE = "%"

_KG_PER_KWH: Mapping[str, float] = MappingProxyType(
    {"kg/kWh": 1.0, "g/kWh": 1e-3, "t/kWh": 1e3, "kg/MWh": 1e-3, "g/MWh": 1e-6, "t/MWh": 1.0}
)


class PostedContract(Struct, frozen=True, forbid_unknown_fields=True):
    """Electricity that a consumer bought by a contract which says what it emits."""

    contract: Annotated[_Word, Meta(description="Its number", examples=["PPA-2026-08"])]
    supplier: Annotated[_Word, Meta(examples=["Yangjiang offshore wind"])]
    consumer: Annotated[_Name, Meta(description="Code of an area", examples=["E1"])]
    period: Period
    factor: _Rate
    factor_unit: _Unit
    source: Annotated[_Word, Meta(description="Where the factor is written", examples=["annex 3"])]
    who: _Who
    mwh: Annotated[float, Meta(ge=0, le=LARGEST, description="Bought in the period")] | None = None
    share_percent: (
        Annotated[float, Meta(gt=0, le=100, description="Of what the consumer buys, where no MWh are fixed")]
        | None
    ) = None
    note: Annotated[str, Meta(max_length=1000)] = ""


class PostedSupplierRate(Struct, frozen=True, forbid_unknown_fields=True):
    """What a supplier says that its electricity emits: for all that an area buys and nothing else serves."""

    supplier: Annotated[_Word, Meta(examples=["Guangdong Power Retail 3"])]
    area: Annotated[_Name, Meta(description="Code of the area that buys from it", examples=["E1"])]
    period: Period
    factor: _Rate
    factor_unit: _Unit
    edition: Annotated[_Name, Meta(examples=["disclosure 2025"])]
    published: Annotated[date, Meta(description="Day on which it was published")]
    source: Annotated[_Word, Meta(description="Where it is written")]
    who: _Who
    note: Annotated[str, Meta(max_length=1000)] = ""


def contract(posted: PostedContract) -> Draft:
    """Raises QueryError: field, value, reason."""
    first, last = span(posted.period, "period")
    if (posted.mwh is None) == (posted.share_percent is None):
        told = None if posted.mwh is None else f"{posted.mwh:g}"
        raise QueryError("mwh", told, "give either mwh or share_percent, and not both")
    per_kwh(posted.factor_unit)
    by_share = posted.share_percent is not None
    return Draft(
        sort=Sort.CONTRACT,
        area=posted.consumer,
        name=posted.supplier,
        first_day=first,
        last_day=last,
        amount=(posted.share_percent if by_share else posted.mwh) or 0.0,
        unit=SHARE if by_share else "MWh",
        document=posted.contract,
        factor=posted.factor,
        factor_unit=posted.factor_unit,
        source=posted.source,
        note=posted.note,
    )


def supplier_rate(posted: PostedSupplierRate) -> Draft:
    """Raises QueryError: field, value, reason."""
    first, last = span(posted.period, "period")
    per_kwh(posted.factor_unit)
    return Draft(
        sort=Sort.SUPPLIER_RATE,
        area=posted.area,
        name=posted.supplier,
        first_day=first,
        last_day=last,
        amount=100.0,
        unit=SHARE,
        document=posted.source,
        factor=posted.factor,
        factor_unit=posted.factor_unit,
        source=posted.source,
        edition=posted.edition,
        published=posted.published,
        note=posted.note,
    )


def per_kwh(unit: str, field: str = "factor_unit") -> tuple[str, float]:
    """The gas of a factor's unit, and its kg per kWh. Raises QueryError for another unit."""
    found = re.fullmatch(r"(g|kg|t)(CO2e?)/(kWh|MWh)", unit)
    if found is None:
        reason = "is no mass of CO2 or CO2e per kWh or MWh, such as kgCO2/kWh or tCO2e/MWh"
        raise QueryError(field, unit, reason)
    return found[2], _KG_PER_KWH[f"{found[1]}/{found[3]}"]
