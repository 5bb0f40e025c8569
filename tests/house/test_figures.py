"""Figures that documents tell are those that the code goes by."""

from pathlib import Path

import pytest

from ingest import rhythm
from ingest.collectors.influx.body import MOST_LINES
from ingest.collectors.push.columns import MOST_ROWS
from ingest.device import Device
from ingest.spool import health
from telemetry import app
from telemetry.access import passwords
from telemetry.api.bodies import BODY_BYTES, PATIENCE_S, UNPACKED_BYTES
from telemetry.edge import link
from telemetry.jobs import sending
from telemetry.model import Chunks, Retention
from telemetry.reports import trial
from telemetry.storage import dirty, retention

DOCS = Path(__file__).parents[2] / "docs"
KEPT, CHUNKS, MIB = Retention(), Chunks(), 1 << 20
FIGURES = [
    ("architecture.md", "gaps of at most {} registers bridged", Device.model_fields["max_gap"].default),
    ("architecture.md", "takes longer than {} seconds", app._PATIENCE_S),
    ("architecture.md", "At {} % of the room", 100 * health._LOUD),
    ("architecture.md", "in parts of about {} days of meters", dirty._DAYS),
    ("architecture.md", "unmapped_rows: {}}", KEPT.unmapped_rows),
    ("architecture.md", "stray_rows: {},", KEPT.stray_rows),
    ("architecture.md", "kept {} days where nothing is said", KEPT.deliveries),
    ("architecture.md", "on plain PostgreSQL rows, {} a transaction", retention._ROWS),
    (
        "architecture.md",
        "At least {} days of readings are kept",
        Retention.model_json_schema()["properties"]["readings"]["anyOf"][0]["minimum"],
    ),
    ("architecture.md", "chunks: {days: {},", CHUNKS.days),
    ("architecture.md", "columnstore: {}}", CHUNKS.columnstore),
    ("alerts.md", "over at most {} days of the past", trial._LONGEST.days),
    ("modbus.md", "twice as long each time, at most {} minutes", rhythm._LONGEST_PAUSE_S / 60),
    ("edge.md", "after the pause that is asked for, at most {} minutes", link._LONGEST_PAUSE_S / 60),
    ("mqtt.md", "{} rows are kept, or `unmapped_rows`", KEPT.unmapped_rows),
    ("integrations.md", "it may hold {} MiB", BODY_BYTES / MIB),
    ("integrations.md", "MiB, {} MiB unpacked", UNPACKED_BYTES / MIB),
    ("integrations.md", "unpacked, and {} rows", MOST_ROWS),
    ("integrations.md", "or more than {} lines", MOST_LINES),
    ("security.md", "Passwords have {} characters or more", passwords.SHORTEST),
    ("security.md", "by Argon2id ({} MiB,", passwords._HASHER.memory_cost / 1024),
    ("security.md", "and {} s for a body to arrive", PATIENCE_S),
    ("notifications.md", "up to an hour, {} times", sending._ATTEMPTS),
]
WORDS = {12: "twelve", 3: "three"}


@pytest.mark.parametrize(("document", "sentence", "figure"), FIGURES, ids=str)
def test_a_figure_is_what_the_code_goes_by(document: str, sentence: str, figure: float) -> None:
    text = (DOCS / document).read_text(encoding="utf-8")
    spaced = f"{figure:,.10g}".replace(",", " ")
    ways = {
        sentence.replace("{}", way)
        for way in (spaced, spaced.replace(" ", ""), WORDS.get(int(figure), spaced))
    }
    assert any(way in text for way in ways), f"docs/{document} says no such thing as: {ways}"
