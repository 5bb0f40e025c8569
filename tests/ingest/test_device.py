from collections.abc import Callable
from typing import Any

import pytest

from accounting.quantity import CATALOGUE
from ingest.device import Device, WordOrder
from ingest.errors import TemplateError
from ingest.json_device import JsonDevice

REGISTER = {"address": 0, "type": "int16", "quantity": "active_power", "unit": "W"}


def test_a_register_may_have_a_word_order_of_its_own(modbus: Callable[..., Device]) -> None:
    own = {**REGISTER, "quantity": "voltage", "unit": "V", "word_order": "DCBA"}
    device = modbus(REGISTER, own, word_order="CDAB")
    assert [device.order_of(register) for register in device.registers] == [WordOrder.CDAB, WordOrder.DCBA]


def test_missing_patterns_of_a_register_replace_those_of_the_device(modbus: Callable[..., Device]) -> None:
    own = {**REGISTER, "quantity": "voltage", "unit": "V", "missing": []}
    device = modbus(REGISTER, own, missing={"int16": [0x8000]})
    assert [device.missing_of(register) for register in device.registers] == [(0x8000,), ()]


@pytest.mark.parametrize(
    ("change", "where", "reason"),
    [
        ({"unit": "kg"}, "registers.0", "'kg' cannot be converted to 'kW'"),
        ({"quantity": "power"}, "registers.0.quantity", "'power' is not in the catalogue"),
        ({"scale": 0}, "registers.0.scale", "other than 0"),
        ({"type": "bool"}, "registers.0", "cannot stand in table holding"),
        ({"table": "coil"}, "registers.0", "cannot stand in table coil"),
        ({"address": 65535, "type": "int32"}, "registers.0", "ends beyond address 65535"),
        ({"address": 65536}, "registers.0.address", "less than or equal to 65535 (got 65536)"),
        ({"missing": [0x10000]}, "registers.0", "0x10000 does not fit int16"),
        ({"type": "int24"}, "registers.0.type", "(got 'int24')"),
        ({"adress": 1}, "registers.0.adress", "not permitted (got 1)"),
    ],
)
def test_a_wrong_register_is_named(
    modbus: Callable[..., Device], change: dict[str, Any], where: str, reason: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        modbus({**REGISTER, **change})
    assert str(caught.value).startswith(f"{where}: ")
    assert reason in str(caught.value)


def test_a_quantity_read_twice_is_refused(modbus: Callable[..., Device]) -> None:
    with pytest.raises(TemplateError, match="active_power is read twice"):
        modbus(REGISTER, {**REGISTER, "address": 1})


def test_a_type_longer_than_the_longest_block_is_refused(modbus: Callable[..., Device]) -> None:
    with pytest.raises(TemplateError, match="longer than max_words 1"):
        modbus({**REGISTER, "type": "int32"}, max_words=1)


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ({"form": "epoch_ms"}, "needs the path of the time"),
        ({"form": "epoch_s", "path": "t", "zone_path": "z"}, "form epoch_s has no zone"),
        ({"form": "digits", "path": "t", "zone": "Mars/Base"}, "'Mars/Base' is not a time zone"),
    ],
)
def test_an_incomplete_time_is_refused(
    mqtt: Callable[..., JsonDevice], time: dict[str, str], reason: str
) -> None:
    with pytest.raises(TemplateError, match=reason):
        mqtt({"path": "p", "quantity": "active_power", "unit": "W"}, time=time)


def test_the_generic_json_template_holds_the_whole_catalogue(
    shipped: Callable[[str], Device | JsonDevice],
) -> None:
    assert shipped("parkwatt-json").quantities == tuple(CATALOGUE)
    assert shipped("parkwatt-json-rfc3339").quantities == tuple(CATALOGUE)


@pytest.mark.parametrize("path", [".power", "em..power", "em."])
def test_a_path_with_an_empty_key_is_refused(mqtt: Callable[..., JsonDevice], path: str) -> None:
    with pytest.raises(TemplateError, match=r"values\.0\.path"):
        mqtt({"path": path, "quantity": "active_power", "unit": "W"})
