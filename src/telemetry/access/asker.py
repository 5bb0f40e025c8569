"""Whoever asks: by which name, in which roles, and for which part of the park."""

from dataclasses import dataclass
from functools import cached_property

from telemetry.access.permissions import PERMISSIONS, Reach, Rule


@dataclass(frozen=True)
class Asker:
    """One key or person for the length of a request."""

    name: str
    """As logs and records name them."""
    roles: tuple[str, ...]
    areas: frozenset[str] | None = None
    """Codes, each with all that lies in it; None: the whole park."""
    meters: frozenset[str] | None = None
    """Codes of the meters that may be posted for; None: those of the areas."""
    sources: frozenset[str] | None = None
    """Codes of the sources that may be posted under; None: all."""
    person: int | None = None
    """Number of their account; None for programs."""

    @cached_property
    def permissions(self) -> frozenset[str]:
        return PERMISSIONS.of_roles(self.roles)

    @property
    def of_park(self) -> bool:
        """Whether nothing of the park is hidden from them."""
        return self.areas is None

    def refused(self, rule: Rule | None) -> str | None:
        """Why a route with this rule is closed to them; None where it is open."""
        if rule is None:
            return "No rule of the table of permissions says who may use this, so nobody may."
        if rule.reach is Reach.ANYONE:
            return None
        if rule.permission not in self.permissions:
            held = ", ".join(self.roles) or "no role"
            return f"This needs the permission {rule.permission}, which {held} does not have."
        if rule.reach is Reach.PARK and not self.of_park:
            return "This is about the whole park, and you are let in for single areas."
        return None


MACHINE = Asker("this machine", ("park-administrator",))
"""Whoever reaches a service on loopback that asks for no token."""
