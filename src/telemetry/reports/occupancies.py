"""Who occupies what: as it is told, said by people beside the site's file, ended and withdrawn."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from telemetry.model import AreaKind
from telemetry.reports.errors import QueryError
from telemetry.reports.forms import converted
from telemetry.storage import occupancy, registry
from telemetry.storage.occupancy import FILE, Draft, Standing
from telemetry.storage.pool import Transaction

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_Code = Annotated[str, Meta(min_length=1, max_length=64)]
_DAY = timedelta(days=1)


class PostedOccupancy(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """An enterprise that uses an area or a meter; one of both is named."""

    enterprise: Annotated[_Code, Meta(description="Code of its area", examples=["E2"])]
    area: Annotated[_Code | None, Meta(description="With all that stands in it", examples=["HALL-3"])] = None
    meter: _Code | None = None
    from_: Annotated[date | None, Meta(description="First day; null: from the beginning")] = None
    to: Annotated[date | None, Meta(description="Last day; null: without an end")] = None


class PostedOccupancyEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """When it moves out."""

    to: Annotated[date, Meta(description="Last day")]


class OccupancyEntry(Struct, frozen=True, rename={"from_": "from"}):
    """One occupancy; days are the park's."""

    id: int
    area: str | None
    meter: str | None
    enterprise: str
    from_: Annotated[date | None, Meta(description="First day; null: from the beginning")]
    to: Annotated[date | None, Meta(description="Last day; null: without an end")]
    managed_by: Annotated[str, Meta(description="file: it is changed in the site's file; people: here")]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where occupancies are said, ended and withdrawn, in one transaction."""

    tx: Transaction
    zone: ZoneInfo

    def listed(self) -> list[OccupancyEntry]:
        return [self._entry(each) for each in occupancy.listed(self.tx)]

    def put(self, body: Any) -> OccupancyEntry:  # noqa: ANN401  # JSON
        """Raises QueryError with the field at fault."""
        posted = converted(body, PostedOccupancy)
        occupancy.lock(self.tx)
        self._check(posted)
        draft = self._draft(posted)
        self._alone(draft, None)
        return self._entry(self._one(occupancy.put(self.tx, draft)))

    def end(self, number: int, body: Any) -> OccupancyEntry:  # noqa: ANN401  # JSON
        """Raises QueryError."""
        until = self._midnight(converted(body, PostedOccupancyEnd).to + _DAY)
        occupancy.lock(self.tx)
        found = self._own(number)
        if until <= found.since:
            raise QueryError("to", (until - _DAY).astimezone(self.zone).date(), "is before its first day")
        self._alone(Draft(**_facts(found) | {"until": until}), number)
        occupancy.end(self.tx, number, until)
        return self._entry(self._one(number))

    def withdraw(self, number: int) -> OccupancyEntry:
        """Raises QueryError."""
        occupancy.lock(self.tx)
        found = self._own(number)
        occupancy.remove(self.tx, number)
        return self._entry(found)

    def _check(self, posted: PostedOccupancy) -> None:
        known = registry.read(self.tx)
        kinds = {area.code: area.kind for area in known.areas if area.removed_at is None}
        if (posted.area is None) == (posted.meter is None):
            raise QueryError("area", posted.area, "name an area or a meter, one of both")
        if posted.area is not None and posted.area not in kinds:
            raise QueryError("area", posted.area, "no area has this code")
        if posted.meter is not None and posted.meter not in known.by_code:
            raise QueryError("meter", posted.meter, "no meter has this code")
        if kinds.get(posted.enterprise) != AreaKind.ENTERPRISE:
            raise QueryError("enterprise", posted.enterprise, "is no area of kind enterprise")
        if posted.from_ and posted.to and posted.to < posted.from_:
            raise QueryError("to", posted.to, f"is before from, {posted.from_}")

    def _alone(self, draft: Draft, number: int | None) -> None:
        place = (draft.area, draft.meter)
        for other in occupancy.listed(self.tx):
            if other.id == number or (other.area, other.meter) != place or not _overlap(draft, other):
                continue
            entry = self._entry(other)
            span = f"{entry.from_ or 'the beginning'} to {entry.to or 'further notice'}"
            reason = f"number {other.id} says {other.enterprise} from {span}; end or withdraw that first"
            raise QueryError("from", draft.since.astimezone(self.zone).date(), reason)

    def _own(self, number: int) -> Standing:
        found = self._one(number)
        if found.managed_by == FILE:
            raise QueryError("number", number, "stands in the site's file; change it there")
        return found

    def _one(self, number: int) -> Standing:
        found = next((each for each in occupancy.listed(self.tx) if each.id == number), None)
        if found is None:
            raise QueryError("number", number, "no occupancy bears it")
        return found

    def _draft(self, posted: PostedOccupancy) -> Draft:
        return Draft(
            area=posted.area,
            meter=posted.meter,
            enterprise=posted.enterprise,
            since=self._midnight(posted.from_) if posted.from_ else _BEGINNING,
            until=self._midnight(posted.to + _DAY) if posted.to else None,
        )

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    def _entry(self, of: Standing) -> OccupancyEntry:
        first = None if of.since <= _BEGINNING else of.since.astimezone(self.zone).date()
        last = None if of.until is None else of.until.astimezone(self.zone).date() - _DAY
        return OccupancyEntry(of.id, of.area, of.meter, of.enterprise, first, last, of.managed_by)


def _facts(of: Standing) -> dict[str, Any]:
    return {name: getattr(of, name) for name in ("area", "meter", "enterprise", "since", "until")}


def _overlap(one: Draft, other: Draft) -> bool:
    return (one.until is None or other.since < one.until) and (other.until is None or one.since < other.until)
