"""A plan as people post it, field by field, and the jobs that it stands for."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from msgspec import Meta, Struct

from accounting.errors import PlanError
from accounting.grid import SLOT_US, Grid, local_wall, to_us
from accounting.plan.job import Aim, Job, Slots, in_order
from telemetry.reports.errors import QueryError
from telemetry.reports.forms import converted
from telemetry.reports.steps import moment

_QUARTER_MIN = 15
_DAY_US = 86_400_000_000
MOST_JOBS = 500
MOST_DAYS = 31
NO_LINE = "no area and no meter of the park has this code"
"""Also said of what is not theirs who ask, so that they do not learn that it is there."""
_LISTS = ("after", "profile_kw")
_NUMBERS = ("power_kw", "energy_kwh", "duration_min", "setup_min", "crew", "interruptible")
Text = Annotated[str, Meta(min_length=1, max_length=64)]
_Time = Annotated[str, Meta(max_length=40, examples=["2026-11-24T08:00:00+08:00"])]
_Minutes = Annotated[int, Meta(ge=0, le=60 * 24 * MOST_DAYS, multiple_of=_QUARTER_MIN)]
_Positive = Annotated[float, Meta(ge=0)]
_CLOCK = r"^([01]\d|2[0-3]):(00|15|30|45)$"
_Profile = Annotated[list[_Positive], Meta(min_length=1, max_length=96 * MOST_DAYS)]
_Hours = Annotated[list[float], Meta(max_length=24 * MOST_DAYS)]


class PostedRun(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """One stretch of an interrupted job."""

    from_: _Time
    to: _Time


_Runs = Annotated[list[PostedRun], Meta(max_length=1000)]


class PostedJob(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be produced; power as one of power_kw, energy_kwh and profile_kw."""

    code: Text
    line: Annotated[Text, Meta(description="Code of an area, or of a meter, that it runs on")]
    duration_min: Annotated[_Minutes | None, Meta(description="Needed unless profile_kw tells it")] = None
    power_kw: _Positive | None = None
    energy_kwh: Annotated[_Positive | None, Meta(description="Drawn evenly")] = None
    profile_kw: Annotated[_Profile | None, Meta(description="By quarter hour")] = None
    earliest: Annotated[_Time | None, Meta(description="Default: the plan's start")] = None
    deadline: Annotated[_Time | None, Meta(description="Default: the plan's end")] = None
    start: Annotated[_Time | None, Meta(description="Where the plan has it; left out: not placed")] = None
    runs: Annotated[_Runs | None, Meta(description="In place of start, where it is interrupted")] = None
    interruptible: bool = False
    after: Annotated[
        tuple[Text, ...], Meta(max_length=100, description="Jobs that end before it begins")
    ] = ()
    setup_min: Annotated[_Minutes, Meta(description="Its line is held before each start, without load")] = 0
    crew: Annotated[int, Meta(ge=0, le=10_000, description="People")] = 0


class PostedShift(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """People who are there every day, or on some weekdays, on the park's clock."""

    from_: Annotated[str, Meta(pattern=_CLOCK, examples=["08:00"])]
    to: Annotated[str, Meta(pattern=_CLOCK, description="00:00: midnight", examples=["20:00"])]
    people: Annotated[int, Meta(ge=0, le=10_000)]
    weekdays: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=7)], ...],
        Meta(max_length=7, description="1: Monday; default: all"),
    ] = (1, 2, 3, 4, 5, 6, 7)


_Shifts = Annotated[list[PostedShift], Meta(max_length=50)]


class PostedAim(Struct, frozen=True, forbid_unknown_fields=True):
    """What the plan is to cost little of."""

    money: Annotated[float, Meta(ge=0, le=1e6, description="Weight of the cost")] = 1.0
    carbon: Annotated[
        float, Meta(ge=0, le=1e6, description="What one kg of CO2 is to weigh, in currency")
    ] = 0.0


_EACH_A_JOB = {"items": {"$ref": "#/components/schemas/PostedJob"}}
"""They are read one by one, so that a mistake names its job."""


