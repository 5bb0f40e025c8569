"""Which numbers of a JSON payload no path of its template leads to."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from accounting.quantity import LARGEST
from ingest.json_path import Chosen, Path, Step, step_into

_MOST_NUMBERS = 1_000
_DEEPEST = 8
_NO_CODE = "@"
_LONGEST_ADDRESS = 400
_PLAIN = re.compile(r"[^.\[\]]+")
_QUOTED = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_Place = tuple[str, ...]


def unmapped(document: object, mapped: Iterable[Path], hints: Iterable[Path] = ()) -> dict[str, float]:
    """The other numbers by their JSON path; of the first thousand, eight levels deep at most.

    Elements of an array that a path chooses by what they hold are named in the same way, also by a path of
    `hints`, whose numbers do not count as mapped.
    """
    taken: set[_Place] = set()
    keys: dict[_Place, str] = {}
    for path in hints:
        _place(document, path, keys)
    for path in mapped:
        taken.add(_place(document, path, keys))
    numbers = islice(_numbers(document, (), (), keys), _MOST_NUMBERS)
    return {written(path): number for place, path, number in numbers if place not in taken}


def written(path: Path) -> str:
    """The one text of a path, of the many that lead to the same."""
    return "".join(map(_step, path)).removeprefix(".")


def at_address(address: str) -> str:
    """What stands in place of a code where no meter is declared at the address; no code begins so."""
    return f"{_NO_CODE}{address}"


def is_address(name: str) -> bool:
    return name.startswith(_NO_CODE) and 1 < len(name) <= _LONGEST_ADDRESS and storable(name)


def storable(name: str) -> bool:
    """Whether a database holds it: no NUL, and no half of a character."""
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in name)


def _step(step: Step) -> str:
    if isinstance(step, Chosen):
        return f"[{step.key}={step.wanted}]"
    return f".{step}" if _PLAIN.fullmatch(step) else f'["{step}"]'


def _place(node: object, path: Path, keys: dict[_Place, str]) -> _Place:
    """Chosen elements by their position in this document; `keys` hears by what each array is chosen from."""
    place: list[str] = []
    for step in path:
        found = step_into(node, step)
        if isinstance(step, Chosen):
            keys.setdefault(tuple(place), step.key)
            at = (i for i, each in enumerate(node) if each is found) if isinstance(node, list) else iter(())
            place.append(str(next(at, "")))
        else:
            place.append(step)
        node = found
    return tuple(place)


def _numbers(
    node: object, place: _Place, path: Path, keys: Mapping[_Place, str]
) -> Iterator[tuple[_Place, Path, float]]:
    if isinstance(node, bool) or len(place) > _DEEPEST:
        return
    if isinstance(node, str) and _QUOTED.fullmatch(node):
        node = float(node)
    if isinstance(node, int | float) and abs(node) <= LARGEST:
        yield place, path, float(node)
    elif isinstance(node, dict):
        for key, below in node.items():
            yield from _numbers(below, (*place, key), (*path, key), keys)
    elif isinstance(node, list):
        for at, below in enumerate(node):
            step = _chosen(node, below, keys.get(place)) or str(at)
            yield from _numbers(below, (*place, str(at)), (*path, step), keys)


def _chosen(array: list[object], element: object, key: str | None) -> Chosen | None:
    """How a path chooses the element; None where it would lead to another."""
    if key is None or not isinstance(element, dict) or not isinstance(element.get(key), str):
        return None
    step = Chosen(key, element[key])
    return step if step_into(array, step) is element and "]" not in step.wanted else None
