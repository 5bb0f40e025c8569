"""Formulas of virtual meters: how they are read, what is refused, what they come to."""

import re

import numpy as np
import pytest

from accounting.errors import FormulaError
from accounting.formula import Term, combined, parse

NAN = np.nan


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("M-01.energy_import", [(1.0, "M-01", "energy_import")]),
        (
            "MAIN.energy_import - PV.energy_export + 0.5 * SHARED.energy_import",
            [(1, "MAIN", "energy_import"), (-1, "PV", "energy_export"), (0.5, "SHARED", "energy_import")],
        ),
        (
            "-(A.energy_import -B.energy_import)/4",
            [(-0.25, "A", "energy_import"), (0.25, "B", "energy_import")],
        ),
        (
            "2*(A.b-1.gas_volume + 1e-1 * C.gas_volume)",
            [(2, "A.b-1", "gas_volume"), (0.2, "C", "gas_volume")],
        ),
        ("A.energy_import + (1 + 2) * A.energy_import", [(4.0, "A", "energy_import")]),
        ("1.energy_import + 1", None),
    ],
)
def test_reads_sums_of_products(text: str, terms: list[tuple[float, str, str]] | None) -> None:
    if terms is None:
        with pytest.raises(FormulaError, match="the number 1 is added alone"):
            parse(text)
    else:
        assert parse(text).terms == tuple(Term(*term) for term in terms)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'the end' stands where"),
        ("A.energy_import -", "'the end' stands where"),
        ("A.energy_import B.energy_import", "'B.energy_import' stands where"),
        ("A.energy_import * B.energy_import", "two meters are multiplied"),
        ("1 / A.energy_import", "not a number other than 0"),
        ("A.energy_import / 0", "not a number other than 0"),
        ("(A.energy_import", "a bracket is not closed"),
        ("(" * 30 + "A.energy_import" + ")" * 30, "more than 20 deep"),
        ("A.energy_import - A.energy_import", "A.energy_import is left with the factor 0"),
        ("A.energy_import * 1e999", "left with the factor inf"),
        ("A.active_power", "active_power is no settled quantity"),
        ("A.energy_imprt", "'energy_imprt' is not in the catalogue"),
        ("energy_import", "'energy_import' is no meter's quantity"),
        ("__import__('os').system('id')", "not understood"),
        ("A.energy_import ** 2", "'*' stands where"),
        ("A.energy_import + " * 200, "longer than 2000"),
    ],
)
def test_refuses_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(FormulaError, match=re.escape(reason)):
        parse(text)


def test_a_missing_term_is_missing_and_the_smallest_coverage_counts() -> None:
    amount = np.array([[10.0, 20.0, NAN, 5.0], [1.0, 2.0, 3.0, 8.0], [4.0, 0.0, 4.0, 2.0]])
    coverage = np.array([[1, 1, 0, 0.25], [1, 0.5, 1, 1], [1, 0.75, 1, 1]], np.float32)
    found, measured = combined(np.array([1.0, -1.0, 0.5]), amount, coverage)
    np.testing.assert_array_equal(found, [11.0, 18.0, NAN, -2.0])
    np.testing.assert_array_equal(measured, np.array([1, 0.5, 0, 0.25], np.float32))
