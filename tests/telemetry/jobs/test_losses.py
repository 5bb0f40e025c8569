"""What brokers gave up is told once, whoever restarts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.health import DropCount, SourceHealth
from telemetry.jobs.alerts import Alerter
from telemetry.jobs.losses import Losses
from telemetry.settings.current import Current
from telemetry.settings.plan import load_plan
from telemetry.storage.pool import Database
from telemetry.storage.registry import apply_site

pytestmark = pytest.mark.database

START = 1_782_086_400
SITE = """
code: plant
name: {en: Plant, zh: 工厂}
zone: Asia/Shanghai
region: CN-GD
areas: [{code: park, kind: park, name: {en: Park, zh: 园区}}]
sources: [{kind: push, code: GW}]
meters: [{code: m1, name: {en: One, zh: 一}, area: park, source: GW}]
"""
RULE = "messages-lost"
"""Which the program brings along."""


class Plant:
    """One process after another, and what each hears of the broker's counters."""

    def __init__(self, database: Database, folder: Path) -> None:
        (folder / "sites").mkdir()
        (folder / "sites" / "plant.yaml").write_text(SITE, encoding="utf-8")
        self.database, self.current = database, Current(load_plan(folder))
        assert self.current.plan.site is not None
        apply_site(database, self.current.plan.site, now=datetime.fromtimestamp(START, UTC))
        self.now = float(START)
        self.begin()

    def start(self) -> None:
        """The next process, after the one before let go of its lease."""
        self.alerter._journal.release(self.alerter.holder)
        self.begin()

    def begin(self) -> None:
        self.health = SourceHealth.of("GW", "mqtt", ["m1"])
        self.alerter = self._alerter()
        self.losses = self._losses(self.health)

    def _losses(self, health: SourceHealth) -> Losses:
        return Losses(self.database, lambda: [health])

    def _alerter(self) -> Alerter:
        health = self.health
        return Alerter(
            self.database, self.current, clock=lambda: self.now, lease_s=0.01, sources=lambda: [health]
        )

    def hear(self, count: int, counter: str = "dropped") -> None:
        self.health.drops[counter] = DropCount(count, self.now)

    def live(self, seconds: float = 5.0) -> list[str]:
        self.now += seconds
        return [change.what.value for change in self.alerter.step() if change.rule == RULE]


@pytest.fixture
def plant(database: Database, tmp_path: Path) -> Plant:
    return Plant(database, tmp_path)


def test_what_was_told_is_not_told_again_by_the_next_process(plant: Plant) -> None:
    plant.hear(50)
    assert plant.live() == [], "nobody knows when these were"
    plant.hear(53)
    assert plant.live() == ["fired"]
    plant.start()
    assert plant.live() == [], "no counter was heard yet"
    plant.hear(53)
    assert plant.live() == []
    assert plant.live(550) == []
    assert plant.live(60) == ["resolved"]


def test_what_was_lost_while_no_process_ran_is_not_forgotten(plant: Plant) -> None:
    plant.hear(50)
    plant.live()
    plant.start()
    plant.live(3600)
    plant.hear(53)
    assert plant.live() == ["fired"]


@pytest.mark.parametrize("between", [[], [0]])
def test_a_broker_that_starts_anew_counts_from_zero(plant: Plant, between: list[int]) -> None:
    plant.hear(50)
    plant.live()
    for count in between:
        plant.hear(count)
        assert plant.live() == []
    plant.hear(3)
    assert plant.live() == ["fired"]
    assert plant.live(700) == ["resolved"]


def test_nodes_are_counted_one_by_one(plant: Plant) -> None:
    plant.hear(60, "node a")
    plant.hear(40, "node b")
    plant.live()
    plant.start()
    plant.hear(60, "node a")
    assert plant.live() == []
    plant.hear(40, "node b")
    assert plant.live() == []
    plant.hear(42, "node b")
    assert plant.live() == ["fired"]


def test_rows_given_up_here_count_by_process(plant: Plant) -> None:
    plant.health.lost = 3
    assert plant.losses.of_late(plant.now) == {"GW": 3}
    plant.start()
    plant.health.lost = 2
    assert plant.losses.of_late(plant.now) == {"GW": 5}
    assert plant.losses.of_late(plant.now + 601) == {"GW": 0}


def test_a_process_that_heard_less_brings_no_losses(plant: Plant) -> None:
    first, second = plant.losses, SourceHealth.of("GW", "mqtt", ["m1"])
    other = Losses(plant.database, lambda: [second])
    plant.hear(50)
    first.of_late(plant.now)
    second.drops["dropped"] = DropCount(53, plant.now + 10)
    plant.health.drops["dropped"] = DropCount(57, plant.now + 20)
    assert first.of_late(plant.now + 20) == {"GW": 7}
    assert other.of_late(plant.now + 20) == {"GW": 7}
