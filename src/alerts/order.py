"""In which order rules are judged: each after those that are a part of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

from alerts.rule import Rule


def ordered(rules: Iterable[Rule]) -> list[Rule]:
    """Of those that may be judged at once the lower rank first; what stands in a circle comes last."""
    by_code = {rule.code: rule for rule in sorted(rules, key=lambda rule: rule.rank)}
    graph = {code: [part for part in _parts(rule) if part in by_code] for code, rule in by_code.items()}
    found = [by_code.pop(code) for code in _levels(graph)]
    return found + list(by_code.values())


def _parts(rule: Rule) -> list[str]:
    return [code for _, what, code in rule.named() if what == "rule"]


def _levels(graph: Mapping[str, Sequence[str]]) -> Iterator[str]:
    sorter = TopologicalSorter(graph)
    with suppress(CycleError):  # what does not stand in a circle is given all the same
        sorter.prepare()
    while sorter.is_active():
        ready = set(sorter.get_ready())
        sorter.done(*ready)
        yield from (code for code in graph if code in ready)


def circles(rule: Rule, others: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:
    """(key, reason) for every part of `rule` that it is a part of itself; `others` by code."""
    known = {**others, rule.code: rule}
    for key, what, code in rule.named():
        way = _way(code, rule.code, known) if what == "rule" else ()
        if way:
            yield key, f"{' > '.join((rule.code, *way))} is a circle: no rule can be a part of itself"


def _way(begin: str, end: str, known: Mapping[str, Rule]) -> tuple[str, ...]:
    """Over parts of parts, both ends with it; empty where there is none."""
    seen, ways = {begin}, list[tuple[str, ...]]([(begin,)])
    for way in ways:
        if way[-1] == end:
            return way
        fresh = [code for code in _parts(known[way[-1]]) if code not in seen] if way[-1] in known else []
        seen.update(fresh)
        ways += [(*way, code) for code in fresh]
    return ()
