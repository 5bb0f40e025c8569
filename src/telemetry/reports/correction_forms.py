"""What people post to put readings and amounts right, by kind."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from accounting.quantity import LARGEST

_MOST_READINGS = 10_000
_Code = Annotated[str, Meta(min_length=1, max_length=64, examples=["M-101"])]
_Time = Annotated[str, Meta(max_length=40, examples=["2026-11-22T08:00:00+08:00"])]
_Who = Annotated[
    str, Meta(min_length=1, max_length=200, description="Who answers for it", examples=["li.na"])
]
_Why = Annotated[str, Meta(min_length=1, max_length=1000, examples=["digits swapped when read"])]
_Value = Annotated[float, Meta(ge=-LARGEST, le=LARGEST)]
_Number = Annotated[int, Meta(ge=1, le=1 << 53)]


class ReadingTo(Struct, frozen=True, forbid_unknown_fields=True):
    """What a reading should show, as the meter shows it: before the multiplier."""

    time: _Time
    value: _Value


class Posted(Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    who: _Who
    reason: _Why


class Replace(Posted, frozen=True, tag="replace"):
    """Readings that stand are to show something else."""

    meter: _Code
    quantity: _Code
    readings: Annotated[list[ReadingTo], Meta(min_length=1, max_length=_MOST_READINGS)]


class Withdraw(Posted, frozen=True, tag="withdraw", rename={"from_": "from"}):
    """Readings of a quantity in [from, to) count no more."""

    meter: _Code
    quantity: _Code
    from_: _Time
    to: _Time


class SetAmount(Posted, frozen=True, tag="amount", rename={"from_": "from"}):
    """What flowed in [from, to), with the multiplier applied: spread evenly and estimated."""

    meter: _Code
    quantity: _Code
    from_: _Time
    to: _Time
    amount: _Value


class Accept(Posted, frozen=True, tag="accept"):
    """The value of a conflict is right, the one that stands is not."""

    conflict: _Number


class Undo(Posted, frozen=True, tag="undo"):
    """A correction no longer holds; what stood before it stands again."""

    correction: _Number


FORMS: Mapping[str, type[Posted]] = {
    "replace": Replace,
    "withdraw": Withdraw,
    "amount": SetAmount,
    "accept": Accept,
    "undo": Undo,
}
