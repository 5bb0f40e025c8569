"""A changed configuration is taken up, or refused with its reasons; the plan of before goes on meanwhile."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import SourceError
from telemetry.jobs.reload import Reloader
from telemetry.model import Site
from telemetry.settings.current import Current
from telemetry.settings.library import Library
from telemetry.settings.mistakes import ConfigError, Mistake
from telemetry.settings.plan import Plan
from telemetry.settings.watch import Watch
from telemetry.storage.errors import StorageUnavailable

MISTAKE = Mistake("sites/plant.yaml", "meters[0].area", "there is no area 'hal'")


@pytest.fixture
def plan(make_site: Callable[..., Site], library: Library) -> Plan:
    return Plan(make_site({"code": "m1"}), Path("plant.yaml"), library)


class Scene:
    """Edits a file, and answers `load` and `enact` with what a test has prepared."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.file = folder / "sites/plant.yaml"
        self.file.parent.mkdir()
        self.current = Current(plan)
        self.loads: list[Plan | Exception] = []
        self.enacts: list[Exception | None] = []
        self.enacted: list[Plan] = []
        self.reloader = Reloader(
            Watch(folder), self.current, self.load, self.enact, look_s=0.001, retry_s=0.001
        )
        self.reload, self.reloader._reload = self.reloader._reload, self.reloaded  # type: ignore[method-assign]
        self.edits = self.ends = 0

    def load(self) -> Plan:
        found = self.loads.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    async def enact(self, plan: Plan) -> None:
        trouble = self.enacts.pop(0) if self.enacts else None
        if trouble:
            raise trouble
        self.enacted.append(plan)
        self.current.adopt(plan)

    async def reloaded(self) -> bool:
        found = await self.reload()
        self.ends += 1
        return found

    def edit(self) -> None:
        self.edits += 1
        beside = self.file.with_suffix(".part")
        beside.write_text("#" * self.edits)
        beside.replace(self.file)

    async def play(self, *loads: Plan | Exception) -> None:
        """One edit for each of `loads`, each until all that was prepared is through."""
        running = asyncio.create_task(self.reloader.run())
        for load in loads:
            self.loads.append(load)
            ends = self.ends + len(self.loads)
            self.edit()
            async with asyncio.timeout(60):
                while self.ends < ends:  # noqa: ASYNC110  # another task does the work
                    await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.wait({running})


@pytest.fixture
def scene(tmp_path: Path, plan: Plan) -> Scene:
    return Scene(tmp_path, plan)


def test_a_sound_change_is_enacted(scene: Scene, plan: Plan) -> None:
    newer = replace(plan)
    asyncio.run(scene.play(newer))
    assert scene.enacted == [newer]
    assert scene.current.plan is newer


def test_a_broken_change_is_told_once_and_gone_when_it_is_mended(
    scene: Scene, plan: Plan, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Any] = []
    with caplog.at_level(logging.INFO, "telemetry"):
        asyncio.run(scene.play(ConfigError([MISTAKE]), ConfigError([MISTAKE])))
        told += [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(told) == 1
    assert str(MISTAKE) in told[0]
    assert (scene.current.plan, scene.enacted) == (plan, [])
    assert scene.current.mistakes == (MISTAKE,)
    asyncio.run(scene.play(plan))
    assert scene.current.mistakes == ()


def test_a_source_that_cannot_be_opened_is_a_mistake(scene: Scene, plan: Plan) -> None:
    scene.enacts = [SourceError("topic 'a/b': {meter} stands in it once")]
    asyncio.run(scene.play(replace(plan)))
    assert scene.current.plan is plan
    assert [mistake.key for mistake in scene.current.mistakes] == ["sources"]


def test_a_site_file_that_is_gone_ends_no_park(scene: Scene, plan: Plan) -> None:
    asyncio.run(scene.play(replace(plan, site=None, site_file=None)))
    assert scene.current.plan is plan
    assert "is gone" in scene.current.mistakes[0].reason


def test_a_change_that_the_database_could_not_take_is_tried_again(scene: Scene, plan: Plan) -> None:
    newer = replace(plan)
    scene.enacts = [StorageUnavailable("away"), StorageUnavailable("away"), None]
    scene.loads = [newer, newer]
    asyncio.run(scene.play(newer))
    assert scene.enacted == [newer]
    assert scene.current.mistakes == ()
