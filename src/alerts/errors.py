"""The errors of the alerts.

AlertError
├── RuleError   a rule that cannot be: every field that is wrong, with the reason
├── LeaseLost   another process evaluates by now
└── Undelivered a message that did not reach its receiver, and whether it is of use to try again
"""

from collections.abc import Sequence


class AlertError(Exception):
    """Root of every error that alerts raises."""


class RuleError(AlertError):
    def __init__(self, mistakes: Sequence[tuple[str, str]]) -> None:
        """`mistakes` are (field, reason)."""
        super().__init__("; ".join(f"{field}: {reason}" if field else reason for field, reason in mistakes))
        self.mistakes = tuple(mistakes)


class LeaseLost(AlertError):  # noqa: N818  # read as a state by its callers
    pass


class Undelivered(AlertError):  # noqa: N818  # named by what it means
    def __init__(self, reason: str, *, final: bool = False) -> None:
        """`final`: another attempt would end the same."""
        super().__init__(reason)
        self.final = final
