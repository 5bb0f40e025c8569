"""What the routes are given: every part that they stand on, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request

from alerts.engine import Health
from ingest.arrivals import Arrivals
from ingest.health import SourceHealth
from ingest.pipeline import Pipeline
from telemetry.access.doorway import Doorway
from telemetry.access.provider import Provider
from telemetry.api.access import Access
from telemetry.api.feed import Live, LiveFeed
from telemetry.reports.edges import Edges
from telemetry.reports.factors import Factors
from telemetry.reports.plans.optima import Optima
from telemetry.reports.scans import Scans
from telemetry.reports.strays import StrayTally
from telemetry.reports.trials import Trials
from telemetry.settings.current import Current
from telemetry.settings.library import Library
from telemetry.settings.plan import Plan
from telemetry.storage.pool import Database


@dataclass(frozen=True)
class Settings:
    """What the door asks for."""

    hosts: frozenset[str]
    access: Access = field(default_factory=Access)
    url: str | None = None
    """Under which address people reach the page; None: whatever they asked for."""

    provider: Provider | None = None
    """Of OpenID Connect; None: nobody else vouches for people."""

    def secure(self, request: Request) -> bool:
        """Whether cookies are for TLS alone."""
        return (self.url or str(request.url)).startswith("https:")


class Chooser:
    """Remembers which factor each day gets for as long as the library stays what it is."""

    def __init__(self) -> None:
        self._library: Library | None = None
        self._factors = Factors((), {})

    def factors(self, library: Library) -> Factors:
        if library is not self._library:
            self._library, self._factors = library, Factors(library.factors, library.regions)
        return self._factors


@dataclass(frozen=True)
class Dependencies:
    store: Database
    current: Current
    sink: Pipeline
    feed: LiveFeed
    """Cut to nobody."""
    collected: Callable[[], Mapping[str, SourceHealth]]
    """How each source that is read is doing, by its code."""
    settings: Settings
    arrivals: Arrivals = field(default_factory=Arrivals)
    """How the sources are doing that come by themselves."""
    edges: Edges = field(default_factory=Edges)
    """How the edges are doing."""
    strays: StrayTally = field(default_factory=StrayTally)
    chooser: Chooser = field(default_factory=Chooser)
    optima: Optima = field(default_factory=Optima)
    """Searches for cheapest plans."""
    trials: Trials = field(default_factory=Trials)
    """Alert rules that are tried on the past."""
    audit_heads: Callable[[], Mapping[int, str]] = dict
    """Hashes of the audit log by number, as they were noted apart from the database."""
    scans: Scans = field(default_factory=Scans)
    """Looks at who answers on a line."""
    folder: Path | None = None
    """Where the site file stands, or will; None: nowhere."""
    rule_health: Callable[[], Mapping[str, Health]] = dict
    """How the alert rules are doing that this process evaluates, by code."""

    @property
    def database(self) -> Doorway:
        """As whoever asks may see it."""
        return Doorway(self.store)

    @property
    def live(self) -> Live:
        """As whoever asks may see it."""
        return Live(self.feed, self.database)

    @property
    def plan(self) -> Plan:
        """The one that holds now."""
        return self.current.plan

    @property
    def factors(self) -> Factors:
        """Of the library that holds now."""
        return self.chooser.factors(self.plan.library)

    def health(self) -> Mapping[str, SourceHealth]:
        """How each source is doing, by its code."""
        return {**self.collected(), **self.arrivals.health}
