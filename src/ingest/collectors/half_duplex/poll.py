"""How the meters of one line are read in turn."""

from collections.abc import Sequence

import numpy as np

from ingest.batch import row
from ingest.collector import Clock
from ingest.collectors.half_duplex.line import Line
from ingest.collectors.half_duplex.respondent import Respondent, Round
from ingest.collectors.half_duplex.source import LineSource
from ingest.errors import LineDown, UnitSilent
from ingest.polling import Fetched, Poller


class HalfDuplexCollector(Poller[Respondent]):
    """Asks the meters of one line for as long as it runs."""

    def __init__(
        self, source: LineSource, line: Line, respondents: Sequence[Respondent], clock: Clock
    ) -> None:
        super().__init__(source.code, source.kind, respondents, clock, source.poll_s)
        self._line = line
        self._heard_us = 0

    def close(self) -> None:
        self._line.close()

    async def fetch(self, station: Respondent) -> Fetched:
        found, fetched = Round(), Fetched()
        self._heard_us = 0
        try:
            await found.ask(self._line, station, self._heard)
        except (UnitSilent, LineDown) as error:
            fetched.trouble = error
        values = found.values(station)
        if not np.isnan(values).all():
            fetched.batch = row(self._source, station.meter, self._heard_us, station.quantities, values)
        fetched.trouble = fetched.trouble or next(iter(found.complaints), None)
        fetched.latency = self._line.latency
        return fetched

    def _heard(self) -> None:
        now = self._clock()
        self._heard_us = self._heard_us or round(now * 1e6)
        self.health.line.succeeded(now, self._line.latency)
