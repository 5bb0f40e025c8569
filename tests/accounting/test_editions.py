"""What changed between editions, by the differences that the publications themselves state."""

from dataclasses import replace

import pytest

from accounting.editions import Change, changes
from accounting.factors import Factor


def of_edition(factors: tuple[Factor, ...], edition: str) -> list[Factor]:
    return [factor for factor in factors if factor.edition == edition]


def change_of(factors: tuple[Factor, ...], old: str, new: str, region: str, purpose: str) -> Change:
    found = changes(of_edition(factors, old), of_edition(factors, new))
    (change,) = [one for one in found if (one.answer.region, one.answer.purpose) == (region, purpose)]
    return change


@pytest.mark.parametrize(
    ("region", "purpose", "old", "new", "percent"),
    [
        ("CN", "scope2_location", "mee-2021", "mee-2022", -3.6),
        ("CN-SOUTH", "scope2_location", "mee-2022", "mee-2023", 4.5),
        ("CN-SOUTHWEST", "scope2_location", "mee-2022", "mee-2023", 9.0),
        ("CN", "scope2_market_residual", "mee-2022", "mee-2023", 4.1),
        ("CN", "product_footprint", "mee-footprint-2023", "mee-footprint-2024", -6.9),
    ],
)
def test_published_differences(
    factors: tuple[Factor, ...], region: str, purpose: str, old: str, new: str, percent: float
) -> None:
    change = change_of(factors, old, new, region, purpose)
    assert change.percent is not None
    assert round(change.percent, 1) == percent


def test_what_stays_is_no_change_and_what_comes_or_goes_is_one(factors: tuple[Factor, ...]) -> None:
    old = of_edition(factors, "mee-2023")
    gone, changed, *same = old
    new = [replace(changed, value=0.0), replace(changed, region="XX"), *same]
    found = {(c.old and c.old.region, c.new and c.new.region): c.percent for c in changes(old, new)}
    assert found == {
        (gone.region, None): None,
        (changed.region, changed.region): -100.0,
        (None, "XX"): None,
    }
    assert list(changes(old, old)) == []


def test_the_newest_period_of_an_edition_counts(factors: tuple[Factor, ...]) -> None:
    (one,) = [f for f in of_edition(factors, "mee-2023") if f.region == "CN-GD"]
    before = replace(one, id="before", value=9.0, valid_from=None)
    assert list(changes([one], [one, before])) == []


def test_no_percentage_of_nothing(factors: tuple[Factor, ...]) -> None:
    one = factors[0]
    assert Change(replace(one, value=0.0), one).percent is None
