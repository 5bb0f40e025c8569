"""The errors of the reports.

ParkWattError
├── QueryError       a question that cannot be answered: field, value, reason
├── NoSuchMeter      a code that no meter bears
├── NoSuchSite       no park has been described yet
├── NoSuchPlan       a code, or a version of it, that no kept plan bears
├── SearchBroken     the search for a plan ended without an answer
├── PlanChanged      somebody kept another version of a plan meanwhile
├── NamesOthers      an answer that cannot be cut, for whoever is let in for single areas
└── TooManyWatchers  the live view serves as many as it can
"""

from telemetry.model import ParkWattError


class QueryError(ParkWattError):
    """A question that cannot be answered."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.value = value
        self.reason = reason


class NoSuchMeter(ParkWattError):  # noqa: N818  # read as a state by its callers
    def __init__(self, code: str) -> None:
        super().__init__(f"No meter has the code {code!r}. GET /api/v1/meters lists those there are.")


class NoSuchSite(ParkWattError):  # noqa: N818  # read as a state by its callers
    def __init__(self) -> None:
        super().__init__("No park is described yet. Put a file into config/sites and start again.")


class NoSuchPlan(ParkWattError):  # noqa: N818  # read as a state by its callers
    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"No plan {code!r}: {reason}. GET /api/v1/plans/kept lists those there are.")


class SearchBroken(ParkWattError):  # noqa: N818  # read as a state by its callers
    def __init__(self, code: int | None) -> None:
        super().__init__(f"The search for the cheapest plan ended without an answer, with exit code {code}.")


class PlanChanged(ParkWattError):  # noqa: N818  # read as a state by its callers
    def __init__(self, code: str, version: int | None) -> None:
        stands = (
            f"version {version} of plan {code!r} is kept by now" if version else f"no plan {code!r} stands"
        )
        super().__init__(f"Nothing was kept: {stands}. Look at it and say in replaces which one you saw.")


class NamesOthers(ParkWattError):  # noqa: N818  # read as a state by its callers
    def __init__(self) -> None:
        super().__init__(
            "Some of these rows name meters of neighbours, and without them the hash cannot be told; the "
            "park's energy manager or an auditor of the park can read them."
        )


class TooManyWatchers(ParkWattError):  # noqa: N818  # read as a state by its callers
    pass
