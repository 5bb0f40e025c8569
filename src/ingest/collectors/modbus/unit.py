"""One device on a Modbus line: what to read from it, and whether it answers."""

from ingest.batch import Batch, row
from ingest.decode import Decoder, Words
from ingest.device import Device
from ingest.plan import Span, needs, plan

_LONGEST_PAUSE_S = 300.0


class Recipe:
    """How to read a device template; all units of a template share one."""

    def __init__(self, device: Device) -> None:
        self.blocks = plan(device)
        self.probe: Span = next(needs(device))
        """The cheapest read that shows whether the device is there."""
        self.decoder = Decoder(device, self.blocks)


class Unit:
    """A meter behind a unit id; one that falls silent is asked less and less often."""

    def __init__(self, meter: str, number: int, recipe: Recipe) -> None:
        self.meter = meter
        self.number = number
        self.blocks = recipe.blocks
        self.probe = recipe.probe
        self._decoder = recipe.decoder
        self._silences = 0
        self._asleep_until = 0.0

    @property
    def silent(self) -> bool:
        return self._silences > 0

    def due(self, now: float) -> bool:
        """`now` [s, monotonic]."""
        return now >= self._asleep_until

    def answered(self) -> None:
        self._silences = 0
        self.wake()

    def wake(self) -> None:
        self._asleep_until = 0.0

    def fell_silent(self, now: float, poll_s: float) -> float:
        """How long it is left alone [s]: none at first, then twice as long each time up to 5 minutes."""
        pause: float = min(poll_s * (2**self._silences - 1), _LONGEST_PAUSE_S)
        self._silences = min(self._silences + 1, 30)
        self._asleep_until = now + pause
        return pause

    def batch(self, source: str, time_us: int, words: Words) -> Batch:
        """One row. Raises PayloadError when another device answers."""
        return row(source, self.meter, time_us, self._decoder.quantities, self._decoder.decode(words))
