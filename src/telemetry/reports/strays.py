"""What became of the rows of undeclared meters, since the service started."""

from dataclasses import dataclass


@dataclass(slots=True)
class StrayTally:
    adopted: int = 0
    """Rows that entered the readings when their meter was declared."""
    dropped: int = 0
    """Rows given up because too many were kept."""
