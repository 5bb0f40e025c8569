"""The example of every Modbus template, served by pyModbusTCP, says the same to readers that are not ours."""

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyModbusTCP.server import DataBank, ModbusServer
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from ingest.device import Device, Example, Register, Table, WordOrder
from ingest.kinds import read_template
from ingest.plan import Span, plan

_FOLDER = Path(__file__).parents[2] / "config" / "devices"
_TEMPLATES = [
    template
    for path in sorted(_FOLDER.glob("*.yaml"))
    if isinstance(template := read_template(yaml.safe_load(path.read_text(encoding="utf-8"))), Device)
]
_CASES = [
    pytest.param(template, example, id=f"{template.code}-{number}")
    for template in _TEMPLATES
    for number, example in enumerate(template.examples)
]
_FUNCTION = {Table.COIL: "0", Table.DISCRETE: "1", Table.INPUT: "3:hex", Table.HOLDING: "4:hex"}
_STRUCT = {"int16": ">h", "int32": ">i", "int64": ">q", "uint16": ">H", "uint32": ">I", "uint64": ">Q"}
_FLOATS = {"float32": ">f", "float64": ">d"}
_TIMES = {
    **dict.fromkeys(("Wh", "W", "varh", "var", "VAh", "VA", "mV", "mA"), 1e-3),
    **dict.fromkeys(("L", "L/h", "kg", "kg/h", "Pa", "MJ"), 1e-3),
    **dict.fromkeys(("MWh", "MW", "Mvarh", "Mvar", "kV", "MPa"), 1e3),
    "bar": 1e2,
    "m3/min": 60.0,
    "kJ": 1e-6,
}  # fmt: skip
_GJ = {"Wh": 3.6e-6, "kWh": 3.6e-3, "MWh": 3.6, "MJ": 1e-3, "kJ": 1e-6, "GJ": 1.0}


class _Words(DataBank):  # type: ignore[misc]  # pyModbusTCP has no types
    def serve(self, example: Example) -> None:
        for table, runs in example.words.items():
            put = {
                Table.HOLDING: self.set_holding_registers,
                Table.INPUT: self.set_input_registers,
                Table.COIL: self.set_coils,
                Table.DISCRETE: self.set_discrete_inputs,
            }[table]
            for start, text in runs.items():
                content = bytes.fromhex(text)
                put(start, [word for (word,) in struct.iter_unpack(">H", content)])


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[_Words, int]]:
    """One server, whose memory is loaded anew for each template."""
    bank = _Words()
    server = ModbusServer("127.0.0.1", 0, no_block=True, data_bank=bank)
    server.start()
    yield bank, server._service.server_address[1]
    server.stop()


