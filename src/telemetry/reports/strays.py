"""What became of rows of undeclared meters, and under undeclared names, since the service started."""

from dataclasses import dataclass


@dataclass(slots=True)
class StrayTally:
    adopted: int = 0
    """Rows that entered the readings when their meter or their name was declared."""
    dropped: int = 0
    """Rows given up because too many were kept, or that could not be."""
