"""Trials of alert rules that run, how far each is, and what the rule would have told until there."""

import logging
import time
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from telemetry.reports.alerts import AlertChange, supposed
from telemetry.reports.errors import QueryError
from telemetry.reports.runs import Runs
from telemetry.reports.trial import MOST_TOLD, Trial
from telemetry.settings.plan import Plan
from telemetry.storage.errors import StorageError
from telemetry.storage.pool import Connections

_LOG = logging.getLogger(__name__)


class TrialState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    ENDED = "ended"
    """Somebody wanted no more of it: it tells the range as far as `share`."""
    FAILED = "failed"


class RunningTrial(Struct, frozen=True):
    """How far a trial is, and what the rule would have told when it has ended."""

    id: str
    state: TrialState
    share: Annotated[float, Meta(description="Of the range, from 0 to 1, that was lived through")]
    seconds: float
    told: Annotated[int, Meta(description="Changes so far")]
    changes: Annotated[list[AlertChange], Meta(description="Empty while it runs")]
    step_s: Annotated[int, Meta(description="Holds and clear times were counted in steps of it [s]")]
    cut: Annotated[bool, Meta(description=f"There were more than {MOST_TOLD}; the rest was not tried")]
    reason: Annotated[str, Meta(description="Why it failed")]


class _EndedError(Exception):
    """Somebody wants no more of it."""


@dataclass(slots=True)
class _Run:
    trial: Trial
    database: Connections
    plan: Plan
    zone: ZoneInfo
    ended: Event = field(default_factory=Event)
    state: TrialState = TrialState.RUNNING
    share: float = 0.0
    changes: list[AlertChange] = field(default_factory=list)
    cut: bool = False
    reason: str = ""
    began: float = field(default_factory=time.monotonic)
    took: float | None = None

    @property
    def over(self) -> bool:
        return self.state is not TrialState.RUNNING

    def work(self) -> None:
        state = TrialState.DONE
        try:
            self._live()
        except _EndedError:
            state = TrialState.ENDED
        except (QueryError, StorageError) as error:
            state, self.reason = TrialState.FAILED, str(error)
        except Exception:  # noqa: BLE001  # a thread's end; whoever asks is told that it failed
            _LOG.exception("the trial of the alert rule %s failed", self.trial.rule.code)
            state, self.reason = TrialState.FAILED, "the service's log says why"
        self.took, self.state = time.monotonic() - self.began, state

    def _live(self) -> None:
        """Raises QueryError, StorageError, _EndedError."""
        for each in self.trial.transitions(self.database, self.plan, self._hear):
            self.cut = len(self.changes) == MOST_TOLD
            if self.cut:
                return
            self.changes.append(supposed(each, self.zone))
        self.share = 1.0

    def _hear(self, share: float) -> None:
        self.share = share
        if self.ended.is_set():
            raise _EndedError


class Trials(Runs[_Run]):
    """The newest ones."""

    def __init__(self) -> None:
        super().__init__("trial")

    def live(self, trial: Trial, database: Connections, plan: Plan, zone: ZoneInfo) -> str | None:
        """Begin one; its id, None while as many run as may. Raises QueryError for one that cannot be."""
        trial.check()
        return self.begin(_Run(trial, database, plan, zone))

    def answer(self, code: str) -> RunningTrial | None:
        run = self.find(code)
        if run is None:
            return None
        over = run.over
        return RunningTrial(
            id=code,
            state=run.state,
            share=min(max(run.share, 0.0), 1.0),
            seconds=time.monotonic() - run.began if run.took is None else run.took,
            told=len(run.changes),
            changes=run.changes if over else [],
            step_s=run.trial.step_s,
            cut=run.cut,
            reason=run.reason,
        )
