"""The errors of the storage room.

ParkWattError
└── StorageError             the database refused what was asked of it
    ├── StorageUnavailable   it does not answer, is shutting down or has no room: the same call may work later
    └── SchemaError          it is too old, was migrated by a newer ParkWatt, or denies what a migration needs
"""

from telemetry.model import ParkWattError


class StorageError(ParkWattError):
    pass


class StorageUnavailable(StorageError):  # noqa: N818  # read as a state by its callers
    pass


class SchemaError(StorageError):
    pass
