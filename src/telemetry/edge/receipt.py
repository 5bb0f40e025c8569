"""What the centre says became of the rows that were posted to it."""

from msgspec import Struct

from telemetry.edge.link import Answer


class Rejected(Struct, frozen=True):
    """A field of the row at this position of the body that could not be used."""

    row: int
    field: str
    value: object
    reason: str


class Receipt(Struct, frozen=True):
    """A body that lacks one of these is none of the centre's."""

    accepted: int
    duplicate: int
    conflict: int
    rejected: list[Rejected]


class Mistake(Struct, frozen=True):
    field: str
    """Of a row: its position, a dot, the field."""
    reason: str
    value: object = None

    @property
    def in_row(self) -> Rejected | None:
        """None where the mistake is none of a single row."""
        row, _, field = self.field.partition(".")
        return Rejected(int(row), field, self.value, self.reason) if row.isdecimal() else None


class Problem(Struct, frozen=True):
    """Why the centre took nothing of a body."""

    detail: str
    errors: list[Mistake] = []


def read(answer: Answer) -> Receipt | Problem:
    """Raises StoreUnavailable where something else than the centre has answered."""
    return answer.read(Receipt) if answer.taken else answer.read(Problem)
