"""What a park says of posts to InfluxDB: which tags are which meter, which field is which quantity."""

from typing import Self

from pydantic import Field, model_validator

from accounting.quantity import CATALOGUE
from ingest.collectors.influx.lines import Point
from ingest.decode import AS_IT_IS, Linear
from ingest.template import Code, Frozen, Measured


class MeterRule(Frozen):
    """Points of this measurement (any, when not given) with all these tags are of one meter."""

    measurement: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    meter: Code | None = None
    meter_tag: str | None = None
    """The tag whose value is the meter's code."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.meter is None) == (self.meter_tag is None):
            raise ValueError("either meter or meter_tag says whose readings these are")
        return self

    def fits(self, point: Point) -> bool:
        return self.measurement in {None, point.measurement} and self.tags.items() <= point.tags.items()

    def names(self, point: Point) -> str:
        return self.meter or point.tags.get(self.meter_tag or "", "")


class FieldRule(Measured):
    """A field of this measurement (any, when not given) is a quantity; its number is in `unit`."""

    measurement: str | None = None
    field: str


class InfluxMapping(Frozen):
    """The first rule that fits counts.

    Without one, the tag `meter` or else the measurement is the meter's code, and fields carry the catalogue's
    names.
    """

    meters: tuple[MeterRule, ...] = ()
    fields: tuple[FieldRule, ...] = ()
    ignored: tuple[str, ...] = ()
    """Fields that are left out without a word."""

    def form(self, measurement: str, name: str) -> tuple[str, Linear] | None:
        """The quantity that a field is, and how its numbers become the catalogue's; None where none fits."""
        for rule in self.fields:
            if rule.field == name and rule.measurement in {None, measurement}:
                return rule.quantity, Linear.of(rule)
        return (name, AS_IT_IS) if name in CATALOGUE else None
