"""What people put right, with reason and person: readings replaced or withdrawn, amounts set."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.rows import class_row

from accounting.grid import to_us
from telemetry.storage import dirty, queries
from telemetry.storage.dirty import Marks, Stage
from telemetry.storage.readings import Ranges

_SQL = queries.beside(__file__)


class Kind(StrEnum):
    REPLACE = "replace"
    """Readings show something else."""
    WITHDRAW = "withdraw"
    """Readings count no more."""
    AMOUNT = "amount"
    """An interval's amount is set."""
    UNDO = "undo"
    """A correction before no longer holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A correction to be made."""

    meter_id: int
    quantity: str
    kind: Kind
    lo: datetime
    hi: datetime
    """Of readings the last one's time, of an amount the end of its interval."""
    who: str
    reason: str
    amount: float | None = None
    conflict_id: int | None = None
    undoes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Draft):
    id: int
    made_at: datetime
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """One reading; NaN: withdrawn."""

    correction_id: int
    time: datetime
    original: float
    corrected: float


@dataclass(frozen=True, slots=True)
class SetAmount:
    meter_id: int
    quantity: str
    lo: datetime
    hi: datetime
    amount: float


@dataclass(frozen=True, slots=True)
class OfferedValue:
    """A conflict's."""

    meter_id: int
    quantity: str
    time: datetime
    offered: float


def lock(conn: Connection[Any], meter_id: int) -> None:
    """Let corrections of one meter be made one after the other, until the transaction ends."""
    conn.execute(_SQL["lock"], {"meter": meter_id})


def put(conn: Connection[Any], draft: Draft) -> int:
    """Its number."""
    row = conn.execute(_SQL["put"], asdict(draft)).fetchone()
    return int(row[0]) if row else 0


def replace(conn: Connection[Any], draft: Draft, values: Sequence[tuple[datetime, float]]) -> int:
    """Let readings that stand show other values; its number."""
    number = put(conn, draft)
    times, corrected = [time for time, _ in values], [value for _, value in values]
    asked = {"id": number, "meter": draft.meter_id, "time": times, "value": corrected}
    _apply(conn, number, draft, "replace", asked)
    return number


def withdraw(conn: Connection[Any], draft: Draft) -> tuple[int, int]:
    """Let readings from lo to hi count no more; its number, and how many there are."""
    number = put(conn, draft)
    asked = {"id": number, "meter": draft.meter_id, "lo": draft.lo, "hi": draft.hi}
    return number, _apply(conn, number, draft, "withdraw", asked)


def restore(conn: Connection[Any], draft: Draft) -> int:
    """Let the readings of the correction that `draft` undoes show what they showed; its number."""
    number = undo(conn, draft)
    _apply(conn, number, draft, "restore", {"id": number, "of": draft.undoes, "meter": draft.meter_id})
    return number


def _apply(conn: Connection[Any], number: int, draft: Draft, query: str, asked: dict[str, Any]) -> int:
    """Note the originals, change the readings, mark what is settled from them."""
    of_column = [draft.quantity]
    count = conn.execute(queries.expand(_SQL[query], of_column), asked).rowcount
    at = {"id": number, "meter": draft.meter_id, "quantity": draft.quantity, "lo": draft.lo, "hi": draft.hi}
    conn.execute(queries.expand(_SQL["change"], of_column), at)
    conn.execute(_SQL["seen"], at)
    conn.execute(_SQL["lock_latest"])
    conn.execute(queries.expand(_SQL["latest"], of_column), at)
    _mark(conn, draft)
    return count


def set_amount(
    conn: Connection[Any], draft: Draft, amounts: NDArray[np.float64], coverages: NDArray[np.float32]
) -> int:
    """Let an interval come to an amount; what was settled there, float64[n] and float32[n], is kept."""
    number = put(conn, draft)
    conn.execute(_SQL["keep"], {"id": number, "amounts": amounts, "coverages": coverages})
    _mark(conn, draft)
    return number


