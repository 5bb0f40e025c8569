"""OPC UA against a server in another process."""

import asyncio
import datetime as dt
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from listening import listening

from ingest.assignment import assignments
from ingest.batch import Batch
from ingest.collector import open_collector, read_meter
from ingest.collectors.opcua.tag import Tag
from ingest.errors import LineDown, PayloadError, SourceError, TemplateError
from ingest.health import SourceHealth
from ingest.kinds import read_source, read_template
from ingest.supervisor import Supervisor
from ingest.template import Template

SERVER = """
import asyncio, datetime as dt, sys
from asyncua import Server, ua
from asyncua.server.user_managers import UserManager, User, UserRole
port, extra, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
class Users(UserManager):
    def get_user(self, iserver, username=None, password=None, certificate=None):
        return User(UserRole.User) if username in (None, "reader") and password in (None, "s3cret") else None
async def main():
    server = Server(user_manager=Users())
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/")
    if folder:
        await server.set_application_uri("urn:plant:server")
        await server.load_certificate(folder + "/server.der")
        await server.load_private_key(folder + "/server.pem")
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
        server.set_security_IDs(["Username"])
    else:
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    for i in range(extra):
        await server.register_namespace(f"urn:other:{i}")
    index = await server.register_namespace("urn:park:meters")
    async def add(name, value):
        node = await server.nodes.objects.add_variable(ua.NodeId("M1." + name, index), name, value)
        return node
    power = await add("Power", 1500.0)
    await add("Energy", ua.Variant(123456, ua.VariantType.UInt64))
    await add("Voltages", [230.5, 231.5, 229.25])
    broken = await add("Broken", 50.0)
    await add("Name", "incomer")
    await add("Nothing", float("nan"))
    async with server:
        print("ready", flush=True)
        for k in range(2000):
            at = dt.datetime(2026, 11, 22, 7, 30, tzinfo=dt.timezone.utc) + dt.timedelta(seconds=k)
            await power.write_value(ua.DataValue(ua.Variant(1500.0 + k), SourceTimestamp=at))
            code = ua.StatusCodes.BadSensorFailure if k % 2 else ua.StatusCodes.UncertainLastUsableValue
            await broken.write_value(ua.DataValue(ua.Variant(50.0 + k), ua.StatusCode(code), at))
            await asyncio.sleep(0.2)
asyncio.run(main())
"""
NODE = "nsu=urn:park:meters;s={meter}."
POWER = {"node": f"{NODE}Power", "quantity": "active_power", "unit": "W"}
ENERGY = {"node": f"{NODE}Energy", "quantity": "energy_import", "unit": "Wh"}
L3 = {"node": f"{NODE}Voltages", "index": 2, "quantity": "voltage_l3", "unit": "V"}
BROKEN = {"node": f"{NODE}Broken", "quantity": "frequency", "unit": "Hz"}
START_US = 1_795_332_600_000_000
READING_SERVICES = {428, 461, 467, 473, 631, 751, 787, 793, 826, 847}
"""Of OPC UA part 6, annex A: endpoints, sessions, read, monitored items, subscriptions, publish."""


