"""The demand of the block that runs, heading for what was contracted."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from accounting.prices import Label
from alerts.amounts import Power, Seconds, Share
from alerts.look import Look
from alerts.mean import POWER, PowerRule
from alerts.park import Park
from alerts.rule import Severity
from alerts.verdict import Kind, Subjects, Verdict

_Floats = NDArray[np.float64]
BLOCK_US = 900_000_000
"""Quarter hours of the clock, by which demand is metered."""
_COUNTER = "energy_import"
_NOW_S, _COUNTED_S = 60.0, 300.0
_POLLED_S = 60.0


class Rule(PowerRule):
    """Fires when the quarter hour that runs will end above a share of the contract demand.

    Of the park, without enterprises that a utility bills apart; `where.areas` names such enterprises instead.

    Forecast: what was imported in the block so far, and the power of the last minute until its end. Each of
    `stages` is told once. Where power was not measured for more than a fifth of either, the import counter of
    a meter that is polled each minute tells it, over five minutes in place of one; else it is unknown.
    """

    figure: ClassVar[Label] = Label("Demand expected of this quarter hour", "本15分钟预计需量")
    remedy: ClassVar[Label] = Label(
        "Stop or put off load that can wait until the quarter hour ends.",
        "请在本15分钟结束前停下或推迟可等待的负荷。",
    )

    kind: Literal["demand"]
    contract: Annotated[Power, Field(gt=0)] | None = None
    """In place of the contract demand that the site's file has."""
    stages: tuple[Share, ...] = Field((0.8, 0.9, 1.0), min_length=1, max_length=5)
    margin: Share = Field(0.02, lt=0.5)
    """All is well again below the first stage by so much of the contract."""
    settle: Seconds = Field(180.0, lt=900)
    """So much of a block has to have gone before it is judged."""

    @property
    def quantities(self) -> frozenset[str]:
        return POWER | {_COUNTER}

    @property
    def depth_s(self) -> float:
        return BLOCK_US / 1e6

    @property
    def severities(self) -> tuple[Severity, ...]:
        """The last is critical, the first of several no more than information."""
        count = len(self.stages)
        rising = [Severity.INFO, *[self.severity] * max(0, count - 2), Severity.CRITICAL]
        return tuple(rising[-count:])

    @property
    def apart(self) -> bool:
        return False

    def subjects(self, park: Park) -> Subjects:
        """The park, where its billing point is metered; or areas of `where` that a utility bills apart."""
        if self.where.areas:
            own = tuple(code for code in self.where.areas if code in park.own_kw and code in park.boundary)
            return Subjects(Kind.AREA, own, np.arange(len(own)))
        known = park.root in park.boundary
        return Subjects(Kind.PARK, (park.root,) if known else (), np.zeros(int(known), np.intp))

    @property
    def at_once(self) -> bool:
        return True

    def judge(self, look: Look, subjects: Subjects) -> Verdict:
        contract = np.array([self._contract(look.park, code) for code in subjects.codes])
        gone_s = np.asarray(look.at % BLOCK_US / 1e6)
        so_far, power = self._import(look, gone_s, subjects.codes)
        left_s = BLOCK_US / 1e6 - gone_s
        forecast = (so_far * gone_s + power * left_s) / (gone_s + left_s)
        limits = np.outer(self.stages, contract)
        stage = (forecast[..., None, :] > limits).sum(axis=-2)
        early = (gone_s < self.settle) & (so_far * gone_s <= contract * BLOCK_US / 1e6)
        known = np.isfinite(forecast) & np.isfinite(contract) & ~early
        return Verdict(
            np.where(known, stage, 0).astype(np.int8),
            known & (forecast <= (self.stages[0] - self.margin) * contract),
            known,
            forecast,
            limits[np.maximum(stage - 1, 0), np.arange(len(contract))],
            {
                "so far kW": so_far * gone_s / (BLOCK_US / 1e6),
                "contract kW": contract,
                "breach in s": _breach_s(contract, so_far * gone_s, power, left_s),
            },
        )

    def _contract(self, park: Park, code: str) -> float:
        return self.contract or (park.contract_kw if code == park.root else park.own_kw[code])

    def _import(self, look: Look, gone_s: _Floats, codes: Sequence[str]) -> tuple[_Floats, _Floats]:
        """Mean import since the block began and over the last minute [kW]; NaN: not enough was measured."""
        block_s = np.maximum(gone_s, look.window.step_us / 1e6)
        block, power = _power(look, block_s, block_s), _power(look, _NOW_S, _COUNTED_S)
        return _of(look.park, block, codes), _of(look.park, power, codes)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if list(self.stages) != sorted(set(self.stages)):
            raise ValueError("stages: have to rise")
        return self


def _power(look: Look, seconds: float | _Floats, counted_s: float | _Floats) -> _Floats:
    """Mean over the last seconds [kW]; where none was measured, by the counter's rise in `counted_s` [s]."""
    shown = look.mean("active_power", seconds)
    rise = look.value(_COUNTER) - look.before(_COUNTER, counted_s)
    counted = np.where((look.park.interval_s <= _POLLED_S) & (rise >= 0), rise * 3600 / counted_s, np.nan)
    return np.where(np.isnan(shown), counted, shown)


def _of(park: Park, power: _Floats, codes: Sequence[str]) -> _Floats:
    """Import of areas without what is billed apart, float64[..., n]; never below nothing."""
    none = np.zeros(len(park), np.bool_)
    sums = [_sum(power, park.boundary[code]) - _sum(power, park.behind.get(code, none)) for code in codes]
    return np.maximum(np.stack(sums, axis=-1) if sums else power[..., :0], 0.0)


def _sum(power: _Floats, meters: NDArray[np.bool_]) -> _Floats:
    found: _Floats = np.ascontiguousarray(power[..., meters]).sum(axis=-1)
    return found


def _breach_s(contract: _Floats, so_far: _Floats, power: _Floats, left_s: _Floats) -> _Floats:
    """Until the block's demand is the contract's, at the power of now [s]; NaN where it will not be."""
    missing = contract * BLOCK_US / 1e6 - so_far
    wait = np.divide(missing, power, out=np.full(power.shape, np.inf), where=power > 0)
    return np.where(missing <= 0, 0.0, np.where(wait <= left_s, wait, np.nan))
