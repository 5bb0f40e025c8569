"""A module of the collectors is a kind of source by its name alone."""

import sys
from pathlib import Path
from typing import Literal

import pytest

from ingest import collectors
from ingest.device import Device
from ingest.errors import TemplateError
from ingest.kinds import Source, kind, read_source, read_template

MODULE = """
from typing import Literal
from ingest.kinds import Source as _Source

class Source(_Source):
    kind: Literal["carrier_pigeon"]
    loft: str
"""


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "carrier_pigeon.py").write_text(MODULE)
    monkeypatch.setattr(collectors, "__path__", [*collectors.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "ingest.collectors.carrier_pigeon", raising=False)


@pytest.mark.usefixtures("pigeon")
def test_a_new_file_is_a_new_kind() -> None:
    source = read_source({"kind": "carrier_pigeon", "code": "roof", "loft": "north"})
    assert (source.kind, source.code, source.model_dump()["loft"]) == ("carrier_pigeon", "roof", "north")
    with pytest.raises(ValueError, match=r"kind 'owl' is none of .*carrier_pigeon, .*modbus"):
        read_source({"kind": "owl", "code": "roof"})


@pytest.mark.parametrize("name", ["influx", "nothing", "modbus.line", "../x", ""])
def test_what_is_no_kind(name: str) -> None:
    assert kind(name) is None


def test_a_template_names_its_protocol() -> None:
    head = {"code": "x", "name": {"en": "x", "zh": "x"}, "source": "s"}
    register = {"address": 1, "type": "int16", "quantity": "voltage", "unit": "V"}
    assert isinstance(read_template({**head, "protocol": "modbus", "registers": [register]}), Device)
    with pytest.raises(TemplateError, match=r"^protocol 'push' is none of .*modbus, mqtt"):
        read_template({**head, "protocol": "push"})
    with pytest.raises(TemplateError, match=r"^registers\.0\.quantity: 'warmth' is not in the catalogue"):
        read_template({**head, "protocol": "modbus", "registers": [{**register, "quantity": "warmth"}]})


def test_a_source_that_stands_is_taken_as_it_is() -> None:
    class Own(Source):
        kind: Literal["own"]

    own = Own(kind="own", code="o")
    assert read_source(own) is own


def test_a_source_is_an_object() -> None:
    with pytest.raises(ValueError, match="an object with kind is needed here"):
        read_source("modbus")
