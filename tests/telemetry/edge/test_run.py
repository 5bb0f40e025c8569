"""Which edge this is, and that the document's site says what it claims."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ingest.assignment import assignments
from ingest.kinds import read_source
from telemetry.edge.run import edge_of
from telemetry.model import Site
from telemetry.settings.library import Library
from telemetry.settings.mistakes import ConfigError
from telemetry.settings.plan import Plan

DOCUMENT = Path(__file__).parents[3] / "docs/edge.md"


@pytest.fixture
def plan(make_site: Callable[..., Site], library: Library) -> Callable[..., Plan]:
    def made(*edges: str | None) -> Plan:
        sources = [
            {"kind": "modbus", "code": f"line-{i}", "host": "127.0.0.1", "edge": edge}
            for i, edge in enumerate(edges)
        ]
        return Plan(make_site(sources=sources), Path("plant.yaml"), library)

    return made


def test_the_only_edge_needs_no_name(plan: Callable[..., Plan]) -> None:
    assert edge_of(plan(None, "plant-2", "plant-2"), None) == "plant-2"
    assert edge_of(plan("plant-2", "plant-3"), "plant-3") == "plant-3"


@pytest.mark.parametrize(
    ("edges", "asked", "said"),
    [
        ((None,), None, "no source is marked with the edge"),
        (("plant-2", "plant-3"), None, r"choose by --edge \(plant-2, plant-3\)"),
        (("plant-2",), "plant-9", r"no source is marked edge: plant-9 \(plant-2\)"),
    ],
)
def test_an_edge_that_is_not_clear_is_a_mistake(
    edges: tuple[str | None, ...], asked: str | None, said: str, plan: Callable[..., Plan]
) -> None:
    with pytest.raises(ConfigError, match=said):
        edge_of(plan(*edges), asked)


def test_the_document_s_site_is_shared_between_centre_and_edge() -> None:
    text = re.search(r"```yaml\n(sources:.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert text is not None
    sources = [read_source(each) for each in yaml.safe_load(text[1])["sources"]]
    assert set(assignments(sources, [], {})) == {"incomer"}
    assert set(assignments(sources, [], {}, "plant-2")) == {"hall-2", "boilers"}
