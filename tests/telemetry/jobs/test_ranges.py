import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from accounting.grid import SLOT_US
from accounting.recipes import RECIPES, recipes_of
from telemetry.jobs.ranges import groups, joined
from telemetry.storage.readings import Ranges

_RANGE = st.tuples(st.integers(1, 3), st.integers(0, 400), st.integers(0, 60))


def _ranges(rows: list[tuple[int, int, int]]) -> Ranges:
    columns = np.array(rows, np.int64).reshape(-1, 3)
    return Ranges(columns[:, 0].astype(np.int32), columns[:, 1], columns[:, 1] + columns[:, 2])


def _covered(ranges: Ranges) -> set[tuple[int, int]]:
    rows = zip(ranges.meter_id.tolist(), ranges.lo.tolist(), ranges.hi.tolist(), strict=True)
    return {(meter, at) for meter, lo, hi in rows for at in range(lo, hi + 1)}


@given(st.lists(_RANGE, max_size=12))
def test_joined_covers_the_same_and_leaves_gaps_alone(rows: list[tuple[int, int, int]]) -> None:
    before, after = _ranges(rows), joined(_ranges(rows), 10)
    assert _covered(before) <= _covered(after)
    for meter in (1, 2, 3):
        mine = after.meter_id == meter
        assert np.all(after.lo[mine][1:] - after.hi[mine][:-1] >= 10)
        ends = set(before.lo[before.meter_id == meter].tolist())
        assert set(after.lo[mine].tolist()) <= ends


@given(st.lists(_RANGE, min_size=1, max_size=12))
def test_groups_hold_each_range_once_within_the_bound(rows: list[tuple[int, int, int]]) -> None:
    found = _ranges(rows)
    ranges = Ranges(found.meter_id, found.lo * SLOT_US, found.hi * SLOT_US)
    parts = list(groups(ranges, 100))
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(rows)))
    for part in parts:
        span = int(ranges.hi[part].max() - ranges.lo[part].min())
        assert len(part) == 1 or len(part) * span <= 100 * SLOT_US


def test_energy_is_settled_from_the_best_that_is_shown() -> None:
    assert [r.source for r in recipes_of(["active_power", "energy_import"])] == ["energy_import"]
    assert [r.source for r in recipes_of(["active_power", "energy_import_amount"])] == [
        "energy_import_amount"
    ]
    assert [r.target for r in recipes_of(["active_power", "voltage"])] == ["energy_import", "energy_export"]
    assert [r.source for r in recipes_of(["gas_flow", "gas_volume_0c"])] == ["gas_volume_0c"]


def test_no_meter_settles_one_quantity_twice() -> None:
    shown = {recipe.source for recipe in RECIPES}
    targets = [recipe.target for recipe in recipes_of(shown)]
    assert len(targets) == len(set(targets))
