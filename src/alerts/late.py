"""What readings that came late change: the last hour is lived through once more, beside what was told."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alerts.engine import Engine, Watched
from alerts.journal import History, Late, Open, Quiet, Subject, Transition, What
from alerts.look import Circumstances
from alerts.machine import NOT_YET, Changes, Phase, States
from alerts.park import NOBODY, Park
from alerts.past import fill
from alerts.verdict import Kind, Verdict
from alerts.window import Window

_SETTLED_US = 15_000_000
"""What is younger than this is judged as it comes."""
_SLOTS = 4
"""By so many at most the hour lived anew, which goes by slots, changes later than what was judged at once."""
_PART_US = 60_000_000
"""So much of it is read at once: nobody waits long for that."""


class Anew:
    """The last hour of an engine, lived through beside it a piece at a time."""

    def __init__(self, engine: Engine, history: History, late: Sequence[Late], now_us: int) -> None:
        self._engine, self._history = engine, history
        park, window = engine.window.park, engine.window
        self._touched = _touched(park, np.isin(park.ids, np.concatenate([each.meter_id for each in late])))
        self._span = min(int(each.lo.min()) for each in late), max(int(each.hi.max()) for each in late)
        rules = [watched.rule for watched in engine.watched.values() if watched.rule.replayed]
        around = park.only(_around(park, self._touched))
        self._again = Engine(rules, Window(around, window.quantities))
        for code, second in self._again.watched.items():
            _go_on(engine.watched[code], second, _told_us(window, second, now_us))
        self.unsettled = False
        """Whether an alert stands otherwise here, and has changed too lately to say which is right."""
        self._lived: dict[str, list[Transition]] = {}
        self._hi = now_us
        self._moments = self._from(_begun_us(window, now_us))

    def proceed(self, now_us: int, budget_s: float) -> bool:
        """Live on for so long, the last step at once; whether `now_us` is reached. Raises as the history."""
        until, last_us = time.perf_counter() + budget_s, now_us - self._again.window.step_us
        while self._touched.any():
            for moment in self._moments:
                self._live(moment)
                if moment < last_us and time.perf_counter() >= until:
                    return False
            if self._hi == now_us:
                return True
            begun, self._hi = self._hi, now_us
            self._moments = self._from(begun)
        return True

    def changes(self, now_us: int, beside: Circumstances) -> list[Transition]:
        """At most one of each alert: what it is now, or that there was one which is over already.

        Writes what is known now into the engine's window and states.
        """
        self._engine.window.adopt(self._again.window, self._touched)
        return [
            change
            for code, second in self._again.watched.items()
            for change in self._of(self._engine.watched[code], second, now_us, beside)
        ]

    def _from(self, begun_us: int) -> Iterator[int]:
        return fill(self._again.window, self._history, begun_us, self._hi, _PART_US)

    def _live(self, moment: int) -> None:
        for change in self._again.replay(moment):
            self._lived.setdefault(change.rule, []).append(change)

    def _of(
        self, first: Watched, second: Watched, now_us: int, beside: Circumstances
    ) -> Iterator[Transition]:
        window, changed = self._engine.window, self._lived.get(first.rule.code, [])
        pairs = _pairs(first, second, window.park, self._touched)
        whole = [each for each in changed if each.since_us > _told_us(window, second, now_us)]
        concerned = {first.subjects.codes[at] for at, _ in pairs}
        yield from self._gone_by(first, whole, concerned, now_us)
        settled = self._settled(first, second, pairs, now_us)
        changes, verdict = _changes(first, second, settled, now_us), _verdict(first, second, settled)
        if verdict is not None:
            yield from self._engine.correct(first, changes, verdict, now_us, beside)

    def _gone_by(
        self, first: Watched, changed: Sequence[Transition], concerned: set[str], now_us: int
    ) -> Iterator[Transition]:
        """Alerts that began and were over before anybody could know; nobody is told, the history has them."""
        begun = {change.alert: change for change in changed if change.what is What.FIRED}
        begin, end_us = self._span
        for end in changed:
            start = begun.get(end.alert)
            if end.what is not What.RESOLVED or start is None or end.subject.code not in concerned:
                continue
            within = start.since_us <= end_us and begin <= end.at_us <= now_us - _SETTLED_US
            recent = first.states.recent[first.subjects.codes.index(end.subject.code)]
            slot_us = start.since_us - self._again.window.step_us
            if within and not ((recent > slot_us) & (recent <= end.at_us)).any():
                recent[0] = start.fired_us
                recent.sort()
                yield replace(start, what=What.RESOLVED, at_us=end.at_us, corrected=True, quiet=Quiet.NO)

    def _settled(
        self, first: Watched, second: Watched, pairs: Sequence[tuple[int, int]], now_us: int
    ) -> list[tuple[int, int]]:
        one, two = first.states, second.states
        behind_us = _SLOTS * self._again.window.step_us
        found = []
        for at, other in pairs:
            if one.changed[at] <= now_us - behind_us and two.changed[other] <= now_us - _SETTLED_US:
                found.append((at, other))
            else:
                self.unsettled |= _differs(one, at, two, other)
        return found


def _differs(one: States, at: int, two: States, other: int) -> bool:
    firing = one.phase[at] == Phase.FIRING
    return bool(one.phase[at] != two.phase[other] or (firing and one.stage[at] != two.stage[other]))


def _touched(park: Park, came: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Meters whose alerts may change, bool[m]: also those above them, and those reckoned from them."""
    found = came.copy()
    for flow in park.flows:
        found[flow.meter] |= found[list(flow.terms)].any()
    above = park.parent[found]
    found[above[above != NOBODY]] = True
    return found


