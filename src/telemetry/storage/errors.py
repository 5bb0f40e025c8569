"""The errors of the storage room.

ParkWattError
└── StorageError               the database refused what was asked of it
    ├── StorageUnavailable     it does not answer or has no room: the same call may work later
    ├── SchemaError            too old, migrated by a newer ParkWatt, or denying what a migration needs
    └── EmbeddedPostgresError  the embedded server cannot be started; the message says what to do
"""

from telemetry.model import ParkWattError


class StorageError(ParkWattError):
    pass


class StorageUnavailable(StorageError):  # noqa: N818  # read as a state by its callers
    pass


class SchemaError(StorageError):
    pass


class EmbeddedPostgresError(StorageError):
    pass
