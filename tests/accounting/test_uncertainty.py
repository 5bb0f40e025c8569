import math

import numpy as np
import pytest

from accounting.errors import ActivityError
from accounting.uncertainty import of_product, of_sum


def test_the_worked_number_of_the_documentation() -> None:
    """Electricity 1 000 000 kWh (2 %) x 0.4419 (5 %), gas 10 000 m3 (1 %) x 2.1622 (3 %)."""
    percent = of_product([2.0, 1.0], [5.0, 3.0])
    np.testing.assert_allclose(percent, [5.385165, 3.162278], rtol=1e-6)
    assert of_sum([441_900.0, 21_622.0], percent) == pytest.approx(5.136, abs=5e-4)


def test_parts_that_cancel_are_not_certain() -> None:
    assert of_sum([100.0, -90.0], [10.0, 10.0]) == pytest.approx(math.hypot(1000, 900) / 10)


def test_an_unknown_part_makes_the_sum_unknown() -> None:
    assert math.isnan(of_sum([100.0, 50.0], [10.0, math.nan]))
    assert math.isnan(of_sum([], []))


def test_below_zero_is_refused() -> None:
    with pytest.raises(ActivityError, match="uncertainty -1 % is below 0"):
        of_product([-1.0], [1.0])
