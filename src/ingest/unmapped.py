"""Which numbers of a JSON payload no path of its template leads to."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from accounting.quantity import LARGEST
from ingest.json_path import Chosen, Path, step_into

_MOST_NUMBERS = 1_000
_DEEPEST = 8
_PLAIN = re.compile(r"[^.\[\]]+")
_Place = tuple[str, ...]


def unmapped(document: object, mapped: Iterable[Path]) -> dict[str, float]:
    """The other numbers by their JSON path; of the first thousand, eight levels deep at most."""
    taken = {_place(document, path) for path in mapped}
    numbers = islice(_numbers(document, ()), _MOST_NUMBERS)
    return {_written(place): number for place, number in numbers if place not in taken}


def _place(node: object, path: Path) -> _Place:
    """Chosen elements by their position in this document."""
    place: list[str] = []
    for step in path:
        found = step_into(node, step)
        if isinstance(step, Chosen):
            at = (i for i, each in enumerate(node) if each is found) if isinstance(node, list) else iter(())
            place.append(str(next(at, "")))
        else:
            place.append(step)
        node = found
    return tuple(place)


def _numbers(node: object, place: _Place) -> Iterator[tuple[_Place, float]]:
    if isinstance(node, bool) or len(place) > _DEEPEST:
        return
    if isinstance(node, int | float) and abs(node) <= LARGEST:
        yield place, float(node)
    elif isinstance(node, dict):
        for key, below in node.items():
            yield from _numbers(below, (*place, key))
    elif isinstance(node, list):
        for at, below in enumerate(node):
            yield from _numbers(below, (*place, str(at)))


def _written(place: _Place) -> str:
    steps = (f".{step}" if _PLAIN.fullmatch(step) else f'["{step}"]' for step in place)
    return "".join(steps).removeprefix(".")