@contextmanager
def serving(port: int, extra: int = 0, folder: Path | str = "") -> Iterator[None]:
    command = [sys.executable, "-c", SERVER, str(port), str(extra), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


def template(*nodes: dict[str, Any]) -> Template:
    head = {"code": "t", "name": {"en": "t", "zh": "t"}, "source": "a test", "protocol": "opcua"}
    return read_template({**head, "nodes": nodes})


def way(port: int, **rest: object) -> dict[str, object]:
    head = {"kind": "opcua", "code": "scada", "url": f"opc.tcp://127.0.0.1:{port}", "security": "none"}
    return {**head, "sampling_s": 0.1, "publishing_s": 0.2, **rest}


METER = SimpleNamespace(code="M1", source="scada", device="t", address=None)


class Keeping:
    def __init__(self) -> None:
        self.rows: list[tuple[int, dict[str, float]]] = []

    async def write(self, batch: Batch) -> np.ndarray[Any, np.dtype[np.uint8]]:
        for at, values in zip(batch.time, batch.values, strict=True):
            self.rows.append((int(at), dict(zip(batch.quantities, map(float, values), strict=True))))
        return np.zeros(len(batch), np.uint8)

    def having(self, quantity: str) -> list[tuple[int, float]]:
        return [(at, values[quantity]) for at, values in self.rows if quantity in values]


async def until(done: Callable[[], object], patience_s: float = 120.0) -> None:
    async with asyncio.timeout(patience_s):
        while not done():  # noqa: ASYNC110  # another process makes it true
            await asyncio.sleep(0.02)


async def supervised(source: dict[str, object], device: Template, sink: Keeping) -> Supervisor:
    supervisor = Supervisor(sink, time.time, first_pause_s=0.1)
    wanted = assignments([read_source(source)], [METER], {"t": device})
    await supervisor.enact(supervisor.prepare(wanted))
    return supervisor


async def collect(
    source: dict[str, object], device: Template, sink: Keeping, done: Callable[[], object]
) -> SourceHealth:
    supervisor = await supervised(source, device, sink)
    task = asyncio.create_task(supervisor.run())
    try:
        await until(done)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return supervisor.health[0]


def test_values_come_with_the_times_of_their_source(free_port: Callable[[], int]) -> None:
    port, sink = free_port(), Keeping()
    with serving(port):
        asyncio.run(
            collect(
                way(port),
                template(POWER, ENERGY, L3),
                sink,
                lambda: len(sink.having("active_power")) > 3 and sink.having("energy_import"),
            )
        )
    for at, value in sink.having("active_power"):
        assert value == pytest.approx(1.5 + (at - START_US) / 1e9)
    assert len({at for at, _ in sink.having("active_power")}) == len(sink.having("active_power"))
    assert sink.having("energy_import")[0][1] == 123.456
    assert sink.having("voltage_l3")[0][1] == 229.25


def test_what_the_server_does_not_vouch_for_is_no_number(free_port: Callable[[], int]) -> None:
    port, sink = free_port(), Keeping()
    nan = {"node": f"{NODE}Nothing", "quantity": "power_factor", "unit": "1"}
    with serving(port):
        health = asyncio.run(
            collect(
                way(port),
                template(POWER, BROKEN, nan),
                sink,
                lambda: len(sink.having("active_power")) > 5,
            )
        )
    assert not sink.having("frequency")
    assert not sink.having("power_factor")
    said = {aside.reason.rpartition("got ")[2] for aside in health.aside}
    assert said <= {"'BadSensorFailure')", "'UncertainLastUsableValue')"}
    assert health.meters["M1"].incomplete
    assert not health.meters["M1"].failing
    assert health.meters["M1"].last_error.startswith("nsu=urn:park:meters;s=M1.Broken: the server does not")


def test_a_node_that_the_server_refuses_stays_named_while_the_others_answer(
    free_port: Callable[[], int],
) -> None:
    port, sink = free_port(), Keeping()
    gone = {"node": f"{NODE}Gone", "quantity": "current_n", "unit": "A"}
    with serving(port):
        health = asyncio.run(
            collect(way(port), template(POWER, gone), sink, lambda: len(sink.having("active_power")) > 3)
        )
    assert health.meters["M1"].incomplete
    assert not health.meters["M1"].failing
    assert health.meters["M1"].last_error == (
        "nsu=urn:park:meters;s=M1.Gone: the server refuses: BadNodeIdUnknown"
    )


def test_a_meter_of_which_the_server_vouches_for_nothing_fails(free_port: Callable[[], int]) -> None:
    port = free_port()
    gone = {"node": f"{NODE}Gone", "quantity": "current_n", "unit": "A"}
    with serving(port):

        async def scenario() -> SourceHealth:
            supervisor = await supervised(way(port), template(BROKEN, gone), Keeping())
            task = asyncio.create_task(supervisor.run())
            try:
                await until(lambda: len(supervisor.health[0].aside) > 3)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            return supervisor.health[0]

        health = asyncio.run(scenario())
    assert health.meters["M1"].failing


@pytest.mark.parametrize(
    ("source", "server", "shown"),
    [
        (dt.datetime(2026, 11, 22, 7, 30), dt.datetime(2026, 11, 22, 7, 31), START_US),  # noqa: DTZ001  # as older servers' libraries give it
        (dt.datetime(1601, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 11, 22, 7, 30, tzinfo=dt.UTC), START_US),
        (None, None, 1_795_332_660_000_000),
    ],
)
def test_the_time_of_a_server_that_knows_none(
    source: dt.datetime | None, server: dt.datetime | None, shown: int
) -> None:
    said = SimpleNamespace(SourceTimestamp=source, ServerTimestamp=server)
    tag = Tag("M1", "M1", template(POWER).measured[0])  # type: ignore[arg-type]  # an OPC UA template's
    assert tag.time_us(said, 1_795_332_660.0) == shown  # type: ignore[arg-type]  # the times of a value
    future = SimpleNamespace(SourceTimestamp=dt.datetime(2030, 1, 1, tzinfo=dt.UTC), ServerTimestamp=None)
    with pytest.raises(PayloadError, match="more than a day ahead"):
        tag.time_us(future, 1_795_332_660.0)  # type: ignore[arg-type]  # the same


def test_a_counter_that_stands_still_is_read_all_the_same(free_port: Callable[[], int]) -> None:
    port, sink = free_port(), Keeping()
    with serving(port):
        asyncio.run(
            collect(
                way(port, refresh_s=0.3),
                template(ENERGY),
                sink,
                lambda: len(sink.having("energy_import")) > 3,
            )
        )
    assert {value for _, value in sink.having("energy_import")} == {123.456}
    times = [at for at, _ in sink.having("energy_import")]
    assert sorted(set(times)) == times


def test_a_server_that_starts_again_with_other_namespace_numbers(free_port: Callable[[], int]) -> None:
    port, sink = free_port(), Keeping()
    servers = [serving(port), serving(port, extra=3)]

    async def scenario() -> None:
        supervisor = await supervised(way(port), template(POWER), sink)
        [health] = supervisor.health
        task = asyncio.create_task(supervisor.run())
        with servers[0]:
            await until(lambda: len(sink.rows) > 2)
        await until(lambda: health.line.failing)
        assert "opc.tcp://127.0.0.1" in health.line.last_error
        with servers[1]:
            seen = len(sink.rows)
            await until(lambda: len(sink.rows) > seen + 2)
            assert not health.line.failing
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(scenario())


def test_only_services_that_read_are_asked_for(free_port: Callable[[], int]) -> None:
    port, asked, sink = free_port(), bytearray(), Keeping()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)

        async def pump(source: asyncio.StreamReader, to: asyncio.StreamWriter, keep: bytearray) -> None:
            while content := await source.read(65536):
                keep += content
                to.write(content)
            to.close()

        try:
            await asyncio.gather(pump(reader, back, asked), pump(there, writer, bytearray()))
        finally:
            back.close()

    async def scenario() -> None:
        async with listening(relay) as through:
            await collect(
                way(through, refresh_s=0.3),
                template(POWER, ENERGY),
                sink,
                lambda: len(sink.having("energy_import")) > 1,
            )
            await asyncio.sleep(0.1)

    with serving(port):
        asyncio.run(scenario())
    services = set()
    while asked:
        kind, size = struct.unpack_from("<4sI", asked)
        if kind == b"MSGF":
            services.add(struct.unpack_from("<H", asked, 26)[0])
        del asked[:size]
    assert {631, 751, 826} <= services <= READING_SERVICES


