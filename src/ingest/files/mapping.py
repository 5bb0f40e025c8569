"""What a person says of a file of past readings: which column is what, and how its times are meant."""

from collections.abc import Mapping
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from accounting.quantity import CATALOGUE
from ingest.template import Code, Frozen, Measured

_FORMAT = "%Y-%m-%d %H:%M"


class TimeColumns(Frozen):
    """Where a row tells its time: in one column, or the date in one and the time of day in another."""

    column: str
    clock: str | None = None
    """The column of the time of day."""
    format: str | None = None
    """As strptime reads it, date and time of day with a space between; None: RFC 3339."""

    @property
    def example(self) -> str:
        return self.format or "2026-11-22T15:30:00+08:00"


class FileColumn(Measured):
    """A column of numbers in `unit`."""

    column: str


class FileMapping(Frozen):
    """One row is an instant of a meter (`columns`), or a single value of it (`quantity` and `value`)."""

    time: TimeColumns
    meter: Code | None = None
    """The meter whose file it is."""
    meter_column: str | None = None
    meters: dict[str, Code] = Field(default_factory=dict)
    """What stands in that column -> code; what is not listed is the code itself."""
    columns: tuple[FileColumn, ...] = ()
    quantity: str | None = None
    """The column that says what a row shows; `column` of `columns` is what stands in it."""
    value: str | None = None
    """The column of the number, beside `quantity`."""
    shows: Literal["counters", "amounts"] | None = None
    """Whether energies are what the counter stood at, or what flowed in an interval."""
    stamp: Literal["start", "end"] | None = None
    """Which end of its interval the time of an amount marks."""
    zone: str | None = None
    """Zone of times that carry none."""
    midnight_closes_day: bool = False
    """00:00 bears the date of the day that ends then."""
    sheet: str | None = None
    skip: int = Field(0, ge=0)
    """Lines before the one with the names of the columns."""
    delimiter: str = Field(",", min_length=1, max_length=1)
    encoding: str = "utf-8-sig"
    decimal: Literal[".", ","] = "."
    thousands: str = Field("", max_length=1)
    missing: tuple[str, ...] = ("", "-", "--", "NaN", "null")

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        try:
            return value and ZoneInfo(value).key
        except (KeyError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone; an example is Asia/Shanghai") from error

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.meter is None) == (self.meter_column is None):
            raise ValueError("either meter or meter_column says whose readings these are")
        if (self.quantity is None) != (self.value is None):
            raise ValueError("quantity and value go together: the column of the name and that of the number")
        if not self.columns:
            raise ValueError("columns says which column is which quantity, and in which unit")
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}")
        return self

    def quantity_of(self, column: FileColumn) -> str:
        """In the catalogue: an amount has a name of its own there."""
        amount = f"{column.quantity}_amount"
        return amount if self.shows == "amounts" and amount in CATALOGUE else column.quantity

    def questions(self) -> Mapping[str, str]:
        """What it leaves open, by field, worded for a person."""
        open_ = {}
        energies = [one for one in self.columns if f"{one.quantity}_amount" in CATALOGUE]
        if energies and self.shows is None:
            open_["shows"] = (
                f"Is {energies[0].column!r} what the meter's counter stood at (counters), "
                "or what flowed in each interval (amounts)?"
            )
        if self.stamp is None and self.shows != "counters" and energies:
            open_["stamp"] = "Does a row's time mark the start or the end of its interval (start, end)?"
        if self.zone is None and self.time.format is not None and "%z" not in self.time.format:
            open_["zone"] = "In which zone are the times (such as Asia/Shanghai, or UTC)?"
        return open_
