"""What an edge tells Prometheus, on loopback alone."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from ingest.pipeline import Pipeline
from ingest.spool import Spool
from ingest.supervisor import Supervisor
from telemetry.edge.figures import Figures, shown
from telemetry.edge.link import Link
from telemetry.edge.uplink import Uplink
from telemetry.settings.current import Current
from telemetry.settings.library import load_library
from telemetry.settings.mistakes import ConfigError
from telemetry.settings.plan import Plan


@pytest.fixture
def figures(tmp_path: Path) -> Iterator[Figures]:
    with closing(Spool.open(tmp_path / "spool")) as spool, closing(Spool.open(tmp_path / "aside")) as aside:
        pipeline = Pipeline(Uplink(Link(httpx.Client()), aside), spool)
        current = Current(Plan(None, None, load_library(None, [])))
        yield Figures(current, pipeline, Supervisor(pipeline, time.time))


def test_loopback_is_answered_while_it_lasts(figures: Figures, free_port: Callable[[], int]) -> None:
    port = free_port()
    with shown(figures, port):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    assert "parkwatt_store_up 1.0" in text
    assert "parkwatt_spool_rows 0.0" in text
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60)


def test_without_a_port_none_is_opened(figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telemetry.edge.figures.start_http_server", None)
    with shown(figures, None):
        pass


def test_a_port_that_is_taken_is_named(figures: Figures) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigError, match=r"--metrics: port \d+ of 127\.0\.0\.1 cannot be used"),
        shown(figures, taken.getsockname()[1]),
    ):
        pass
