"""What people post because no meter shows it: checked field by field, and what became of each row."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct

from accounting.errors import FactorError, UnitError
from accounting.quantity import LARGEST
from accounting.scope1 import NET_OF_GROSS_GAS, NET_OF_GROSS_SOLID, net_value
from ingest.template import CODE
from telemetry.reports.activities import Rating
from telemetry.reports.contract_forms import PostedContract, PostedSupplierRate, contract, supplier_rate
from telemetry.reports.errors import QueryError
from telemetry.reports.forms import converted
from telemetry.reports.period import Period, span
from telemetry.storage.records import Draft, Sort, span_of
from telemetry.storage.tenancy import Scope

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_Name = Annotated[str, Meta(min_length=1, max_length=64)]
_Who = Annotated[_Word, Meta(description="Who answers for it", examples=["li.na"])]
_Amount = Annotated[float, Meta(ge=0, le=LARGEST)]
_Positive = Annotated[float, Meta(gt=0, le=LARGEST)]


class PostedActivity(Struct, frozen=True, forbid_unknown_fields=True):
    """Something burnt, bought or let go that no meter shows."""

    period: Period
    enterprise: Annotated[_Name, Meta(description="Code of an area", examples=["E1"])]
    kind: Annotated[_Name, Meta(description="diesel, natural_gas, heat, r410a ...", examples=["diesel"])]
    amount: Annotated[_Amount, Meta(examples=[1.25])]
    unit: Annotated[_Name, Meta(description="A gas says at which temperature: m3_20c", examples=["t"])]
    document: Annotated[_Word, Meta(description="Where it is written", examples=["invoice 2026-0517"])]
    who: _Who
    heating_value: Annotated[_Positive, Meta(description="Measured, net [GJ per unit]")] | None = None
    gross_heating_value: (
        Annotated[_Positive, Meta(description="Measured, gross; net of it by IPCC's 0.90 or 0.95")] | None
    ) = None
    note: Annotated[str, Meta(max_length=1000)] = ""


class PostedCertificate(Struct, frozen=True, forbid_unknown_fields=True):
    """Proof that a consumer used green power; its number in the registry counts once."""

    registry_id: Annotated[_Word, Meta(examples=["GEC-2026-000417"])]
    vintage: Annotated[
        str, Meta(pattern=r"^\d{4}(-\d{2})?$", description="Year or month of generation", examples=["2026"])
    ]
    mwh: Annotated[_Amount, Meta(examples=[120.0])]
    technology: Annotated[_Name, Meta(examples=["solar"])]
    generator: Annotated[_Word, Meta(examples=["Yangjiang wind farm 2"])]
    consumer: Annotated[_Name, Meta(description="Code of an area", examples=["E1"])]
    interval: Annotated[Period, Meta(examples=["2026-05"])]
    who: _Who
    note: Annotated[str, Meta(max_length=1000)] = ""


class PostedProduction(Struct, frozen=True, forbid_unknown_fields=True):
    """What was made, or another figure that energy and carbon are set against."""

    period: Period
    enterprise: Annotated[_Name, Meta(description="Code of an area", examples=["E1"])]
    product: Annotated[
        _Name,
        Meta(description="A code; output_value, added_value and floor_area among them", examples=["bottle"]),
    ]
    quantity: Annotated[_Amount, Meta(examples=[48000.0])]
    unit: Annotated[_Name, Meta(examples=["piece"])]
    who: _Who
    document: Annotated[str, Meta(max_length=200, examples=["shift book 22"])] = ""
    note: Annotated[str, Meta(max_length=1000)] = ""


Posted = PostedActivity | PostedCertificate | PostedProduction | PostedContract | PostedSupplierRate
FORMS: Mapping[Sort, type[Posted]] = {
    Sort.ACTIVITY: PostedActivity,
    Sort.CERTIFICATE: PostedCertificate,
    Sort.PRODUCTION: PostedProduction,
    Sort.CONTRACT: PostedContract,
    Sort.SUPPLIER_RATE: PostedSupplierRate,
}


_AREA_FIELDS = {Sort.CERTIFICATE: "consumer", Sort.CONTRACT: "consumer", Sort.SUPPLIER_RATE: "area"}


@dataclass(frozen=True, slots=True)
class Checks:
    """What a row is checked against."""

    areas: frozenset[str]
    rating: Rating
    today: date
    scope: Scope | None = None
    """Of whoever posts, where they are let in for single areas."""

    def draft(self, sort: Sort, row: Any) -> tuple[Draft, str]:  # noqa: ANN401  # JSON
        """The row and who answers for it. Raises QueryError: field, value, reason."""
        posted = converted(row, FORMS[sort])
        draft = _DRAFTS[sort](posted)
        self._check(draft, _AREA_FIELDS.get(sort, "enterprise"))
        if sort is Sort.ACTIVITY:
            self._fits(draft)
        return draft, posted.who

    def _check(self, draft: Draft, area_field: str) -> None:
        if draft.area not in self.areas or (self.scope and draft.area not in self.scope.areas):
            raise QueryError(area_field, draft.area, "no area has this code; GET /api/v1/site lists them")
        if draft.first_day > self.today:
            field = "interval" if draft.sort is Sort.CERTIFICATE else "period"
            raise QueryError(field, str(draft.first_day), "has not begun yet")
        if self.scope and not self.scope.keeps(draft.area, *span_of(draft, self.rating.zone)):
            days = f"{draft.first_day}/{draft.last_day}"
            raise QueryError("period", days, f"{draft.area} is not yours on all of these days")
        if draft.published is not None and draft.published > self.today:
            raise QueryError("published", str(draft.published), "has not come yet")

    def _fits(self, draft: Draft) -> None:
        try:
            self.rating.kinds.check(draft.name, draft.unit, self.rating.regions)
        except FactorError as error:
            raise QueryError("kind", draft.name, str(error)) from error
        except UnitError as error:
            raise QueryError("unit", draft.unit, str(error)) from error
        if draft.heating_value is not None and not self.rating.kinds.has_carbon(draft.name):
            reason = f"cannot be used: no carbon content of {draft.name} is known"
            raise QueryError("heating_value", str(draft.heating_value), reason)


def _activity(posted: PostedActivity) -> Draft:
    first, last = span(posted.period, "period")
    return Draft(
        sort=Sort.ACTIVITY,
        area=posted.enterprise,
        name=posted.kind,
        first_day=first,
        last_day=last,
        amount=posted.amount,
        unit=posted.unit,
        document=posted.document,
        heating_value=_net(posted),
        note=posted.note,
    )


def _net(posted: PostedActivity) -> float | None:
    """The net heating value that was measured, or what the gross one comes to. Raises QueryError for both."""
    net, gross = posted.heating_value, posted.gross_heating_value
    if gross is None:
        return net
    if net is not None:
        raise QueryError("gross_heating_value", str(gross), "stands beside a net one; give one of them")
    return float(net_value(gross, NET_OF_GROSS_GAS if "m3" in posted.unit else NET_OF_GROSS_SOLID))


def _certificate(posted: PostedCertificate) -> Draft:
    first, last = span(posted.interval, "interval")
    return Draft(
        sort=Sort.CERTIFICATE,
        area=posted.consumer,
        name=posted.technology,
        first_day=first,
        last_day=last,
        amount=posted.mwh,
        unit="MWh",
        document=posted.registry_id,
        generator=posted.generator,
        vintage=posted.vintage,
        note=posted.note,
    )


def _production(posted: PostedProduction) -> Draft:
    first, last = span(posted.period, "period")
    if not re.fullmatch(CODE, posted.product):
        raise QueryError("product", posted.product, "is no code: letters, digits, _ . and - alone")
    return Draft(
        sort=Sort.PRODUCTION,
        area=posted.enterprise,
        name=posted.product,
        first_day=first,
        last_day=last,
        amount=posted.quantity,
        unit=posted.unit,
        document=posted.document,
        note=posted.note,
    )


_DRAFTS: Mapping[Sort, Callable[[Any], Draft]] = {
    Sort.ACTIVITY: _activity,
    Sort.CERTIFICATE: _certificate,
    Sort.PRODUCTION: _production,
    Sort.CONTRACT: contract,
    Sort.SUPPLIER_RATE: supplier_rate,
}
