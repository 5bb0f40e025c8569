"""Supply contracts: by which tariff energy is bought, over which days, and what is charged beside it."""

from datetime import date

from pydantic import Field

from accounting.contract import Contract
from ingest.template import Code, Frozen


class Supply(Frozen):
    """What a supply contract says."""

    tariff: Code
    series: str | None = None
    """Price zone and user class, where the tariff has several."""
    since: date | None = None
    """First day of the contract; asked for where no source tells that of the tariff."""
    user_class: str | None = None
    """Where the tariff tells users apart."""
    declared_days: dict[str, tuple[date, ...]] = Field(default_factory=dict)
    """Further days of the tariff's lists, such as those announced as hot."""
    contract_kw: float | None = Field(None, gt=0)
    """What the live view warns by; dated ones stand in `contracts`."""
    valley_share: float | None = Field(None, gt=0, le=1)
    """Of what is bought, to be bought in bands cheaper than flat."""
    contracts: tuple[Contract, ...] = ()
    """What is charged beside energy by band, and who shares it, each from a day on."""

    def contract(self, year: int, month: int) -> Contract:
        """The one that holds for a billing month; one without charges where none does."""
        held = [each for each in self.contracts if each.since <= each.month(year, month)[0]]
        return max(held, key=lambda each: each.since, default=Contract(since=date.min))

    def demand_on(self, day: date) -> float | None:
        """The contract demand that holds on a day [kW]."""
        begun = [each for each in self.contracts if each.since <= day and each.demand]
        terms = max(begun, key=lambda each: each.since).demand if begun else None
        return float(terms.contract_kw) if terms and terms.contract_kw else self.contract_kw


class OwnSupply(Supply):
    """Of an enterprise that a utility supplies and bills by a contract of its own."""

    to: date | None = None
    """Last day of the contract; afterwards the park's supplies it."""


class Billing(Supply):
    """The park's supply contract."""

    own: dict[Code, OwnSupply] = Field(default_factory=dict)
