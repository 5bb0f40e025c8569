"""Migrations are numbered without a gap, and no two bear one number."""

from pathlib import Path

SCHEMA = Path(__file__).parents[2] / "src" / "telemetry" / "storage" / "schema"


def test_migrations_are_numbered_one_after_the_other() -> None:
    numbers = sorted(int(path.name[:4]) for path in SCHEMA.glob("*.sql"))
    assert numbers == list(range(1, len(numbers) + 1))
