"""For which meters and under which sources somebody may post."""

from dataclasses import dataclass
from datetime import datetime

from telemetry.access.asker import Asker
from telemetry.model import Site


@dataclass(frozen=True, slots=True)
class Posting:
    """What an asker may post into a park that is described by `site`, as it stands at `now`."""

    asker: Asker
    site: Site | None
    now: datetime

    @property
    def free(self) -> bool:
        """Whether nothing is kept from them."""
        asker = self.asker
        return asker.of_park and asker.meters is None and asker.sources is None

    def source(self, code: str) -> bool:
        return self.asker.sources is None or code in self.asker.sources

    def meters(self, codes: tuple[str, ...]) -> frozenset[str]:
        """Those of `codes` that may be posted for; a meter that is read from a foreign source may not."""
        if self.free:
            return frozenset(codes)
        foreign = {m.code for m in self.site.meters if not self.source(m.source)} if self.site else set()
        return (frozenset(codes) & self._named(codes)) - foreign

    def _named(self, codes: tuple[str, ...]) -> frozenset[str]:
        asker = self.asker
        if asker.meters is not None:
            return asker.meters
        if asker.areas:
            return self._standing(asker.areas)
        return frozenset(codes) if asker.of_park or asker.sources is not None else frozenset()

    def _standing(self, areas: frozenset[str]) -> frozenset[str]:
        """Codes of the meters that stand in these areas now."""
        if self.site is None:
            return frozenset()
        within = self.site.within(areas)
        return frozenset(m.code for m in self.site.meters if m.area_at(self.now) in within)
