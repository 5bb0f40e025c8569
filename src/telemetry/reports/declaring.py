"""Days that were declared through the API, as part of the plan."""

from telemetry.settings.current import Current
from telemetry.storage import declared
from telemetry.storage.pool import Connections


def take_up(database: Connections, current: Current) -> bool:
    """Whether the plan changed by it. Raises StorageError."""
    with database.connection() as conn:
        days = declared.standing(conn)
    return current.announce(days)
