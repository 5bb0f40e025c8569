"""Every file in config/ loads, and the plan of every site in it resolves."""

from pathlib import Path

import pytest

from telemetry.settings.library import load_library
from telemetry.settings.mistakes import Mistake
from telemetry.settings.plan import load_plan

CONFIG = Path(__file__).parents[2] / "config"
SITES = sorted(CONFIG.glob("**/sites/*.yaml"))


def test_the_library_has_no_mistake_and_uses_every_file() -> None:
    mistakes: list[Mistake] = []
    library = load_library(None, mistakes)
    assert mistakes == []
    assert len(library.devices) == len(list((CONFIG / "devices").glob("*.yaml")))
    assert len(library.tariffs) == len(list((CONFIG / "tariffs").glob("*.yaml")))
    assert len(library.schemes) == len(list((CONFIG / "schemes").glob("*.yaml")))
    assert library.factors


def test_there_are_sites() -> None:
    assert SITES


@pytest.mark.parametrize("site", SITES, ids=lambda path: path.stem)
def test_every_site_resolves(site: Path) -> None:
    plan = load_plan(site.parents[1])
    assert plan.site is not None
    assert plan.site_file == site
