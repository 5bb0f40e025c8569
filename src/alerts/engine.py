"""All rules over all subjects: one evaluation turns what was measured into changes of alerts."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from accounting.quantity import CATALOGUE
from alerts.journal import Open, Quiet, Recalled, Subject, Transition, What
from alerts.look import Circumstances, Look, Looks, Standing
from alerts.machine import NOT_YET, Changes, Phase, States, Timing, due_us, step
from alerts.order import ordered
from alerts.park import NOBODY, Park
from alerts.reel import Reel
from alerts.rule import Rule, Severity
from alerts.verdict import Kind, Subjects, Verdict
from alerts.window import Window

_LOG = logging.getLogger(__name__)
_AT_ONCE_US = 10_000_000
"""Meters are read one after the other: what comes within so long of another one comes with it."""
_GROWN = 4
"""By how much a storm has to have grown before its number is told again."""
_REASONS = tuple(Quiet)
_SPOKEN, _SOURCE = _REASONS.index(Quiet.NO), _REASONS.index(Quiet.SOURCE)
_STORM = _REASONS.index(Quiet.STORM)
_SILENCE, _MAINTENANCE = _REASONS.index(Quiet.SILENCE), _REASONS.index(Quiet.MAINTENANCE)


@dataclass(slots=True)
class Health:
    """How a rule is doing."""

    evaluations: int = 0
    failures: int = 0
    last_evaluated_us: int = 0
    last_error: str = ""
    failing: bool = False
    took_s: float = 0.0
    """The last evaluation [s]."""
    blind: tuple[str, ...] = ()
    """Meters that it cannot judge: they are read and show nothing of what it judges by."""

    def succeeded(self, now_us: int, took_s: float) -> None:
        self.evaluations += 1
        self.last_evaluated_us, self.took_s, self.failing = now_us, took_s, False

    def failed(self, rule: str, error: Exception) -> None:
        if not self.failing:
            _LOG.error("the rule %s cannot be evaluated: %s", rule, error, exc_info=error)
        self.failures += 1
        self.last_error, self.failing = str(error) or type(error).__name__, True


@dataclass(slots=True, eq=False)
class Watched:
    """One rule with its subjects and their states."""

    rule: Rule
    subjects: Subjects
    states: States
    timing: Timing
    quiet: NDArray[np.int8]
    """Why nobody is to be told of each, as a place in `Quiet`, int8[n]."""
    told: NDArray[np.bool_]
    """Whether somebody was told of the alert that is open, bool[n]."""
    storm: NDArray[np.int64]
    """When the storm began with which each alert came, int64[n] [us]; 0: none, it was told by itself."""
    counted: int = 0
    """How many of the last storm somebody was told of."""
    health: Health = field(default_factory=Health)
    verdict: Verdict | None = None

    @classmethod
    def of(cls, rule: Rule, park: Park) -> "Watched":
        subjects, timing = rule.subjects(park), Timing.of(rule)
        n = len(subjects)
        states = States.inactive(n, timing)
        quiet, told, storm = np.zeros(n, np.int8), np.zeros(n, np.bool_), np.zeros(n, np.int64)
        return cls(rule, subjects, states, timing, quiet, told, storm)

    @property
    def firing(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.states.phase == Phase.FIRING
        return found

    def blind(self, window: Window) -> tuple[str, ...]:
        """Of those that could show what it judges by: a gas meter has no current."""
        rule, subjects, verdict = self.rule, self.subjects, self.verdict
        if subjects.kind is not Kind.METER or verdict is None or not rule.quantities:
            return ()
        carriers = {CATALOGUE[name].carrier for name in rule.quantities}
        lacks = window.lacks(rule.quantities)[subjects.at] & ~verdict.known
        return tuple(
            subjects.codes[n]
            for n in np.flatnonzero(lacks).tolist()
            if window.park.carrier[subjects.at[n]] in carriers
        )

    def remember(self, place: int, fired_us: int) -> None:
        """That it fired before."""
        recent = self.states.recent[place]
        recent[:-1], recent[-1] = recent[1:].copy(), fired_us

    def resume(self, place: int, alert: Open) -> None:
        """Go on with an alert that the journal holds."""
        states = self.states
        states.phase[place], states.stage[place] = Phase.FIRING, alert.stage
        states.since[place], states.fired[place] = alert.since_us, alert.fired_us
        states.flapping[place] = alert.flapping
        self.quiet[place], self.told[place] = _REASONS.index(alert.quiet), alert.told
        self.storm[place] = alert.fired_us if alert.quiet is Quiet.STORM else 0

    def gather(self) -> None:
        """Of one storm is what came soon after another one of it."""
        at = np.flatnonzero(self.storm)
        at = at[np.argsort(self.storm[at])]
        begins = np.diff(self.storm[at], prepend=0) >= _AT_ONCE_US
        self.storm[at] = self.storm[at][np.maximum.accumulate(np.where(begins, np.arange(len(at)), 0))]

    def open(self, place: int) -> Open:
        """The other way round."""
        states = self.states
        return Open(
            rule=self.rule.code,
            subject=Subject(self.subjects.kind, self.subjects.codes[place]),
            stage=int(states.stage[place]),
            since_us=int(states.since[place]),
            fired_us=int(states.fired[place]),
            flapping=bool(states.flapping[place]),
            quiet=_REASONS[self.quiet[place]],
            told=bool(self.told[place]),
        )

    def transitions(
        self, places: Iterable[int], what: What, verdict: Verdict, now_us: int
    ) -> Iterator[Transition]:
        for place in places:
            yield self._transition(place, what, verdict, now_us)

    def _transition(self, place: int, what: What, verdict: Verdict, now_us: int) -> Transition:
        states, stage = self.states, int(self.states.stage[place])
        severities = self.rule.severities
        return Transition(
            rule=self.rule.code,
            subject=Subject(self.subjects.kind, self.subjects.codes[place]),
            what=what,
            at_us=max(now_us, int(states.fired[place])),
            since_us=int(states.since[place]),
            fired_us=int(states.fired[place]),
            severity=severities[min(max(stage, 1), len(severities)) - 1],
            stage=stage,
            value=float(verdict.value[place]),
            limit=float(verdict.limit[place]),
            unit=self.rule.unit,
            flapping=bool(states.flapping[place]),
            quiet=_REASONS[self.quiet[place]],
            band=str(verdict.band),
            more={name: float(column[place]) for name, column in verdict.more.items()},
        )


class Engine:
    """Holds the states of all rules; whoever calls it keeps what changed."""

    def __init__(self, rules: Sequence[Rule], window: Window) -> None:
        self.window = window
        self.watched = {rule.code: Watched.of(rule, window.park) for rule in ordered(rules)}

    def health(self) -> Mapping[str, Health]:
        """By code."""
        return {
            code: replace(watched.health, blind=watched.blind(self.window))
            for code, watched in self.watched.items()
        }

    @property
    def flapping_us(self) -> int:
        """How far back firings count."""
        return max((watched.timing.flap_us for watched in self.watched.values()), default=0)

    def resume(self, recalled: Recalled, now_us: int) -> list[Transition]:
        """Go on with what the journal holds: alerts whose subject nobody watches any more are over.

        What fires in memory and not in the journal was not told: it is pending again, since when it was.
        """
        places = {
            code: {subject: at for at, subject in enumerate(watched.subjects.codes)}
            for code, watched in self.watched.items()
        }
        for watched in self.watched.values():
            watched.states.phase[watched.firing] = Phase.PENDING
            watched.states.recent[:] = NOT_YET
        for rule, subject, fired_us in recalled.fired:
            if subject.code in places.get(rule, {}):
                self.watched[rule].remember(places[rule][subject.code], fired_us)
        gone = [alert for alert in recalled.open if alert.subject.code not in places.get(alert.rule, {})]
        for alert in recalled.open:
            if alert not in gone:
                self.watched[alert.rule].resume(places[alert.rule][alert.subject.code], alert)
        for watched in self.watched.values():
            watched.gather()
        return [_ended(alert, now_us) for alert in gone]

    def replay(self, now_us: int) -> list[Transition]:
        """As `evaluate`, for a moment of the past: without rules that only the present can judge."""
        return self._evaluated(now_us, Circumstances(), lambda rule: rule.replayed)

    def relive(self, reel: Reel, moments: NDArray[np.int64]) -> Iterator[Transition]:
        """As `replay` at each of them, int64[k] [us]; for rules that judge many moments at once."""
        for watched in self.watched.values():
            try:
                verdict = watched.rule.judge(Looks.of(reel, moments), watched.subjects)
            except Exception as error:  # noqa: BLE001  # as above
                watched.health.failed(watched.rule.code, error)
                continue
            yield from self._relived(watched, verdict, moments)

    def _relived(
        self, watched: Watched, verdict: Verdict, moments: NDArray[np.int64]
    ) -> Iterator[Transition]:
        """Where the same is found as before, nothing changes before it is due."""
        due, fresh = 0, _fresh(verdict, len(moments))
        for at, now_us in enumerate(moments.tolist()):
            if not fresh[at] and now_us < due:
                continue
            found = verdict.at(at, len(moments))
            changes = step(watched.states, found, now_us, watched.timing)
            due = due_us(watched.states, watched.timing)
            if len(changes.fired) or len(changes.raised) or len(changes.resolved):
                yield from self._told(watched, found, changes, Look(self.window, now_us))

    def evaluate(self, now_us: int, beside: Circumstances) -> list[Transition]:
        """What changes at `now_us`; a rule that fails changes nothing and says so in its health."""
        return self._evaluated(now_us, beside, lambda _: True)

    def evaluate_unread(self, now_us: int, beside: Circumstances) -> list[Transition]:
        """As `evaluate`, while the store is away: rules that need no reading go on."""
        return self._evaluated(now_us, beside, lambda rule: rule.unread)

    def open_unread(self) -> list[Open]:
        """Alerts of rules that need no reading, as the journal has them once it took what changed."""
        return [
            watched.open(place)
            for watched in self.watched.values()
            if watched.rule.unread
            for place in np.flatnonzero(watched.firing).tolist()
        ]

    def _evaluated(
        self, now_us: int, beside: Circumstances, chosen: Callable[[Rule], bool]
    ) -> list[Transition]:
        standing: dict[str, Standing] = {}
        look = Look(self.window, now_us, beside, standing)
        found: list[Transition] = []
        for code, watched in self.watched.items():
            if chosen(watched.rule):
                found += self._judged(watched, look)
            standing[code] = Standing(watched.subjects, watched.firing)
        return found

    def _judged(self, watched: Watched, look: Look) -> list[Transition]:
        started = time.perf_counter()
        try:
            verdict = watched.rule.judge(look, watched.subjects)
        except Exception as error:  # noqa: BLE001  # one bad rule must not stop the others
            watched.health.failed(watched.rule.code, error)
            return []
        watched.verdict = verdict
        changes = step(watched.states, verdict, look.now_us, watched.timing)
        found = self._told(watched, verdict, changes, look)
        watched.health.succeeded(look.now_us, time.perf_counter() - started)
        return found

    def correct(
        self, watched: Watched, changes: Changes, verdict: Verdict, now_us: int, beside: Circumstances
    ) -> list[Transition]:
        """Tell changes that late readings brought into the states of a rule."""
        found = self._told(watched, verdict, changes, Look(self.window, now_us, beside))
        return [replace(change, corrected=True) for change in found]

    def _told(self, watched: Watched, verdict: Verdict, changes: Changes, look: Look) -> list[Transition]:
        """A person who was told of no beginning is told of no end."""
        if not (len(changes.resolved) or watched.states.phase.any()):
            return []
        before, watched.quiet = watched.quiet, self._quiet(watched, look)
        watched.told[changes.fired] = False
        storm = self._storm(watched, changes.fired, look.now_us)
        spoken = watched.quiet == _SPOKEN
        revealed = watched.firing & spoken & ~watched.told
        revealed[changes.fired] = revealed[changes.raised] = False
        untold = changes.resolved[~watched.told[changes.resolved]]
        watched.quiet[untold] = np.where(before[untold] == _SPOKEN, watched.quiet[untold], before[untold])
        watched.told |= watched.firing & spoken
        over = [*self._storms_over(watched, changes.resolved, look.now_us)]
        watched.storm[~watched.firing] = 0
        return [*storm, *over] + [
            change
            for places, what in (
                (changes.fired, What.FIRED),
                (changes.raised, What.RAISED),
                (np.flatnonzero(revealed), What.REVEALED),
                (changes.resolved, What.RESOLVED),
            )
            for change in watched.transitions(places.tolist(), what, verdict, look.now_us)
        ]

    def _storm(self, watched: Watched, fired: NDArray[np.intp], now_us: int) -> list[Transition]:
        """Alerts that come all at once are told as their number."""
        fresh = fired[watched.quiet[fired] == _SPOKEN]
        recent = watched.firing & (watched.states.fired > now_us - _AT_ONCE_US)
        running = int(watched.storm[recent].max(initial=0))
        told = recent & (watched.told | (watched.storm != 0))
        told[fresh] = True
        if not len(fresh) or told.sum() <= watched.rule.storm:
            return []
        begun = running or now_us
        watched.storm[fresh], watched.quiet[fresh] = begun, _STORM
        count = int((watched.storm == begun).sum() if running else told.sum())
        if running and count < _GROWN * (watched.counted or count):
            return []
        watched.counted = count
        return [self._of_storm(watched, What.STORMED, now_us, begun, count)]

    def _storms_over(self, watched: Watched, resolved: NDArray[np.intp], now_us: int) -> Iterator[Transition]:
        """A storm is over with the last alert that came with it."""
        storm = watched.storm
        for moment in np.unique(storm[resolved[storm[resolved] != 0]]).tolist():
            of_it = storm == moment
            if not (of_it & watched.firing).any():
                yield self._of_storm(watched, What.RESOLVED, now_us, moment, int(of_it.sum()))

    def _of_storm(self, watched: Watched, what: What, now_us: int, fired_us: int, count: int) -> Transition:
        """Its alert is the park's; the value is how many came, or went last."""
        subject = Subject(Kind.PARK, self.window.park.root)
        severity, most = watched.rule.severities[-1], float(watched.rule.storm)
        return Transition(
            watched.rule.code,
            subject,
            what,
            now_us,
            fired_us,
            fired_us,
            severity,
            1,
            float(count),
            most,
            "",
        )

    def _quiet(self, watched: Watched, look: Look) -> NDArray[np.int8]:
        quiet = np.where(watched.storm != 0, np.int8(_STORM), np.int8(_SPOKEN))
        if watched.rule.hidden_by_source and watched.subjects.kind is Kind.METER:
            source = self.window.park.source[watched.subjects.at]
            quiet[(source != NOBODY) & self._dead_sources()[source]] = _SOURCE
        for silence in look.beside.silences:
            if silence.covers(look.now_us, self.window.park.zone):
                fits = silence.fits(watched.rule.code, watched.subjects, self.window.park)
                quiet[fits] = _MAINTENANCE if silence.maintenance else _SILENCE
        return quiet

    def _dead_sources(self) -> NDArray[np.bool_]:
        dead = np.zeros(max(1, len(self.window.park.sources)), np.bool_)
        for watched in self.watched.values():
            if watched.subjects.kind is Kind.SOURCE and watched.rule.ends_its_meters:
                dead[watched.subjects.at[watched.firing]] = True
        return dead


def _fresh(verdict: Verdict, moments: int) -> NDArray[np.bool_]:
    """Whether another finding than at the moment before, bool[k]."""
    found = np.ones(moments, np.bool_)
    columns = (verdict.stage, verdict.well, verdict.known)
    found[1:] = np.any([(column[1:] != column[:-1]).any(axis=1) for column in columns], axis=0)
    return found


def _ended(alert: Open, now_us: int) -> Transition:
    return Transition(
        alert.rule,
        alert.subject,
        What.RESOLVED,
        max(now_us, alert.fired_us),
        alert.since_us,
        alert.fired_us,
        Severity.INFO,
        alert.stage,
        float("nan"),
        float("nan"),
        "",
        quiet=Quiet.GONE,
    )
