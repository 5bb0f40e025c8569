"""What one node says of one meter: a number in the catalogue's unit, its time, or why there is none."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from ingest.collectors.opcua.template import NodeValue
from ingest.decode import Linear, scaled
from ingest.errors import PayloadError
from ingest.moment import check_plausible, microseconds

_NEVER = 1601
"""The year in which OPC UA's time begins: a server says by it that it knows none."""


class Status(Protocol):
    def is_good(self) -> bool: ...
    @property
    def name(self) -> str: ...


class Variant(Protocol):
    @property
    def Value(self) -> object: ...  # noqa: N802  # as the standard names it


class DataValue(Protocol):
    """What a server says of a node: OPC UA part 4, 7.11."""

    @property
    def Value(self) -> Variant | None: ...  # noqa: N802  # as the standard names it
    @property
    def StatusCode(self) -> Status | None: ...  # noqa: N802  # as the standard names it
    @property
    def SourceTimestamp(self) -> datetime | None: ...  # noqa: N802  # as the standard names it
    @property
    def ServerTimestamp(self) -> datetime | None: ...  # noqa: N802  # as the standard names it


class Tag:
    """One quantity of one meter."""

    def __init__(self, meter: str, address: str, value: NodeValue) -> None:
        self.meter = meter
        self.quantity = value.quantity
        self.node = value.node.replace("{meter}", address)
        self.place = value.place.replace("{meter}", address)
        self._value = value
        self._linear = Linear.of(value)

    def number(self, said: DataValue) -> float:
        """In the catalogue's unit; NaN = no value. Raises PayloadError, also where quality is not Good."""
        if said.StatusCode is not None and not said.StatusCode.is_good():
            raise PayloadError(
                self.place, said.StatusCode.name, f"the server does not vouch for {self.quantity}"
            )
        content = None if said.Value is None else said.Value.Value
        element = self._element(content)
        if isinstance(element, float) and math.isnan(element):
            return math.nan
        return scaled(element, self.place, self._value, self._linear, self._value.missing)

    def time_us(self, said: DataValue, now: float) -> int:
        """When the value was measured, else when the server saw it [us]; `now` [s]. Raises PayloadError."""
        given = (said.SourceTimestamp, said.ServerTimestamp)
        moment = next((one for one in given if one is not None and one.year > _NEVER), None)
        if moment is None:
            return round(now * 1e6)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return check_plausible(f"{self.place} SourceTimestamp", str(moment), microseconds(aware), now)

    def _element(self, content: object) -> object:
        if self._value.index is None:
            return content
        if not isinstance(content, Sequence) or isinstance(content, str | bytes):
            raise PayloadError(self.place, content, "the node holds no array")
        if self._value.index >= len(content):
            raise PayloadError(self.place, len(content), "the array is shorter")
        return content[self._value.index]
