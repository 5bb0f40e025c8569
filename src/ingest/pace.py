"""How a line, a device template or a meter wants to be asked."""

from dataclasses import dataclass

from pydantic import Field

from ingest.rhythm import stride
from ingest.template import Frozen, Template


class Pace(Frozen):
    """What is None is as the wider one has it: the meter's before its template's before its source's."""

    poll_s: float | None = Field(default=None, gt=0)
    """A multiple of the source's, to which it is rounded."""
    timeout_s: float | None = Field(default=None, gt=0)
    """From the request to the end of its answer."""
    retries: int | None = Field(default=None, ge=0)
    pause_s: float | None = Field(default=None, ge=0)
    """Silence between an answer and the next request."""

    def period_s(self, line_s: float) -> float:
        """How often it is read [s] on a line that is polled every `line_s`."""
        return line_s * stride(self.poll_s, line_s)

    def within(self, wider: "Pace | None") -> "Pace":
        if wider is None:
            return self
        return wider.model_copy(update=self.model_dump(exclude_none=True))


class Paced(Template):
    """A template of devices that are asked."""

    pace: Pace = Pace()
    """What the device needs, where it is slower than others on its line."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How one question is asked."""

    timeout_s: float
    retries: int
    pause_s: float