def test_reading_once(free_port: Callable[[], int]) -> None:
    port = free_port()
    nowhere = template({**ENERGY, "node": "nsu=urn:elsewhere;s=M1.Energy"})
    text = {"node": f"{NODE}Name", "quantity": "voltage", "unit": "V"}
    with serving(port):
        reading = asyncio.run(
            read_meter(read_source(way(port)), METER, {"t": template(ENERGY, L3, BROKEN, text)})
        )
        with pytest.raises(
            SourceError, match="the server has no namespace urn:elsewhere, only http://opcfoun"
        ):
            asyncio.run(read_meter(read_source(way(port)), METER, {"t": nowhere}))
    shown = {one.quantity: one.value for one in reading.shown}
    assert shown == pytest.approx(
        {"energy_import": 123.456, "voltage_l3": 229.25, "frequency": np.nan, "voltage": np.nan}, nan_ok=True
    )
    assert reading.shown[1].place == "nsu=urn:park:meters;s=M1.Voltages[2]"
    assert reading.complaints[1] == "nsu=urn:park:meters;s=M1.Name: voltage is a number (got 'incomer')"
    with pytest.raises(LineDown, match=f"no connection to opc.tcp://127.0.0.1:{port}: "):
        asyncio.run(read_meter(read_source(way(port)), METER, {"t": template(ENERGY)}))


