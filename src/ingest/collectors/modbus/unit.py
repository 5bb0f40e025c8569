"""One device on a Modbus line: what to read from it."""

from ingest.batch import Batch, row
from ingest.decode import Decoder, Words
from ingest.device import Device
from ingest.plan import Span, needs, plan
from ingest.rhythm import Station


class Recipe:
    """How to read a device template; all units of a template share one."""

    def __init__(self, device: Device) -> None:
        self.blocks = plan(device)
        self.probe: Span = next(needs(device))
        """The cheapest read that shows whether the device is there."""
        self.decoder = Decoder(device, self.blocks)


class Unit(Station):
    """A meter behind a unit id."""

    def __init__(self, meter: str, number: int, recipe: Recipe) -> None:
        super().__init__(meter)
        self.number = number
        self.blocks = recipe.blocks
        self.probe = recipe.probe
        self._decoder = recipe.decoder

    def batch(self, source: str, time_us: int, words: Words) -> Batch:
        """One row. Raises PayloadError when another device answers."""
        return row(source, self.meter, time_us, self._decoder.quantities, self._decoder.decode(words))
