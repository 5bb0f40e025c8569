"""Every register that the collected facts name is in its template, or is left out for a reason."""

import csv
from pathlib import Path

import pytest
import yaml

from accounting.quantity import CATALOGUE
from accounting.units import conversion
from ingest.device import Device, Register
from ingest.kinds import read_template

_LIBRARY = Path(__file__).parents[2] / "config" / "devices"
_TABLE = Path(__file__).parent / "facts" / "registers.csv"
_FACTS = list(csv.DictReader(_TABLE.read_text(encoding="utf-8").splitlines()))
_MAPPED = [fact for fact in _FACTS if fact["quantity"]]


def _template(code: str) -> Device:
    template = read_template(yaml.safe_load((_LIBRARY / f"{code}.yaml").read_text(encoding="utf-8")))
    assert isinstance(template, Device)
    return template


def _per_raw(fact: dict[str, str], register: Register) -> tuple[float, float]:
    """What one raw step is in the catalogue's unit: by the fact, and by the template."""
    unit = CATALOGUE[register.quantity].unit
    by_fact = float(fact["multiply_by"] or 1) * conversion(fact["unit"], unit)[0]
    return by_fact, abs(register.scale) * conversion(register.unit, unit)[0]


@pytest.mark.parametrize("code", sorted({fact["template"] for fact in _FACTS}))
def test_every_register_of_the_facts_is_mapped(code: str) -> None:
    registers = {one.quantity: one for one in _template(code).registers}
    for fact in (one for one in _MAPPED if one["template"] == code):
        register = registers[fact["quantity"]]
        assert register.address == int(fact["address"])
        assert register.table.function_code == int(fact["function_code"])
        assert register.type == fact["type"]
        assert str(register.scale_register or "") == fact["scale_register"]
        by_fact, by_template = _per_raw(fact, register)
        assert by_template == pytest.approx(by_fact, rel=1e-12)


def test_what_is_left_out_has_a_reason() -> None:
    assert [fact["name"] for fact in _FACTS if not fact["quantity"] and not fact["left_out"]] == []
