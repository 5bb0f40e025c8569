"""Supply contracts: by which tariff energy is bought, over which days, and what is charged beside it."""

from datetime import date, timedelta

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

    def month(self, year: int, month: int) -> tuple[Contract, date, date]:
        """The contract of a billing month, one without charges where none holds; first and last day.

        The first month by another reading day begins where the last one by the old one ended.
        """
        contract = Contract(since=date.min)
        first, last = contract.month(year, month)
        for before, each in zip((*self.contracts[:1], *self.contracts), self.contracts, strict=False):
            begin = before.month(year, month)[0]
            if each.since <= begin:
                contract, (first, last) = each, each.month(year, month)
                first = begin if each.since == begin else first
        return contract, first, last

    def running(self, day: date) -> tuple[date, date]:
        """First and last day of the billing month that a day is in."""
        after = day.replace(day=1) + timedelta(days=31)
        _, first, last = self.month(day.year, day.month)
        return (first, last) if day <= last else self.month(after.year, after.month)[1:]

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
