"""How a line, a device template or a meter wants to be asked."""

from pydantic import Field

from ingest.template import Frozen


class Pace(Frozen):
    """What is None is as the wider one has it: the meter's before its template's before its source's."""

    poll_s: float | None = Field(default=None, gt=0)
    """A multiple of the source's, to which it is rounded."""
    timeout_s: float | None = Field(default=None, gt=0)
    """From the request to the end of its answer."""
    retries: int | None = Field(default=None, ge=0)
    pause_s: float | None = Field(default=None, ge=0)
    """Silence between an answer and the next request."""

    def within(self, wider: "Pace | None") -> "Pace":
        if wider is None:
            return self
        return wider.model_copy(update=self.model_dump(exclude_none=True))