def test_certificates_and_a_password_from_the_environment(
    free_port: Callable[[], int],
    certify: Callable[[Path, str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("server", "own", "stranger"):
        certify(tmp_path, name)
    port = free_port()
    files = {"certificate": f"{tmp_path}/own.der", "key": f"{tmp_path}/own.pem"}
    source = way(port, security="sign_and_encrypt", server_certificate=f"{tmp_path}/server.der", **files)
    devices = {"t": template(ENERGY)}
    monkeypatch.setenv("PARKWATT_OPCUA_USER", "reader")
    monkeypatch.setenv("PARKWATT_OPCUA_PASSWORD", "s3cret")
    with serving(port, folder=tmp_path):
        reading = asyncio.run(read_meter(read_source(source), METER, devices))
        assert reading.shown[0].value == 123.456
        stranger = {**source, "server_certificate": f"{tmp_path}/stranger.der", "timeout_s": 1.0}
        with pytest.raises(LineDown, match="no connection"):
            asyncio.run(read_meter(read_source(stranger), METER, devices))
        monkeypatch.setenv("PARKWATT_OPCUA_PASSWORD", "guessed")
        with pytest.raises(LineDown, match=r"no connection to .*(BadUserAccessDenied|user)"):
            asyncio.run(read_meter(read_source(source), METER, devices))
        plain = {**way(port), "security": "none"}
        with pytest.raises(LineDown, match="no connection"):
            asyncio.run(read_meter(read_source(plain), METER, devices))
    with pytest.raises(SourceError, match=r"source scada: there is no file .*gone\.der"):
        asyncio.run(
            read_meter(read_source({**source, "certificate": f"{tmp_path}/gone.der"}), METER, devices)
        )


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        (
            {"url": "opc.tcp://h:4840"},
            "security sign_and_encrypt needs the files certificate, key, server_certificate",
        ),
        ({"url": "http://h:4840", "security": "none"}, "an address is opc.tcp://host:port/path"),
        ({"url": "opc.tcp://me:pw@h", "security": "none"}, "without a name or password in it"),
    ],
)
def test_a_source_that_is_not_safe_or_no_server(rest: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_source({"kind": "opcua", "code": "scada", **rest})


@pytest.mark.parametrize("node", ["ns=2;s=Power", "Power", "nsu=urn:x", "nsu=urn:x;q=1"])
def test_a_node_is_named_by_the_uri_of_its_namespace(node: str) -> None:
    with pytest.raises(
        TemplateError, match=r"nodes\.0\.node: .* is no node id such as nsu=urn:maker:meters;s=Power"
    ):
        template({**POWER, "node": node})


def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("asyncua", "ingest.collectors.opcua."))]:
        if not name.endswith((".source", ".template", ".tag")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncua", None)
    said = r"^source scada speaks OPC UA: pip install 'parkwatt\[opcua\]'$"
    with pytest.raises(SourceError, match=said):
        open_collector(read_source(way(1)), [METER], {"t": template(ENERGY)}, time.time)
    with pytest.raises(SourceError, match=said):
        asyncio.run(read_meter(read_source(way(1)), METER, {"t": template(ENERGY)}))
