"""HiGHS on a plan's programme: a bound that no plan goes below, and plans by branch and bound."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Event

import highspy
import numpy as np
from numpy.typing import NDArray

from accounting.plan.job import Job, Slots
from accounting.plan.model import Programme

_TINY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What branch and bound found in its time."""

    x: NDArray[np.float64] | None
    """None: no plan."""
    bound: float
    """-inf: none yet."""
    infeasible: bool
    """Proven: there is no plan."""


def bound(programme: Programme, seconds: float) -> float | None:
    """What any plan costs at least, by interior points; None: there is no plan; -inf: not in time."""
    solver = _loaded(programme, seconds)
    solver.setOptionValue("solver", "ipm")
    solver.setOptionValue("run_crossover", "off")
    solver.run()
    status = solver.getModelStatus()
    if status in {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}:
        return None
    if status != highspy.HighsModelStatus.kOptimal:
        return -np.inf
    return float(solver.getInfo().objective_function_value)


@dataclass(frozen=True, slots=True)
class Limits:
    """When branch and bound stops."""

    seconds: float
    gap: float
    """Of the cost."""
    ended: Event


def branch(
    programme: Programme,
    jobs: Iterable[Job],
    known: Mapping[str, Slots] | None,
    limits: Limits,
    tell: Callable[[float, float], None],
) -> Outcome:
    """From a known plan on, if there is one; `tell` hears of cost and bound now and then."""
    solver = _loaded(programme, limits.seconds)
    whole = np.where(programme.whole, 1, 0).astype(np.uint8)
    columns = np.arange(len(whole), dtype=np.int32)
    kinds = np.array([highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger])[whole]
    solver.changeColsIntegrality(len(columns), columns, kinds)
    solver.setOptionValue("mip_rel_gap", max(limits.gap, 0.0))
    solver.setOptionValue("mip_abs_gap", _TINY)
    solver.setOptionValue("mip_lp_solver", "ipm")
    if known is not None:
        at, values = programme.solution(jobs, known)
        solver.setSolution(len(at), at.astype(np.int32), values)
    _watch(solver, limits.ended, tell)
    solver.run()
    return _outcome(solver)


def _watch(solver: highspy.Highs, ended: Event, tell: Callable[[float, float], None]) -> None:
    def hear(event: highspy.highs.HighsCallbackEvent) -> None:
        tell(event.data_out.mip_primal_bound, event.data_out.mip_dual_bound)
        if ended.is_set():
            event.interrupt()

    solver.cbMipInterrupt.subscribe(hear)


def _outcome(solver: highspy.Highs) -> Outcome:
    status, info = solver.getModelStatus(), solver.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Outcome(None, np.inf, infeasible=True)
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    x = np.array(solver.getSolution().col_value) if found else None
    return Outcome(x, float(info.mip_dual_bound), infeasible=False)


def _loaded(programme: Programme, seconds: float) -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.silent()
    for name, value in {"output_flag": False, "threads": 1, "time_limit": seconds, "random_seed": 0}.items():
        solver.setOptionValue(name, value)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(programme.cost), len(programme.low)
    model.col_cost_ = programme.cost
    model.col_lower_, model.col_upper_ = programme.least, programme.most
    model.row_lower_, model.row_upper_ = programme.low, programme.high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = programme.rows.indptr
    model.a_matrix_.index_ = programme.rows.indices
    model.a_matrix_.value_ = programme.rows.data
    solver.passModel(model)
    return solver
