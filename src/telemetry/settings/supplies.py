"""Which supply contract an area is under: that of an enterprise at or above it, or the park's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from accounting.supply import Held
from accounting.tariff import Tariff
from telemetry.model import Site
from telemetry.settings.billing import nearest, of_contract
from telemetry.supply import OwnSupply, Supply


@dataclass(frozen=True, slots=True)
class Supplied:
    """One supply contract."""

    area: str | None
    """The enterprise whose own it is; None: the park's."""
    supply: Supply | None
    """None: the park's file says nothing."""
    tariff: Tariff | None
    apart: Mapping[str, "Supplied"]
    """Of the park's: enterprises that are not always under it, each with its own."""

    @property
    def held(self) -> Held | None:
        """With its days; None where nothing says by which tariff."""
        to = self.supply.to if isinstance(self.supply, OwnSupply) else None
        return Held(self.tariff, to or date.max) if self.tariff else None

    def holds(self, day: date) -> bool:
        return self.held is None or self.held.holds(day)

    def apart_on(self, day: date) -> frozenset[str]:
        return frozenset(code for code, each in self.apart.items() if each.holds(day))


def of_park(
    site: Site | None, tariffs: Mapping[str, Tariff], announced: Mapping[str, tuple[date, ...]]
) -> Supplied:
    """The park's own."""
    billing = site.billing if site else None
    if billing is None:
        return Supplied(None, None, None, {})
    apart = {each.area or "": each for each in own(site, tariffs, announced).values()}
    return Supplied(None, billing, of_contract(tariffs, billing, announced), apart)


def own(
    site: Site | None, tariffs: Mapping[str, Tariff], announced: Mapping[str, tuple[date, ...]]
) -> Mapping[str, Supplied]:
    """Area -> the contract of an enterprise at or above it; areas under the park's are left out."""
    billing = site.billing if site else None
    if site is None or billing is None:
        return {}
    parents = {area.code: area.parent for area in site.areas}
    held = {
        code: Supplied(code, each, of_contract(tariffs, each, announced), {})
        for code, each in billing.own.items()
    }
    found = {code: nearest(code, parents, held) for code in parents}
    return {code: held[at] for code, at in found.items() if at is not None}
