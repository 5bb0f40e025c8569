from collections.abc import Mapping

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import Decoder
from ingest.device import Device, Register, RegisterType, Table, WordOrder
from ingest.json_device import JsonDevice, TimeField
from ingest.payload import PayloadReader
from ingest.plan import plan
from telemetry.demo.faults import Faults
from telemetry.demo.instruments import Instruments
from telemetry.demo.registers import DemoError, encode, payload, playable, resolved
from telemetry.model import Site

NOW = 1_795_332_600


def device(*registers: Register, order: WordOrder = WordOrder.ABCD) -> Device:
    return Device(
        code="x",
        name={"en": "x", "zh": "x"},
        source="test",
        protocol="modbus",
        word_order=order,
        registers=registers,
    )


def decoded(template: Device, image: Mapping[tuple[Table, int], int]) -> dict[str, float]:
    blocks = plan(template)
    words = {b: [image.get((b.table, at), 0) for at in range(b.start, b.end)] for b in blocks}
    return dict(zip(template.quantities, Decoder(template, blocks).decode(words).tolist(), strict=True))


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (WordOrder.ABCD, [0x42F6, 0xE979]),
        (WordOrder.CDAB, [0xE979, 0x42F6]),
        (WordOrder.BADC, [0xF642, 0x79E9]),
        (WordOrder.DCBA, [0x79E9, 0xF642]),
    ],
)
def test_a_float_in_the_four_word_orders(order: WordOrder, words: list[int]) -> None:
    register = Register(address=7, type=RegisterType.FLOAT32, quantity="voltage", unit="V")
    image = encode(device(register, order=order), {"voltage": 123.456})
    assert [image[Table.HOLDING, 7], image[Table.HOLDING, 8]] == words


def test_scaled_integers_of_all_lengths() -> None:
    registers = (
        Register(address=0, type=RegisterType.INT16, quantity="power_factor", unit="1", scale=0.001),
        Register(address=1, type=RegisterType.UINT32, quantity="energy_import", unit="kWh", scale=0.01),
        Register(address=3, type=RegisterType.INT64, quantity="energy_export", unit="Wh"),
    )
    image = encode(
        device(*registers), {"power_factor": -0.957, "energy_import": 655.37, "energy_export": 65.537}
    )
    assert [image[Table.HOLDING, at] for at in range(7)] == [0x10000 - 957, 1, 1, 0, 0, 1, 1]


@given(st.floats(-1e12, 1e12), st.sampled_from(["int16", "uint16", "int32", "uint32", "int64", "uint64"]))
def test_what_is_too_large_stays_inside_the_register(value: float, kind: str) -> None:
    register = Register(address=0, type=RegisterType(kind), quantity="active_power", unit="W", scale=0.01)
    shown = decoded(device(register), encode(device(register), {"active_power": value}))["active_power"]
    assert abs(shown) <= abs(value) * (1 + 1e-9) + 1e-5
    assert shown == resolved(register, np.array([value]))[0]


def test_a_quantity_that_the_meter_lacks_is_not_sent_as_zero() -> None:
    register = Register(address=0, type=RegisterType.FLOAT32, quantity="voltage", unit="V")
    with pytest.raises(KeyError, match="voltage"):
        encode(device(register), {})


def test_the_service_decodes_exactly_what_the_past_says(site: Site, instruments: Instruments) -> None:
    t = np.array([float(NOW)])
    course = instruments.simulation.course(t)
    for meter in site.read_meters:
        template = instruments.by_code[meter.code].device
        values = instruments.now(meter.code, NOW, Faults())
        assert values is not None
        if isinstance(template, Device):
            live = decoded(template, encode(template, values))
        else:
            live = read_json(template, payload(template, values, NOW))
        past = instruments.past(meter.code, t, course, Faults())
        assert {name: float(value[0]) for name, value in past.items()} == {name: live[name] for name in past}


def read_json(template: JsonDevice, document: dict[str, object]) -> dict[str, float]:

    reading = PayloadReader(template).read(msgspec.json.encode(document), NOW)
    assert reading.time_us == NOW * 1_000_000
    assert reading.complaints == ()
    return dict(zip(template.quantities, reading.values.tolist(), strict=True))


def test_decoded_values_are_near_the_true_ones(site: Site, instruments: Instruments) -> None:
    for meter in site.read_meters:
        template = instruments.by_code[meter.code].device
        values = instruments.now(meter.code, NOW, Faults())
        assert values is not None
        if isinstance(template, Device):
            live = decoded(template, encode(template, values))
            steps = {r.quantity: abs(r.scale) for r in template.registers}
            for name, value in live.items():
                assert value == pytest.approx(values[name], rel=1e-6, abs=steps[name]), (meter.code, name)


@pytest.mark.parametrize("change", [{"type": "bcd32"}, {"scale_register": 9}])
def test_forms_that_the_demo_cannot_play_are_named(change: dict[str, object]) -> None:
    fields: dict[str, object] = {"address": 0, "type": "int32", "quantity": "voltage", "unit": "V"}
    with pytest.raises(DemoError, match="x: the demo cannot play voltage"):
        playable(device(Register.model_validate(fields | change)))


def test_json_times_in_another_form_are_refused(devices: Mapping[str, Device | JsonDevice]) -> None:
    other = devices["parkwatt-json"].model_copy(update={"time": TimeField()})
    with pytest.raises(DemoError, match="milliseconds"):
        playable(other)
