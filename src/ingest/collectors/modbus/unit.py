"""One device on a Modbus line: what to read from it, and how."""

from ingest.collectors.modbus.introduction import needs_introduction
from ingest.decode import Decoder, Words
from ingest.device import Device
from ingest.pace import Timing
from ingest.plan import Span, needs, plan
from ingest.rhythm import Station
from ingest.undecoded import Undecoded


class Recipe:
    """How to read a device template; all units of a template share one."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.blocks = plan(device)
        self.probe: Span = next(needs(device))
        """The cheapest read that shows whether the device is there."""
        self.decoder = Decoder(device, self.blocks)


class Unit(Station):
    """A meter behind a unit id."""

    def __init__(
        self, meter: str, number: int, recipe: Recipe, timing: Timing, poll_s: float | None = None
    ) -> None:
        super().__init__(meter, poll_s)
        self.number = number
        self.timing = timing
        self.recipe = recipe
        self._template = recipe
        self.introduced = not needs_introduction(recipe.device)

    @property
    def template(self) -> Device:
        return self._template.device

    def meet(self, device: Device) -> None:
        """It has introduced itself: its registers stand as in `device`."""
        self.introduced = True
        self.recipe = self._template if device is self.template else Recipe(device)

    def forget(self) -> None:
        """Another may stand there next time."""
        self.introduced = not needs_introduction(self.template)

    def reading(self, source: str, time_us: int, words: Words) -> Undecoded:
        """Raises PayloadError when another device answers."""
        self.recipe.decoder.recognise(words)
        return Undecoded(source, self.meter, time_us, self.recipe.decoder, words)
