"""An edge behind a firewall: the link is cut, the edge is killed, and at the centre nothing is missing."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import far
import pytest
from far import SECOND, SITE, TOKEN, Cable, Edge, last, stands, told, until, whole

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def counting(registers: Any) -> Iterator[Any]:
    bank = far.counting(registers)
    yield bank
    bank.stop()


@pytest.fixture(scope="module")
def centre(serve_for_file: Callable[..., Any], counting: Any) -> Any:
    return serve_for_file(SITE.format(port=counting.port), PARKWATT_TOKEN=TOKEN)


@pytest.fixture
def cable(centre: Any) -> Iterator[Cable]:
    cable = Cable(int(centre.url.rpartition(":")[2]))
    yield cable
    cable.close()


@pytest.fixture
def edge(centre: Any, cable: Cable, tmp_path: Path) -> Iterator[Edge]:
    edge = Edge(tmp_path, Path(centre.variables["PARKWATT_CONFIG_DIR"]), f"http://127.0.0.1:{cable.port}")
    edge.start()
    yield edge
    edge.end(signal.SIGKILL)


def test_after_a_night_without_the_link_nothing_is_missing_and_nothing_doubled(
    centre: Any,
    cable: Cable,
    edge: Edge,
    counting: Any,
) -> None:
    until(lambda: len(stands(centre)) > 3)
    cable.cut()
    night = counting.count
    until(lambda: counting.count > night + 15)
    assert stands(centre)[-1] < counting.count - 10
    cable.join()
    morning = counting.count
    until(lambda: last(centre) > morning and night + 10 in stands(centre))
    assert edge.end(signal.SIGTERM) == 0
    values = stands(centre)
    assert whole(values)
    assert values[0] == 1
    assert counting.count - values[-1] <= 1
    assert "no answer from" in edge.log.read_text()


def test_an_edge_that_is_killed_while_its_spool_holds_brings_it_after_the_next_start(
    centre: Any,
    cable: Cable,
    edge: Edge,
    counting: Any,
) -> None:
    begun = counting.count + 1
    until(lambda: len(stands(centre, after=begun)) > 3)
    cable.cut()
    night = counting.count
    until(lambda: counting.count > night + 25)
    edge.end(signal.SIGKILL)
    killed = counting.count
    cable.join()
    edge.start()
    # What was read in the last instants before the kill was not on the disk yet, and nobody was told it was.
    ends = range(night + 11, killed + 1)
    until(lambda: last(centre) > killed + 5 and whole(stands(centre, after=begun), *ends))
    assert edge.end(signal.SIGTERM) == 0
    assert stands(centre, after=begun)[0] == begun + 1


def test_a_meter_added_to_the_common_file_is_read_by_the_edge_and_stands_at_the_centre(
    centre: Any,
    edge: Edge,
) -> None:
    site = Path(centre.variables["PARKWATT_CONFIG_DIR"]) / "sites/plant.yaml"
    known = site.read_text("utf-8")
    site.write_text(known + SECOND, "utf-8")
    until(lambda: stands(centre, "F-2"))
    until(lambda: told(centre)["sources"][0]["answering"] == 2)
    assert (told(centre)["sources"][0]["edge"], told(centre)["edges"][0]["silent"]) == ("hall-2", False)
    assert edge.end(signal.SIGTERM) == 0


def test_a_wrong_key_is_said_plainly_and_loses_nothing(
    centre: Any,
    edge: Edge,
    counting: Any,
) -> None:
    edge.end(signal.SIGKILL)
    edge.environment["PARKWATT_TOKEN"] = "another-key-altogether"  # noqa: S105  # opens nothing
    first = counting.count + 1
    edge.start()
    until(lambda: "it does not accept the key in PARKWATT_TOKEN" in edge.log.read_text())
    until(lambda: counting.count > first + 5)
    assert edge.end(signal.SIGTERM) == 0
    end = counting.count
    edge.environment["PARKWATT_TOKEN"] = TOKEN
    edge.start()
    until(lambda: last(centre) > end)
    until(lambda: whole(stands(centre, after=first), end))
