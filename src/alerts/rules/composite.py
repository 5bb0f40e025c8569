"""Several other rules at once, all of them or any."""

from collections.abc import Iterator, Mapping
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from alerts.look import Look, Standing
from alerts.rule import Code
from alerts.rule import Rule as AnyRule
from alerts.verdict import Kind, Subjects, Verdict


class Rule(AnyRule):
    """Fires for a meter while all of `all`, or any of `any`, have an alert about it.

    An alert of a source counts for its meters, one of an area or the park for all that stands in it.
    """

    kind: Literal["composite"]
    all: tuple[Code, ...] = ()
    any: tuple[Code, ...] = ()

    @property
    def replayed(self) -> bool:
        return False

    def named(self) -> Iterator[tuple[str, str, str]]:
        yield from super().named()
        for field in ("all", "any"):
            for index, code in enumerate(getattr(self, field)):
                yield f"{field}[{index}]", "rule", code

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        """The value is how many of them have an alert. Raises LookupError for one that does not hold."""
        for code in (*self.all, *self.any):
            if code not in look.others:
                raise LookupError(f"the rule {code!r} does not hold, or stands in a circle with this one")
        parts = [_about(look.others[code], look)[subjects.at] for code in (*self.all, *self.any)]
        count = np.sum(parts, axis=0)
        needed = len(self.all) if self.all else 1
        over = count >= needed
        known = np.ones(len(subjects), np.bool_)
        limit = np.full(len(subjects), float(needed))
        return Verdict(over.astype(np.int8), ~over, known, count.astype(np.float64), limit)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.all) == bool(self.any):
            raise ValueError("either all or any has to name rules")
        return self


def _about(standing: Standing, look: Look) -> NDArray[np.bool_]:
    """Meters that an alert of the rule is about, bool[m]."""
    park, subjects = look.park, standing.subjects
    firing: Mapping[str, bool] = dict(zip(subjects.codes, standing.firing.tolist(), strict=True))
    if subjects.kind is Kind.SOURCE:
        names = [park.sources[at] if at >= 0 else "" for at in park.source.tolist()]
        return np.array([firing.get(name, False) for name in names], np.bool_)
    if subjects.kind is Kind.METER:
        return np.array([firing.get(code, False) for code in park.codes], np.bool_)
    return np.array([any(firing.get(area, False) for area in areas) for areas in park.within], np.bool_)
