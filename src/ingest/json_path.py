"""Paths into JSON: keys joined by dots, positions in arrays, and elements chosen by what they hold."""

import re
from dataclasses import dataclass

ABSENT = object()
"""What stands where a path leads nowhere."""
_STEP = re.compile(r'\["(?P<quoted>[^"]+)"\]|\[(?P<key>[^=\]\[]+)=(?P<wanted>[^\]]+)\]|(?P<plain>[^.\[\]]+)')


@dataclass(frozen=True, slots=True)
class Chosen:
    """The first element of an array whose `key` holds `wanted`."""

    key: str
    wanted: str


Step = str | Chosen
Path = tuple[Step, ...]


def parse_path(text: str) -> Path:
    """`emeters.0.power`, `emeters[phase=a].power`, `["1.8.0"]`; empty: the whole. Raises ValueError."""
    steps: list[Step] = []
    at = 0
    while at < len(text):
        if steps and text[at] == ".":
            at += 1
        elif steps and text[at] != "[":
            raise ValueError(f"path {text!r}: a dot is missing before {text[at:]!r}")
        match = _STEP.match(text, at)
        if match is None:
            raise ValueError(f'path {text!r}: {text[at:]!r} is no key, [key=value] or ["key"]')
        steps.append(_step(match))
        at = match.end()
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["wanted"] is not None:
        return Chosen(match["key"], match["wanted"])
    return match["quoted"] or match["plain"]


def follow(node: object, path: Path) -> object:
    """What stands at the path's end; ABSENT where it leads nowhere."""
    for step in path:
        node = step_into(node, step)
    return node


def step_into(node: object, step: Step) -> object:
    if isinstance(step, Chosen):
        return _choose(node, step)
    if isinstance(node, dict):
        return node.get(step, ABSENT)
    if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
        return node[int(step)]
    return ABSENT


def _choose(node: object, step: Chosen) -> object:
    if not isinstance(node, list):
        return ABSENT
    found = (each for each in node if isinstance(each, dict) and str(each.get(step.key)) == step.wanted)
    return next(found, ABSENT)