def kept(conn: Connection[Any], number: int) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """What was settled before an amount was set, float64[n] and float32[n]."""
    row = conn.execute(_SQL["kept"], {"id": number}, binary=True).fetchone()
    return (row[0], row[1]) if row else (np.empty(0), np.empty(0, np.float32))


def undo(conn: Connection[Any], draft: Draft) -> int:
    """Let a correction hold no longer; the number of the one that says so."""
    number = put(conn, draft)
    conn.execute(_SQL["undo"], {"id": draft.undoes, "by": number})
    _mark(conn, draft)
    return number


def _mark(conn: Connection[Any], draft: Draft) -> None:
    """Mark what the correction changes to be settled again."""
    lo, hi = (np.array([to_us(moment)], np.int64) for moment in (draft.lo, draft.hi))
    dirty.mark(conn, Stage.ENERGY, Marks(np.array([draft.meter_id], np.int32), lo, hi))


def one(conn: Connection[Any], number: int) -> Correction | None:
    rows = conn.cursor(row_factory=class_row(Correction))
    return rows.execute(_SQL["one"], {"id": number}).fetchone()


def later(conn: Connection[Any], first: Correction) -> int | None:
    """The last correction that was made upon another's readings or interval and still holds."""
    amount = first.kind == Kind.AMOUNT
    row = conn.execute(_SQL["later"], {"id": first.id, "amount": amount}).fetchone()
    return row[0] if row else None


def offered(conn: Connection[Any], conflict_id: int) -> OfferedValue | None:
    rows = conn.cursor(row_factory=class_row(OfferedValue))
    return rows.execute(_SQL["offered"], {"id": conflict_id}).fetchone()


def standing(
    conn: Connection[Any], meter_id: int, quantity: str, times: Sequence[datetime]
) -> dict[datetime, float]:
    """What readings show at `times`, where they show the quantity; NaN: withdrawn."""
    asked = {"meter": meter_id, "time": list(times)}
    return dict(conn.execute(queries.expand(_SQL["standing"], [quantity]), asked).fetchall())


def listed(  # noqa: PLR0917  # which ones, and how many
    conn: Connection[Any],
    meter_ids: Sequence[int] | None,
    quantities: Sequence[str] | None,
    lo: datetime,
    hi: datetime,
    limit: int,
    *,
    before: int | None = None,
) -> list[Correction]:
    """Those that touch [lo, hi), the newest first; None: of all. Only those with numbers below `before`."""
    asked = {"meters": meter_ids, "quantities": quantities, "lo": lo, "hi": hi, "limit": limit}
    asked |= {"before": before}
    return conn.cursor(row_factory=class_row(Correction)).execute(_SQL["listed"], asked).fetchall()


def changes(conn: Connection[Any], ids: Sequence[int], limit: int) -> list[Change]:
    """By correction and time, at most `limit` of each."""
    rows = conn.cursor(row_factory=class_row(Change))
    return rows.execute(_SQL["changes"], {"ids": list(ids), "limit": limit}).fetchall()


def amounts(conn: Connection[Any], ranges: Ranges) -> list[SetAmount]:
    """Amounts that hold and touch `ranges`, in the order in which they were set."""
    asked = {
        "meter": ranges.meter_id,
        "lo": ranges.lo.astype("M8[us]"),
        "hi": ranges.hi.astype("M8[us]"),
    }
    return conn.cursor(row_factory=class_row(SetAmount)).execute(_SQL["amounts"], asked).fetchall()


def quantities(conn: Connection[Any], meter_ids: NDArray[np.int32]) -> dict[int, frozenset[str]]:
    """Quantities of each meter of which an amount was ever set."""
    found: dict[int, frozenset[str]] = {}
    for meter_id, name in conn.execute(_SQL["quantities"], {"meters": meter_ids}):
        found[meter_id] = found.get(meter_id, frozenset()) | {name}
    return found
