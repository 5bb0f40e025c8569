"""The errors of the storage room.

ParkWattError
└── StorageError               the database refused what was asked of it
    ├── StorageUnavailable     it does not answer or has no room: the same call may work later
    ├── ClosedToTenants        it is about the whole park, and whoever asks has single areas
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


class ClosedToTenants(StorageError):  # noqa: N818  # read as a state by its callers
    def __init__(self) -> None:
        super().__init__("This is about the whole park, and you are let in for single areas.")


class SchemaError(StorageError):
    pass


class FormulaCircle(StorageError):  # noqa: N818  # named by what is found
    def __init__(self, moment: datetime, meters: Sequence[str]) -> None:
        super().__init__(
            f"from {moment.isoformat()} a formula leads back to its own meter: {' -> '.join(meters)}"
        )


class EmbeddedPostgresError(StorageError):
    pass