class PostedPlan(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Jobs over some days, and what they find there."""

    from_: _Time
    to: Annotated[_Time, Meta(description=f"At most {MOST_DAYS} days later")]
    jobs: Annotated[list[Any], Meta(min_length=1, max_length=MOST_JOBS, extra_json_schema=_EACH_A_JOB)]
    name: Annotated[str, Meta(max_length=200)] = ""
    crew: Annotated[_Shifts | None, Meta(description="Default: as many people as it takes")] = None
    contract_kw: Annotated[_Positive | None, Meta(description="Default: the site's contract demand")] = None
    base_kw: Annotated[
        float | list[float] | None,
        Meta(description="Expected of all else, one for all or by quarter hour; default: forecast"),
    ] = None
    outside_c: Annotated[_Hours | None, Meta(description="Expected temperature by hour")] = None
    feed_in: Annotated[_Positive, Meta(description="Paid for a kWh that is fed in")] = 0.0
    aim: PostedAim = PostedAim()
    seconds: Annotated[float, Meta(ge=1, le=120, description="How long to look for the cheapest")] = 20.0
    gap: Annotated[float, Meta(ge=0, le=1, description="How near to the bound is near enough")] = 0.01


@dataclass(frozen=True, slots=True)
class Plan:
    """A posted plan on its quarter hours."""

    posted: PostedPlan
    grid: Grid
    jobs: tuple[Job, ...]
    placed: Mapping[str, Slots]
    crew: np.ndarray[tuple[int], np.dtype[np.int64]] | None

    @property
    def aim(self) -> Aim:
        return Aim(self.posted.aim.money, self.posted.aim.carbon)


class Mistakes(Exception):  # noqa: N818  # several at once, each by job and field
    def __init__(self, found: Sequence[QueryError]) -> None:
        super().__init__(f"{len(found)} mistakes")
        self.found = tuple(found)


def jobs_of_csv(text: str) -> list[dict[str, Any]]:
    """Rows of a table with PostedJob's fields as its head; several codes or powers apart by ;."""
    rows = csv.DictReader(io.StringIO(text))
    return [
        {
            name: value.split(";") if name in _LISTS else value
            for name, value in row.items()
            if name is not None and value not in (None, "")
        }
        for row in rows
    ]


def read(body: object, zone: ZoneInfo, lines: frozenset[str], *, strict: bool = True) -> Plan:
    """Raises QueryError for what concerns the whole, Mistakes for jobs."""
    posted = converted(body, PostedPlan)
    grid = _grid(posted, zone)
    found: list[QueryError] = []
    jobs: dict[str, Job] = {}
    place: dict[str, int] = {}
    placed: dict[str, Slots] = {}
    for number, row in enumerate(posted.jobs):
        reader = _Reader(grid, zone, lines, strict)
        try:
            job, slots = reader.job(row, jobs)
        except QueryError as error:
            found.append(QueryError(f"jobs.{number}.{error.field}", error.value, error.reason))
            continue
        jobs[job.code], place[job.code] = job, number
        if slots is not None:
            placed[job.code] = slots
    found += _orders(posted.jobs, jobs, place)
    found = found or _circles(jobs, place)
    if found:
        raise Mistakes(found)
    return Plan(posted, grid, tuple(jobs.values()), placed, _crew(posted.crew, grid, zone))


def _orders(rows: Sequence[Any], jobs: Mapping[str, Job], place: Mapping[str, int]) -> list[QueryError]:
    """Jobs that come after one which is not in the body; `place` of each in it."""
    named = {row.get("code") for row in rows if isinstance(row, dict)}
    return [
        QueryError(f"jobs.{place[job.code]}.after", code, "no job of this plan has this code")
        for job in jobs.values()
        for code in job.after
        if code not in named
    ]


def _circles(jobs: Mapping[str, Job], place: Mapping[str, int]) -> list[QueryError]:
    try:
        in_order(jobs)
    except PlanError as error:
        return [QueryError(f"jobs.{place[error.job]}.{error.field}", error.value, error.reason)]
    return []


def _grid(posted: PostedPlan, zone: ZoneInfo) -> Grid:
    lo, hi = (_quarter(text, field, zone) for text, field in ((posted.from_, "from"), (posted.to, "to")))
    if hi <= lo:
        raise QueryError("to", posted.to, "has to be after from")
    if hi - lo > MOST_DAYS * _DAY_US:
        raise QueryError("to", posted.to, f"a plan covers at most {MOST_DAYS} days")
    return Grid(lo, (hi - lo) // SLOT_US)


def _quarter(text: str, field: str, zone: ZoneInfo) -> int:
    us = to_us(moment(text, field, zone))
    if us % SLOT_US:
        raise QueryError(field, text, "is not on a quarter hour")
    return us


@dataclass(frozen=True, slots=True)
class _Reader:
    grid: Grid
    zone: ZoneInfo
    lines: frozenset[str]
    strict: bool

    def job(self, row: object, before: Mapping[str, Job]) -> tuple[Job, Slots | None]:
        """Raises QueryError."""
        posted = self._form(row)
        if posted.code in before:
            raise QueryError("code", posted.code, "two jobs have this code")
        if posted.line not in self.lines:
            raise QueryError("line", posted.line, NO_LINE)
        try:
            job = Job(
                code=posted.code,
                line=posted.line,
                power=_power(posted),
                earliest=max(self._slot(posted.earliest, "earliest", 0), 0),
                deadline=self._slot(posted.deadline, "deadline", self.grid.count),
                interruptible=posted.interruptible,
                after=tuple(posted.after),
                setup=posted.setup_min // _QUARTER_MIN,
                crew=posted.crew,
            )
        except PlanError as error:
            raise QueryError(error.field, getattr(posted, error.field, None), error.reason) from error
        return job, self._placed(posted, job)

    def _form(self, row: object) -> PostedJob:
        if self.strict:
            return converted(row, PostedJob)
        try:
            loose = msgspec.convert(row, PostedJob, strict=False)
        except msgspec.ValidationError:
            return converted(_with_numbers(row), PostedJob)
        return converted(msgspec.to_builtins(loose), PostedJob)

    def _slot(self, text: str | None, field: str, default: int) -> int:
        if text is None:
            return default
        return (_quarter(text, field, self.zone) - self.grid.start_us) // SLOT_US

    def _placed(self, posted: PostedJob, job: Job) -> Slots | None:
        if posted.runs is not None and posted.start is not None:
            raise QueryError("runs", None, "start is given too; write one of them")
        if posted.start is not None:
            return job.from_start(self._slot(posted.start, "start", 0))
        if posted.runs is None:
            return None
        return self._runs(posted.runs, job)

    def _runs(self, runs: Sequence[PostedRun], job: Job) -> Slots:
        parts = [
            np.arange(self._slot(run.from_, "runs", 0), self._slot(run.to, "runs", 0), dtype=np.int64)
            for run in runs
        ]
        slots = np.concatenate(parts) if parts else np.empty(0, np.int64)
        if len(slots) != job.duration:
            named = f"{len(slots)} quarter hours"
            raise QueryError("runs", named, f"the job runs for {job.duration} quarter hours")
        if (np.diff(slots) <= 0).any():
            raise QueryError("runs", None, "runs follow one another and do not overlap")
        if not job.interruptible and (np.diff(slots) > 1).any():
            raise QueryError("runs", None, "the job may not be interrupted")
        return slots


def _with_numbers(row: object) -> object:
    """A table's row whose numbers are numbers, so that what is wrong is told of their values."""
    if not isinstance(row, dict):
        return row
    known = {name: _typed(row[name]) for name in _NUMBERS if name in row}
    profile = {name: [_typed(each) for each in row[name]] for name in ("profile_kw",) if name in row}
    return row | known | profile


def _typed(text: str) -> object:
    """A number or a truth; the text itself where it is neither."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _power(posted: PostedJob) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    given = [name for name in ("power_kw", "energy_kwh", "profile_kw") if getattr(posted, name) is not None]
    if len(given) != 1:
        named = " and ".join(given) or "none"
        raise QueryError("power_kw", named, "give one of power_kw, energy_kwh and profile_kw")
    quarters = (posted.duration_min or 0) // _QUARTER_MIN
    if posted.profile_kw is not None:
        if posted.duration_min is not None and quarters != len(posted.profile_kw):
            reason = f"profile_kw has {len(posted.profile_kw)} quarter hours"
            raise QueryError("duration_min", posted.duration_min, reason)
        return np.array(posted.profile_kw)
    if not quarters:
        raise QueryError("duration_min", posted.duration_min, "a job runs for at least 15 minutes")
    kw = posted.power_kw if posted.power_kw is not None else (posted.energy_kwh or 0.0) / quarters * 4
    return np.full(quarters, kw)


def _crew(
    shifts: Sequence[PostedShift] | None, grid: Grid, zone: ZoneInfo
) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    """People by quarter hour; those of several shifts together."""
    if shifts is None:
        return None
    wall = local_wall(zone, grid.slots)
    minute, weekday = wall // 60_000_000 % 1440, (wall // _DAY_US + 3) % 7 + 1
    people = np.zeros(grid.count, np.int64)
    for shift in shifts:
        lo, hi = _minute(shift.from_), _minute(shift.to) or 1440
        late = minute < hi if hi <= lo else np.zeros(grid.count, np.bool_)
        inside = (minute >= lo) & ((minute < hi) | (hi <= lo))
        days = np.isin(weekday, shift.weekdays)
        before = np.isin((weekday - 2) % 7 + 1, shift.weekdays)
        people += shift.people * ((inside & days) | (late & before))
    return people


def _minute(text: str) -> int:
    at = time.fromisoformat(text)
    return at.hour * 60 + at.minute