def _around(park: Park, touched: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All that has to be known to judge them, and the areas on whose edge they stand, bool[m]."""
    found = touched | ((park.parent != NOBODY) & touched[park.parent])
    for edge in map(park.edge, park.boundary):
        found |= edge if (edge & touched).any() else False
    return park.with_terms(found)


def _begun_us(window: Window, now_us: int) -> int:
    return now_us - (window.slots - 1) * window.step_us


def _told_us(window: Window, watched: Watched, now_us: int) -> int:
    """From when on the hour tells how a rule stood [us]."""
    return _begun_us(window, now_us) + window.step_us + int(watched.rule.depth_s * 1e6)


def _go_on(first: Watched, second: Watched, told_us: int) -> None:
    """Alerts that were open before the hour can tell are open in it too."""
    places = {code: at for at, code in enumerate(second.subjects.codes)}
    for at in np.flatnonzero(first.firing & (first.states.fired <= told_us)).tolist():
        code = first.subjects.codes[at]
        if code in places:
            second.resume(places[code], _open(first, at))


def _open(watched: Watched, at: int) -> Open:
    states, subject = watched.states, Subject(watched.subjects.kind, watched.subjects.codes[at])
    since, fired = int(states.since[at]), int(states.fired[at])
    stage = int(states.stage[at])
    return Open(watched.rule.code, subject, stage, since, fired, flapping=False, quiet=Quiet.NO, told=True)


def _pairs(first: Watched, second: Watched, park: Park, touched: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(Place in the engine, place in the one beside it) of subjects whose alerts may change."""
    places = {code: at for at, code in enumerate(second.subjects.codes)}
    codes, kind = first.subjects.codes, first.subjects.kind
    if kind is Kind.METER:
        concerned = touched[first.subjects.at].tolist()
    else:
        concerned = [kind is not Kind.SOURCE and bool((park.edge(c) & touched).any()) for c in codes]
    return [(at, places[codes[at]]) for at, meant in enumerate(concerned) if meant and codes[at] in places]


def _changes(first: Watched, second: Watched, pairs: Sequence[tuple[int, int]], now_us: int) -> Changes:
    """Let the states be what they would have been; one that flaps ends in its own time."""
    at, other = (np.array(places, np.intp) for places in (zip(*pairs, strict=True) if pairs else ((), ())))
    one, two = first.states, second.states
    was, is_ = one.phase[at] == Phase.FIRING, two.phase[other] == Phase.FIRING
    fired, ended = at[~was & is_], at[was & ~is_ & ~one.flapping[at]]
    raised = at[was & is_ & (two.stage[other] > one.stage[at])]
    pending = ~was & (two.phase[other] == Phase.PENDING)
    earlier = pending & ((one.phase[at] == Phase.INACTIVE) | (two.since[other] < one.since[at]))
    taken = (~was & is_) | earlier
    for name in ("phase", "since", "well", "rising"):
        getattr(one, name)[at[taken]] = getattr(two, name)[other[taken]]
    one.stage[fired], one.fired[fired] = two.stage[other[~was & is_]], now_us
    one.recent[fired] = np.column_stack([one.recent[fired, 1:], np.full(len(fired), now_us)])
    one.stage[raised] = two.stage[other[was & is_ & (two.stage[other] > one.stage[at])]]
    one.rising[raised] = NOT_YET
    one.phase[ended] = Phase.INACTIVE
    return Changes(fired, raised, ended)


def _verdict(first: Watched, second: Watched, pairs: Iterable[tuple[int, int]]) -> Verdict | None:
    """Of the engine's, with the values that are known now."""
    if first.verdict is None or second.verdict is None:
        return None
    value, limit = first.verdict.value.copy(), np.array(first.verdict.limit)
    for at, other in pairs:
        value[at], limit[at] = second.verdict.value[other], second.verdict.limit[other]
    return replace(first.verdict, value=value, limit=limit)
