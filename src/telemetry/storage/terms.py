"""What a meter is over time: dated by its history, or from the moment an undated edit was loaded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from telemetry.model import Meter

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Where the first term of every meter begins."""


@dataclass(frozen=True, slots=True)
class MeterTerm:
    """What holds from `valid_from` to the next term."""

    valid_from: datetime
    multiplier: float
    area: str
    parent: str | None
    role: str
    region: str
    formula: Mapping[str, str] | None = None
    """Of a virtual meter, by quantity."""
    accuracy_class: float | None = None
    """Limit of its error [%]."""
    loss_share: float = 0.0
    """Of what it lets in, expected to be lost behind it."""


_FIELDS = ("multiplier", "area", "parent", "role", "region", "formula", "accuracy_class", "loss_share")
_OF_FILE = frozenset({"accuracy_class", "loss_share"})
"""What holds for the whole past unless the history dates it: it changes no number, only how one is judged."""
_Value: TypeAlias = float | str | Mapping[str, str] | None
_Line: TypeAlias = list[tuple[datetime, _Value]]


def timeline(
    meter: Meter, region: str, standing: Sequence[MeterTerm], now: datetime
) -> tuple[MeterTerm, ...]:
    """Terms of `meter` after its file was loaded at `now`, over those that stood; `region` is the site's.

    A field that the history dates follows the file alone; one that it does not date keeps its past and
    changes now.
    """
    base = {field: getattr(meter, field) for field in _FIELDS} | {"region": meter.region or region}
    lines = {field: _line(field, base[field], meter, standing, now) for field in _FIELDS}
    moments = sorted({moment for line in lines.values() for moment, _ in line})
    return tuple(_term(moment, lines) for moment in moments)


def first_difference(old: Iterable[MeterTerm], new: Iterable[MeterTerm], field: str) -> datetime | None:
    """The first moment from which `field` is not what it was."""
    before, after = _steps(old, field), _steps(new, field)
    moments = sorted({moment for moment, _ in (*before, *after)})
    return next((moment for moment in moments if _held(before, moment) != _held(after, moment)), None)


def _line(field: str, base: _Value, meter: Meter, standing: Sequence[MeterTerm], now: datetime) -> _Line:
    dated = [(t.since, getattr(t, field)) for t in meter.history if t.since and getattr(t, field) is not None]
    if dated or field in _OF_FILE:
        return [(BEGINNING, base), *sorted(dated)]
    kept = _steps(standing, field) or [(BEGINNING, base)]
    return kept if kept[-1][1] == base else [*kept, (now, base)]


def _steps(terms: Iterable[MeterTerm], field: str) -> _Line:
    steps: _Line = []
    for term in terms:
        value = getattr(term, field)
        if not steps or steps[-1][1] != value:
            steps.append((term.valid_from, value))
    return steps


def _held(line: _Line, moment: datetime) -> _Value:
    return next((value for since, value in reversed(line) if since <= moment), None)


def _term(moment: datetime, lines: dict[str, _Line]) -> MeterTerm:
    values = {field: _held(line, moment) for field, line in lines.items()}
    return MeterTerm(moment, **values)  # type: ignore[arg-type]  # one mapping for fields of several types
