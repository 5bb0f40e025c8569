"""The errors of the accounting core.

AccountingError
├── UnitError        a unit that does not fit the quantity
├── FactorError      no factor, or more than one, answers a question
├── ActivityError    an amount that cannot be: fuel below zero, a certificate that stands twice
├── ChargeError      a charge that cannot be reckoned from what is known
├── ContractError    terms of a contract that contradict themselves
├── TariffError      a calendar that leaves an instant without a band, or claims it twice
├── PlanError        a job that no plan can hold, or a plan that cannot be made
├── SchemeError      a scheme whose indicators cannot be reckoned
├── SeriesError      readings that cannot be settled
└── FormulaError     a virtual meter's formula that cannot be read
"""


class AccountingError(Exception):
    """Root of every error that accounting raises."""


class UnitError(AccountingError):
    pass


class FactorError(AccountingError):
    pass


class ActivityError(AccountingError):
    pass


class ChargeError(AccountingError):
    pass


class ContractError(AccountingError, ValueError):
    """Also a ValueError, so that a file's checker can name the key."""


class TariffError(AccountingError, ValueError):
    """Also a ValueError, so that a file's checker can name the key."""


class PlanError(AccountingError):
    """`job` is '' for what concerns the whole plan."""

    def __init__(self, job: str, field: str, value: str, reason: str) -> None:
        super().__init__(f"{job or 'plan'}.{field} {value}: {reason}")
        self.job, self.field, self.value, self.reason = job, field, value, reason


class SchemeError(AccountingError, ValueError):
    """Also a ValueError, so that a file's checker can name the key."""


class SeriesError(AccountingError):
    pass


class FormulaError(AccountingError, ValueError):
    """Also a ValueError, so that a file's checker can name the key."""
