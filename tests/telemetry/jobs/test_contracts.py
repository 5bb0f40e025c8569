"""An own supply contract that is taken out of the site's file: bills stand on it, and it goes on."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from telemetry.jobs.prepare import Preparation
from telemetry.jobs.reload import Reloader
from telemetry.model import Site
from telemetry.settings.current import Current
from telemetry.settings.library import Library
from telemetry.settings.plan import Plan
from telemetry.settings.watch import Watch
from telemetry.storage.pool import Database
from telemetry.storage.writer import Writer

OWN = {"tariff": "demo-park", "since": "2026-01-01", "to": "2199-06-30"}
Made = Callable[..., Plan]


@pytest.fixture
def plan(make_site: Callable[..., Site], library: Library) -> Made:
    """A park whose hall has its own contract, or not."""

    def made(**own: Any) -> Plan:
        return Plan(
            make_site({"code": "m1"}, billing={"tariff": "demo-park", "own": own}), Path("p.yaml"), library
        )

    return made


@pytest.fixture
def begin(migrated_url: str, database: Database) -> Callable[[Plan], Current]:
    """A start of the service."""

    def begun(plan: Plan) -> Current:
        current = Current(plan)
        Preparation(migrated_url, database, Writer(database), current).attempt()
        return current

    return begun


@pytest.mark.database
def test_after_a_restart_it_goes_on_and_the_mistake_is_told(
    begin: Callable[[Plan], Current], plan: Made, caplog: pytest.LogCaptureFixture
) -> None:
    assert begin(plan(hall=OWN)).mistakes == ()
    for _ in range(2):
        current = begin(plan())
        held = current.plan.own_supplies["hall"].supply
        assert held is not None
        assert held.model_dump(mode="json") == plan(hall=OWN).own_supplies["hall"].supply.model_dump(
            mode="json"
        )  # type: ignore[union-attr]
        [mistake] = current.mistakes
        assert (mistake.file, mistake.key) == ("p.yaml", "billing.own.hall")
        assert f"left out, and goes on: {mistake}" in caplog.text
        assert "put it back with its last day, such as to: 20" in mistake.reason
    ended = begin(plan(hall={**OWN, "to": "2026-10-31"}))
    assert (ended.mistakes, str(ended.plan.own_supplies["hall"].held.last)) == ((), "2026-10-31")  # type: ignore[union-attr]


@pytest.mark.database
def test_one_that_has_not_begun_is_taken_out(begin: Callable[[Plan], Current], plan: Made) -> None:
    begin(plan(hall={"tariff": "demo-park", "since": "2199-01-01"}))
    current = begin(plan())
    assert (current.plan.own_supplies, current.mistakes) == ({}, ())


@pytest.mark.database
def test_that_of_an_enterprise_that_is_gone_is_not_asked_for(
    begin: Callable[[Plan], Current], plan: Made
) -> None:
    begin(plan(hall=OWN))
    left = plan()
    assert left.site is not None
    areas = tuple(area for area in left.site.areas if area.code != "hall")
    meters = tuple(meter.model_copy(update={"area": "park"}) for meter in left.site.meters)
    site = left.site.model_copy(update={"areas": areas, "meters": meters})
    assert begin(replace(left, site=site)).mistakes == ()


def test_while_the_service_runs_the_change_is_refused(tmp_path: Path, plan: Made) -> None:
    current, newer = Current(plan(hall=OWN)), plan()

    async def enact(taken: Plan) -> None:
        current.adopt(taken)

    async def play() -> None:
        reloader = Reloader(Watch(tmp_path), current, lambda: newer, enact, look_s=0.001)
        running = asyncio.create_task(reloader.run())
        (tmp_path / "sites").mkdir()
        (tmp_path / "sites/p.yaml").write_text("#")
        async with asyncio.timeout(60):
            while not current.mistakes and current.plan is not newer:  # noqa: ASYNC110  # another task's work
                await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(play())
    assert [mistake.key for mistake in current.mistakes] == ["billing.own.hall"]
    assert "hall" in current.plan.own_supplies
