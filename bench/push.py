"""Parsing posted rows into a batch, beside the standard library's JSON alone."""

import json
from collections.abc import Iterator

from accounting.quantity import CATALOGUE
from bench.measure import Measure, in_turn
from ingest.collectors.push.rows import parse

BODIES = 100
ROWS = 100
VALUES = 20
NOW = 1_795_332_600.0


def body() -> bytes:
    names = list(CATALOGUE)[:VALUES]
    rows = [
        {
            "meter": f"M{n % 50}",
            "time": f"2026-11-22T15:{n % 60:02d}:00+08:00",
            "values": {name: 1.5 * n + i for i, name in enumerate(names)},
        }
        for n in range(ROWS)
    ]
    return json.dumps(rows).encode()


def measure() -> Iterator[Measure]:
    posted, known = body(), {f"M{n}" for n in range(50)}
    assert len(parse(posted, "bench", known, None, NOW).batch) == ROWS

    def ours() -> None:
        for _ in range(BODIES):
            parse(posted, "bench", known, None, NOW)

    def plain() -> None:
        for _ in range(BODIES):
            json.loads(posted)

    taken = in_turn(ours, plain)
    values = BODIES * ROWS * VALUES / 1e6
    yield Measure(
        "push",
        values / taken[0],
        values / taken[1],
        "M values/s/core",
        f"json.loads alone, bodies of {ROWS} rows of {VALUES} values; ours checks and makes columns",
    )
