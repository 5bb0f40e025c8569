"""An edge tells the centre how it is, and says once when it cannot."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from ingest.errors import StoreUnavailable
from ingest.pipeline import Pipeline
from ingest.spool import Spool
from ingest.supervisor import Supervisor
from telemetry.edge.beat import Beat
from telemetry.edge.link import Answer
from telemetry.reports.edges import EdgeReport
from telemetry.settings.current import Current
from telemetry.settings.library import load_library
from telemetry.settings.plan import Plan


class Link:
    """Answers what a test has prepared, and keeps what it was told."""

    def __init__(self, *answers: Answer | StoreUnavailable) -> None:
        self.answers = list(answers)
        self.told: list[tuple[str, EdgeReport]] = []

    def post(self, path: str, body: EdgeReport) -> Answer:
        self.told.append((path, body))
        answer = self.answers.pop(0)
        if isinstance(answer, StoreUnavailable):
            raise answer
        return answer


@pytest.fixture
def spools(tmp_path: Path) -> Iterator[tuple[Spool, Spool]]:
    with closing(Spool.open(tmp_path / "spool")) as spool, closing(Spool.open(tmp_path / "aside")) as aside:
        yield spool, aside


def play(link: Any, spools: tuple[Spool, Spool], monkeypatch: pytest.MonkeyPatch) -> None:
    spool, _ = spools
    pipeline: Any = Pipeline(SimpleNamespace(write=None), spool)  # type: ignore[arg-type]  # nothing is written
    current = Current(Plan(None, None, load_library(None, [])))
    uplink: Any = SimpleNamespace(aside_rows=3)
    beat = Beat(link, "plant-2", current, pipeline, spool, Supervisor(pipeline, time.time), uplink)
    monkeypatch.setattr("telemetry.edge.beat._BEAT_S", 0.001)

    async def scenario() -> None:
        running = asyncio.create_task(beat.run())
        async with asyncio.timeout(60):
            while link.answers:  # noqa: ASYNC110  # another task does the work
                await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(scenario())


def test_the_report_is_one_that_the_centre_reads(
    spools: tuple[Spool, Spool], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = Link(Answer(taken=True, content=b'{"unknown": []}'))
    play(link, spools, monkeypatch)
    path, report = link.told[0]
    assert path == "/api/v1/edges/plant-2"
    assert report.aside_rows == 3
    assert msgspec.json.decode(msgspec.json.encode(report), type=EdgeReport) == report


def test_a_sign_in_page_of_the_network_is_no_centre_and_ends_nothing(
    spools: tuple[Spool, Spool], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page, empty = Answer(taken=True, content=b"<html>Sign in"), Answer(taken=False, content=b"{}")
    link = Link(page, empty, Answer(taken=True, content=b"{}"))
    play(link, spools, monkeypatch)
    assert len(link.told) == 3
    assert "sign-in page of the network" in caplog.text


def test_what_the_centre_does_not_know_and_when_it_is_not_reached_is_said_once(
    spools: tuple[Spool, Spool], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away = StoreUnavailable("no answer from the centre")
    unknown = Answer(taken=True, content=b'{"unknown": ["boilers"]}')
    refused = Answer(taken=False, content=b'{"detail": "This edge is not known here."}')
    link = Link(away, away, unknown, unknown, refused, refused)
    with caplog.at_level(logging.INFO, "telemetry"):
        play(link, spools, monkeypatch)
    assert [record.getMessage() for record in caplog.records] == [
        "the centre is not reached: no answer from the centre",
        "the centre is reached again",
        "the site at the centre does not mark with the edge plant-2: boilers",
        "the site at the centre does not mark with the edge plant-2: plant-2",
    ]