def _by_mbpoll(port: int, block: Span) -> dict[int, int]:
    command = ["mbpoll", "-m", "tcp", "-p", str(port), "-a", "1", "-0", "-1", "-q", "-o", "10"]
    command += ["-t", _FUNCTION[block.table], "-r", str(block.start), "-c", str(block.count), "127.0.0.1"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    lines = [line.split("]:") for line in said.splitlines() if line.startswith("[")]
    return {int(at[1:]): int(value.split()[0], 0) for at, value in lines}


def _interpreted(device: Device, register: Register, words: dict[int, int]) -> float | None:
    """What the words mean, by the struct module alone."""
    raw = b"".join(struct.pack(">H", words[register.address + i]) for i in range(register.type.words))
    order = register.word_order or device.word_order
    pairs = [raw[i : i + 2] for i in range(0, len(raw), 2)]
    if order in {WordOrder.CDAB, WordOrder.DCBA}:
        pairs.reverse()
    raw = b"".join(pair[::-1] if order in {WordOrder.BADC, WordOrder.DCBA} else pair for pair in pairs)
    missing = device.missing.get(register.type, ()) if register.missing is None else register.missing
    if int.from_bytes(raw, "big") in missing:
        return None
    number = _number(str(register.type), raw)
    if register.scale_register is not None:
        (power,) = struct.unpack(">h", struct.pack(">H", words[register.scale_register]))
        number *= 10.0**power
    number = number * register.scale + register.offset
    return None if number != number else _canonical(register, number)  # noqa: PLR0124  # NaN


def _number(kind: str, raw: bytes) -> float:
    if kind.startswith("bcd"):
        return float(raw.hex())
    if kind == "bool":
        return float(raw[-1] & 1)
    return float(struct.unpack({**_STRUCT, **_FLOATS}[kind], raw)[0])


def _canonical(register: Register, number: float) -> float:
    quantity, unit = register.quantity, register.unit
    if quantity.startswith("power_factor"):
        return number * (0.01 if unit == "%" else 1.0)
    if quantity in {"heat_energy", "cooling_energy", "steam_energy", "recovered_heat_energy"}:
        return number * _GJ[unit]
    if unit == "1" and quantity.startswith(("thd_", "state_of_charge")):
        return number * 100
    return number * _TIMES.get(unit, 1.0)


@pytest.mark.parametrize(("device", "example"), _CASES)
def test_mbpoll_reads_the_same(served: tuple[_Words, int], device: Device, example: Example) -> None:
    bank, port = served
    bank.serve(example)
    words: dict[Table, dict[int, int]] = {table: {} for table in Table}
    for block in plan(device):
        words[block.table].update(_by_mbpoll(port, block))
    read = {one.quantity: _interpreted(device, one, words[one.table]) for one in device.registers}
    assert read == {
        name: None if value is None else pytest.approx(value, rel=1e-7, abs=1e-12)
        for name, value in example.values.items()
    }


_POINTS = {
    "A": "current", "AphA": "current_l1", "AphB": "current_l2", "AphC": "current_l3",
    "PPVphAB": "voltage_l1l2", "PPVphBC": "voltage_l2l3", "PPVphCA": "voltage_l3l1",
    "PhVphAB": "voltage_l1l2", "PhVphBC": "voltage_l2l3", "PhVphCA": "voltage_l3l1",
    "PPVPhAB": "voltage_l1l2", "PPVPhBC": "voltage_l2l3", "PPVPhCA": "voltage_l3l1",
    "PhV": "voltage", "PhVphA": "voltage_l1", "PhVphB": "voltage_l2", "PhVphC": "voltage_l3",
    "Hz": "frequency", "W": "active_power",
    "WphA": "active_power_l1", "WphB": "active_power_l2", "WphC": "active_power_l3",
    "VA": "apparent_power",
    "VAphA": "apparent_power_l1", "VAphB": "apparent_power_l2", "VAphC": "apparent_power_l3",
    "VAr": "reactive_power", "VAR": "reactive_power",
    "VARphA": "reactive_power_l1", "VARphB": "reactive_power_l2", "VARphC": "reactive_power_l3",
    "PF": "power_factor",
    "PFphA": "power_factor_l1", "PFphB": "power_factor_l2", "PFphC": "power_factor_l3",
    "WH": "energy_export", "TotWhExp": "energy_export", "TotWhImp": "energy_import",
    "TotWhExpPhA": "energy_export_l1", "TotWhExpPhB": "energy_export_l2", "TotWhExpPhC": "energy_export_l3",
    "TotWhImpPhA": "energy_import_l1", "TotWhImpPhB": "energy_import_l2", "TotWhImpPhC": "energy_import_l3",
    "TotVAhImp": "apparent_energy",
}  # fmt: skip
_TO_PARKWATT = {
    "Wh": 1e-3,
    "W": 1e-3,
    "VAh": 1e-3,
    "VA": 1e-3,
    "VAr": 1e-3,
    "var": 1e-3,
    "Pct": 1e-2,
    "PF": 1e-2,
}
_INVERTERS = range(101, 114)


def _identify(bank: _Words, model: int, length: int) -> None:
    """What SunSpec asks for around the model: the mark, a common block of 65 registers, and the end."""
    bank.set_holding_registers(40000, [0x5375, 0x6E53, 1, 65])
    bank.set_holding_registers(40069 + 2 + length, [0xFFFF, 0])
    assert bank.get_holding_registers(40069, 2) == [model, length]


def _by_pysunspec(port: int, model: int) -> dict[str, Any]:
    device = SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=port, timeout=30)
    try:
        device.scan()
        points = device.models[model][0].points
    finally:
        device.close()
    return {_POINTS[name]: _shown(point) for name, point in points.items() if name in _POINTS}


def _shown(point: Any) -> float | None:
    return None if point.cvalue is None else point.cvalue * _TO_PARKWATT.get(point.pdef.get("units"), 1.0)


@pytest.mark.parametrize(
    ("device", "example"), [case for case in _CASES if str(case.id).startswith("sunspec-")]
)
def test_pysunspec_reads_the_same(served: tuple[_Words, int], device: Device, example: Example) -> None:
    bank, port = served
    bank.serve(example)
    model, length = (one.value for one in device.identity)
    _identify(bank, model, length)
    read = _by_pysunspec(port, model)
    for name, value in example.values.items():
        turned = model in _INVERTERS and name in {"active_power", "reactive_power"}
        expected = None if value is None else -value if turned else value
        assert read[name] == (None if expected is None else pytest.approx(expected, rel=1e-6))
