"""The demo park as its file describes it, with a past of 36 days."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from ingest.device import Device
from ingest.json_device import JsonDevice
from ingest.kinds import read_template
from telemetry.demo.instruments import Instruments
from telemetry.demo.memory import local_midnight
from telemetry.demo.park import PARK
from telemetry.demo.simulation import DAY_S, Simulation
from telemetry.model import Site
from telemetry.settings.documents import load_file, read_yaml
from telemetry.settings.mistakes import Mistake

CONFIG = Path(__file__).parents[3] / "config"
NOW = 1_795_332_600
"""A Sunday afternoon in Dongguan, 2026-11-22 15:30."""
EPOCH = local_midnight(NOW) - 36 * DAY_S


@pytest.fixture(scope="session")
def site() -> Site:
    mistakes: list[Mistake] = []
    loaded = load_file(CONFIG / "demo" / "sites" / "demo.yaml", TypeAdapter(Site), mistakes)
    assert loaded is not None, mistakes
    return loaded


@pytest.fixture(scope="session")
def devices() -> Mapping[str, Device | JsonDevice]:
    templates = [read_template(read_yaml(path)) for path in (CONFIG / "devices").glob("*.yaml")]
    return {template.code: template for template in templates}


@pytest.fixture(scope="session")
def simulation(site: Site) -> Simulation:
    return Simulation(site.read_meters, PARK, EPOCH)


@pytest.fixture(scope="session")
def instruments(
    site: Site, devices: Mapping[str, Device | JsonDevice], simulation: Simulation
) -> Instruments:
    return Instruments(site.read_meters, devices, simulation)
