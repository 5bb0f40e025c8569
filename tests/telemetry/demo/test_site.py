from collections.abc import Mapping
from pathlib import Path

from ingest.collectors.modbus import ModbusSource
from ingest.collectors.mqtt import MqttSource
from ingest.device import Device
from ingest.json_device import JsonDevice
from telemetry.demo.addresses import GATEWAYS, gateway_variables
from telemetry.demo.faults import Faults
from telemetry.demo.instruments import Instruments
from telemetry.demo.park import PARK, VOLTS, Feeder, Follower
from telemetry.model import AreaKind, Role, Site

NOW = 1_795_332_600
CONFIG = Path(__file__).parents[3] / "config"


def test_the_file_and_the_park_name_the_same_meters(site: Site) -> None:
    assert {meter.code for meter in site.read_meters} == set(PARK)


def test_the_park_is_as_large_as_promised(site: Site) -> None:
    enterprises = [area for area in site.areas if area.kind is AreaKind.ENTERPRISE]
    assert len(enterprises) >= 5
    assert 45 <= len(site.read_meters) <= 60
    assert sum(meter.multiplier > 1 for meter in site.meters) >= 8


def test_meters_with_meters_below_them_are_feeders_and_the_other_way_round(site: Site) -> None:
    above = {meter.parent for meter in site.meters if meter.parent}
    feeders = {code for code, behind in PARK.items() if isinstance(behind, Feeder)}
    assert above == feeders


def test_followers_and_voltages_name_meters_that_exist() -> None:
    named = {code for behind in PARK.values() if isinstance(behind, Follower) for code in behind.of}
    assert named | set(VOLTS) <= set(PARK)


def test_parent_and_child_measure_the_same_carrier(site: Site) -> None:
    carriers = {meter.code: meter.carrier for meter in site.meters}
    assert all(carriers[meter.parent] is meter.carrier for meter in site.meters if meter.parent)


def test_every_enterprise_has_one_electric_boundary(site: Site) -> None:
    for area in site.areas:
        if area.kind is AreaKind.ENTERPRISE:
            boundaries = [m for m in site.meters if m.area == area.code and m.role is Role.BOUNDARY]
            assert sum(m.carrier == "electricity" for m in boundaries) == 1


def test_unit_ids_are_unique_on_their_gateway(site: Site) -> None:
    units = [(m.source, m.address) for m in site.meters if m.address is not None]
    assert len(units) == len(set(units))


def test_gateways_have_the_ports_that_the_launcher_names(site: Site) -> None:
    gateways = [source for source in site.sources if isinstance(source, ModbusSource)]
    assert len(gateways) == GATEWAYS
    text = (CONFIG / "demo" / "sites" / "demo.yaml").read_text("utf-8")
    assert all(f"${{{name}:-" in text for name in gateway_variables(15020))
    assert [s.port for s in gateways] == [int(port) for port in gateway_variables(15020).values()]


def test_one_broker_and_everything_on_loopback(site: Site) -> None:
    assert sum(isinstance(source, MqttSource) for source in site.sources) == 1
    assert all(s.host == "127.0.0.1" for s in site.sources if isinstance(s, ModbusSource))


def test_every_register_of_every_template_used_is_shown(
    site: Site, devices: Mapping[str, Device | JsonDevice], instruments: Instruments
) -> None:
    for meter in site.read_meters:
        device = devices[meter.device or ""]
        values = instruments.now(meter.code, NOW, Faults())
        assert values is not None
        if isinstance(device, Device):
            assert set(device.quantities) <= set(values), meter.code
        else:
            assert set(values) <= set(device.quantities), meter.code


def test_names_say_that_the_park_is_made_up(site: Site) -> None:
    assert "fictitious" in site.name.en
    assert "虚构" in site.name.zh
    assert site.billing is not None
    assert site.billing.tariff == "demo-park"


def test_what_nobody_meters_in_the_shop_is_what_its_meters_leave(site: Site) -> None:
    meters = {meter.code: meter for meter in site.meters}
    (edition,) = meters["A-V01"].editions
    terms = {term.meter: term.factor for term in edition["energy_import"].terms}
    below = {meter.code: -1.0 for meter in site.read_meters if meter.parent == "A-M01"}
    assert terms == {"A-M01": 1.0, **below}
