"""Every row of the reference tables is in the library, or is listed with the reason why it is not."""

import csv
import hashlib
from pathlib import Path

import pytest

FACTORS = Path(__file__).parents[2] / "config" / "factors"


def rows(pattern: str) -> list[dict[str, str]]:
    found = []
    for path in sorted(FACTORS.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as lines:
            found.extend(csv.DictReader(lines))
    return found


@pytest.mark.parametrize(
    ("table", "files", "count", "digest"),
    [
        ("emission_factors", ("factors", "heating_values"), 775, "7f87f20b781158b0"),
        ("fuel_parameters_cn", ("fuels",), 37, "47354b395fbff5d6"),
        ("gwp", ("gwp",), 34, "c6713435b23fb028"),
        ("standard_coal", ("coal",), 21, "010d4abd8c056606"),
    ],
)
def test_every_row_is_in_a_set_or_is_left_out_with_a_reason(
    table: str, files: tuple[str, ...], count: int, digest: str
) -> None:
    loaded = [row["id"] for name in files for row in rows(f"*/{name}.csv")]
    left_out = [row["id"] for row in rows("left_out.csv") if row["table"] == table]
    ids = sorted([*loaded, *left_out])
    assert len(set(ids)) == len(ids)
    assert len(ids) == count
    assert hashlib.sha256("\n".join(ids).encode()).hexdigest().startswith(digest)


def test_what_is_left_out_has_a_reason() -> None:
    assert rows("left_out.csv")
    assert all(row["reason"].strip() for row in rows("left_out.csv"))


def test_every_row_that_is_loaded_names_its_source() -> None:
    tables = [row for name in ("fuels", "coal", "gwp", "heating_values") for row in rows(f"*/{name}.csv")]
    assert [row["id"] for row in tables if not row["source"].strip()] == []
