"""The errors of the storage room.

ParkWattError
└── StorageError               the database refused what was asked of it
    ├── StorageUnavailable     it does not answer or has no room: the same call may work later
    ├── OutboxFull             messages that wait for it find no room on the disk beside it
    ├── TakesTooLong           a statement of whoever asks from outside ran out of its time
    ├── ClosedToTenants        it is about the whole park, and whoever asks has single areas
    ├── NotEntrusted           it is about an area that is not all theirs in all of the time asked for
    ├── SchemaError            too old, migrated by a newer ParkWatt, or denying what a migration needs
    ├── FormulaCircle          virtual meters that are reckoned from one another
    └── EmbeddedPostgresError  the embedded server cannot be started; the message says what to do
"""

from collections.abc import Sequence
from datetime import datetime

from telemetry.model import ParkWattError


class StorageError(ParkWattError):
    pass


class StorageUnavailable(StorageError):  # noqa: N818  # read as a state by its callers
    pass


class OutboxFull(StorageError):  # noqa: N818  # read as a state by its callers
    pass


class TakesTooLong(StorageError):  # noqa: N818  # read as a state by its callers
    pass


class ClosedToTenants(StorageError):  # noqa: N818  # read as a state by its callers
    def __init__(self) -> None:
        super().__init__("This is about the whole park, and you are let in for single areas.")


class NotEntrusted(StorageError):  # noqa: N818  # read as a state by its callers
    def __init__(self, area: str | None, lo: datetime, hi: datetime) -> None:
        told = "The park" if area is None else repr(area)
        span = f"from {lo:%Y-%m-%d %H:%M} to {hi:%Y-%m-%d %H:%M}"
        reason = "so this figure, which cannot be cut, is closed to you"
        super().__init__(f"{told} with all that stands in it is not yours {span}, {reason}.")


class SchemaError(StorageError):
    pass


class FormulaCircle(StorageError):  # noqa: N818  # named by what is found
    def __init__(self, moment: datetime, meters: Sequence[str]) -> None:
        super().__init__(
            f"from {moment.isoformat()} a formula leads back to its own meter: {' -> '.join(meters)}"
        )


class EmbeddedPostgresError(StorageError):
    pass
