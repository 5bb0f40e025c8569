"""In any park, however it is built and whatever is missing, the parts and the loss come to the whole."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from telemetry.reports.balance import Balances
from telemetry.reports.boundaries import places
from telemetry.reports.ledger import Ledger
from telemetry.reports.series import Cells
from telemetry.reports.steps import Step, Steps
from telemetry.storage.registry import RegisteredArea, RegisteredMeter, Registry
from telemetry.storage.terms import BEGINNING, MeterTerm

ZONE = ZoneInfo("Europe/Berlin")
START, END = datetime(2026, 3, 28, tzinfo=ZONE), datetime(2026, 3, 31, tzinfo=ZONE)
"""The clock goes forward on the second day."""
KINDS = {"P": ("park", None), "Z": ("workshop", "P"), "A": ("enterprise", "Z"), "B": ("enterprise", "P")}
KINDS |= {"A1": ("workshop", "A"), "A2": ("line", "A1"), "B1": ("workshop", "B"), "C": ("workshop", "P")}
AREAS = tuple(RegisteredArea(n, c, k, up, c, c, None) for n, (c, (k, up)) in enumerate(KINDS.items()))
REST = ("electricity", "push", None, None, None, None, 900.0, 900.0, "end", {}, None)
ROLES = st.sampled_from(["boundary", "load", "load", "generation", "check"])
QUANTITIES = ("energy_import", "energy_export")


@st.composite
def meters(draw: st.DrawFn) -> tuple[RegisteredMeter, ...]:
    found = [
        RegisteredMeter(0, "m0", "m0", "m0", *REST, (MeterTerm(BEGINNING, 1, "P", None, "boundary", "CN"),))
    ]
    for number in range(1, draw(st.integers(2, 12))):
        code, parent = f"m{number}", f"m{draw(st.integers(0, number - 1))}"
        first = MeterTerm(BEGINNING, 1, draw(st.sampled_from(list(KINDS))), parent, draw(ROLES), "CN")
        later = MeterTerm(
            START + timedelta(hours=draw(st.integers(1, 71))),
            1,
            draw(st.sampled_from(list(KINDS))),
            draw(st.none() | st.just(parent)),
            draw(ROLES),
            "CN",
        )
        terms = (first, later) if draw(st.booleans()) else (first,)
        found.append(RegisteredMeter(number, code, code, code, *REST, terms))
    return tuple(found)


def ledger(steps: Steps, registered: tuple[RegisteredMeter, ...], seed: int, silent: float) -> Ledger:
    """Meters that show both directions, some of them not always."""
    rng, count = np.random.default_rng(seed), steps.grid.count
    rows = [(meter.id, name) for meter in registered for name in QUANTITIES]
    amount = rng.exponential(50, (len(rows), count))
    amount[rng.random((len(rows), count)) < silent] = np.nan
    cells = Cells(
        np.array([row[0] for row in rows], np.int32),
        [row[1] for row in rows],
        amount,
        rng.random(amount.shape),
    )
    ids = {meter.code: meter.id for meter in registered}
    return Ledger(
        steps, ids, dict.fromkeys(ids, frozenset(QUANTITIES)), cells, {row: n for n, row in enumerate(rows)}
    )


def known(values: list[Any]) -> float:
    return sum(value for value in values if value is not None)


@given(registered=meters(), seed=st.integers(0, 2**32), silent=st.sampled_from([0.0, 0.01, 0.3]))
def test_enterprises_common_and_loss_are_the_place(
    registered: tuple[RegisteredMeter, ...], seed: int, silent: float
) -> None:
    registry = Registry(AREAS, registered)
    sums: dict[tuple[str, bool], list[float]] = {}
    for step in (Step.QUARTER, Step.DAY):
        steps = Steps.covering(step, ZONE, START, END)
        balances = Balances(registry, ledger(steps, registered, seed, silent))
        for place, sides in places(registry, registered, steps, END).items():
            found = balances.series(place, sides, "energy_import")
            for total, *parts in zip(found.total, found.enterprises, found.common, found.loss, strict=True):
                assert total is None or abs(sum(parts) - total) <= 1e-9 * max(1.0, *map(abs, parts))
            assert [value is None for value in found.loss] == [
                share == 0 for share in found.compared
            ] or silent
            sums.setdefault((place.code, place.area), []).extend((known(found.total), known(found.loss)))
    for quarter_total, quarter_loss, day_total, day_loss in sums.values():
        np.testing.assert_allclose([day_total, day_loss], [quarter_total, quarter_loss], rtol=1e-9, atol=1e-6)
