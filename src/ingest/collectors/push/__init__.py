"""Sources that others post to: rows, columns or an Arrow stream over HTTP."""

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from pydantic import field_validator

from accounting.quantity import CATALOGUE
from ingest.decode import Linear
from ingest.kinds import Source as _Source
from ingest.template import Measured


class PushField(Measured):
    """A name of the sender's own is a quantity; its number is in `unit`."""

    field: str


class PushSource(_Source):
    protocol = "HTTP"
    kind: Literal["push"]
    zone: str | None = None
    """Zone of its times when they carry none; without it such times are refused."""
    fields: tuple[PushField, ...] = ()
    """What it posts under names that are not the catalogue's."""

    @cached_property
    def forms(self) -> Mapping[str, tuple[str, Linear]]:
        """Quantity of each of these names, and how its numbers become the catalogue's."""
        return {rule.field: (rule.quantity, Linear.of(rule)) for rule in self.fields}

    @field_validator("fields")
    @classmethod
    def _of_its_own(cls, fields: tuple[PushField, ...]) -> tuple[PushField, ...]:
        names = [rule.field for rule in fields]
        for name in names:
            if name in CATALOGUE:
                raise ValueError(f"{name} is a name of the catalogue and means just that")
            if names.count(name) > 1:
                raise ValueError(f"{name} has more than one rule")
        return fields


Source = PushSource
