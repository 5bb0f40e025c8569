"""What the template of a Sparkplug device says: which metrics hold which quantity."""

from typing import Literal

from pydantic import Field

from ingest.template import Named, Template


class SparkplugValue(Named):
    metric: str = Field(min_length=1)
    """Its name as the birth announces it."""

    @property
    def place(self) -> str:
        return self.metric


class SparkplugDevice(Template):
    """A device, or an edge node, that speaks Sparkplug B."""

    protocol: Literal["sparkplug"]
    values: tuple[SparkplugValue, ...] = Field(min_length=1)

    @property
    def measured(self) -> tuple[SparkplugValue, ...]:
        return self.values
