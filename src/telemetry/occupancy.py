"""Who uses an area or a meter, from which day to which."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from ingest.template import Code, Frozen


class Occupancy(Frozen):
    """Who uses an area or a meter; where one has any, nobody does on the days in between."""

    area: Code | None = None
    meter: Code | None = None
    enterprise: Code
    since: date | None = Field(None, alias="from")
    """First day; None: from the beginning."""
    to: date | None = None
    """Last day."""

    @model_validator(mode="after")
    def _of_one(self) -> Self:
        if (self.area is None) == (self.meter is None):
            raise ValueError("an occupancy is of an area or of a meter")
        if self.since and self.to and self.to < self.since:
            raise ValueError(f"to: {self.to} is before from, {self.since}")
        return self

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
        """From the start of its first day to the end of its last."""
        begin = datetime.combine(self.since, time(), zone) if self.since else datetime(1970, 1, 1, tzinfo=UTC)
        return begin, datetime.combine(self.to + timedelta(days=1), time(), zone) if self.to else None
