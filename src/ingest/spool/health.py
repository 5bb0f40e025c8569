"""How full the spool is, told once while there is room, once when there is none, once when it is back."""

import logging
from dataclasses import dataclass
from enum import StrEnum

_log = logging.getLogger("ingest.spool")
_LOUD, _CALM = 0.8, 0.6


class SpoolState(StrEnum):
    EMPTY = "empty"
    HOLDING = "holding"
    NEARLY_FULL = "nearly full"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class SpoolHealth:
    state: SpoolState
    records: int
    rows: int
    bytes: int
    """Used, of `limit`."""
    limit: int
    oldest: float | None
    """When the oldest record was written [s since 1970]."""
    damaged: int
    """Records that the disk gave back damaged since the start: their readings are lost."""
    cut: int
    """Files that ended in a part of a record at the start, as a power cut leaves them."""
    held: int
    """Records that the store refuses; the next start offers them again."""
    error: str
    """Why there is no room."""


class Alarm:
    """Remembers what was told."""

    def __init__(self, limit: int) -> None:
        """`limit` in bytes."""
        self.full = ""
        """Why the last rows found no room."""
        self.tight = ""
        """Why the next segment could not be allocated in advance."""
        self._limit = limit
        self._loud = False

    def refused(self, reason: str) -> None:
        if not self.full:
            _log.error("the spool is full, readings are turned away: %s", reason)
        self.full = reason

    def watch(self, used: int) -> None:
        """Look at how much is used [bytes]."""
        share = used / self._limit
        if not self._loud and (share >= _LOUD or self.tight):
            self._loud = True
            why = self.tight or f"{used} of {self._limit} bytes"
            _log.warning("the spool is %.0f %% full, soon readings will be turned away: %s", 100 * share, why)
        elif self._loud and share < _CALM and not self.tight:
            self._loud, self.full = False, ""
            _log.info("the spool has room again")

    def state(self, *, holding: bool) -> SpoolState:
        if self.full:
            return SpoolState.FULL
        if self._loud:
            return SpoolState.NEARLY_FULL
        return SpoolState.HOLDING if holding else SpoolState.EMPTY
