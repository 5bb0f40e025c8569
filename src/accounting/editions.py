"""What a new edition of factors says otherwise than the one before it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from accounting.factors import Factor


@dataclass(frozen=True, slots=True)
class Change:
    """One question and how each edition answers it; None where it does not."""

    old: Factor | None
    new: Factor | None

    @property
    def answer(self) -> Factor:
        """The newer of the two that stands."""
        return self.new or self.old  # type: ignore[return-value]  # one of them does

    @property
    def percent(self) -> float | None:
        """(new / old - 1) x 100 of the masses [%]; None where one is missing or the old one is 0."""
        if self.old is None or self.new is None or not self.old.kg:
            return None
        return (self.new.kg / self.old.kg - 1) * 100


def changes(old: Iterable[Factor], new: Iterable[Factor]) -> Iterator[Change]:
    """Every question of either edition that the two do not answer alike, in the order of the questions.

    Where an edition answers a question for several periods, its newest counts.
    """
    before, after = _newest(old), _newest(new)
    for question in sorted(before.keys() | after.keys()):
        change = Change(before.get(question), after.get(question))
        if change.old is None or change.new is None or change.old.kg != change.new.kg:
            yield change


def _newest(factors: Iterable[Factor]) -> Mapping[tuple[str, ...], Factor]:
    return {each.question: each for each in sorted(factors, key=lambda f: f.valid_from or date.min)}
