"""The demo park as a process of its own: gateways, broker, publishers, and the past posted once.

python -m telemetry.demo --api http://127.0.0.1:8000 --data DIR
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ingest.collectors.modbus import ModbusSource
from ingest.collectors.mqtt import MqttSource
from telemetry.demo import faults, history, modbus, mqtt
from telemetry.demo.addresses import gateway_variables
from telemetry.demo.instruments import Instruments
from telemetry.demo.memory import Memory, data_folder, quarter
from telemetry.demo.park import PARK
from telemetry.demo.registers import DemoError
from telemetry.demo.service import Service, Stopped
from telemetry.demo.simulation import Simulation
from telemetry.model import ParkWattError, Site
from telemetry.settings.environment import read_environment
from telemetry.settings.plan import Plan, load_plan

_DIARY_S = 60.0
_CHATTY = ("pymodbus", "pymodbus.logging", "amqtt", "transitions", "transitions.core", "mqtt")


@dataclass(frozen=True, slots=True)
class _Options:
    api: str
    data: Path
    own_broker: bool
    faults: bool


class Closing:
    """Whether the park is to close; one flag for the event loop and for the thread that posts the past."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.event = asyncio.Event()
        self._thread_event = threading.Event()

    def begin(self) -> None:
        """May be called from any thread."""
        self._thread_event.set()
        self._loop.call_soon_threadsafe(self.event.set)

    def begun(self) -> bool:
        return self._thread_event.is_set()


async def run(plan: Plan, options: _Options, closing: Closing) -> None:
    """Plays the devices until closing. Raises DemoError, as a group, when one cannot be played."""
    site = _site(plan)
    memory = Memory.recall(options.data, time.time())
    memory.keep()
    switch, instruments = faults.Switch(options.data), _instruments(plan, memory)
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        if options.own_broker:
            await stack.enter_async_context(mqtt.broker(_broker_url(site)))
        await asyncio.to_thread(instruments.simulation.course, np.array([time.time()]))
        await _open_gateways(site, instruments, switch, stack)
        for source in site.sources:
            if isinstance(source, MqttSource):
                group.create_task(mqtt.publish(source, instruments, switch, time.time, closing.event))
        tasks = [group.create_task(_keep_diary(plan, options, memory, switch, closing))]
        if options.faults:
            tasks.append(group.create_task(faults.rehearse(switch, say)))
        say(f"{len(site.read_meters)} meters answer")
        await closing.event.wait()
        for task in tasks:
            task.cancel()


async def _open_gateways(
    site: Site, instruments: Instruments, switch: faults.Switch, stack: AsyncExitStack
) -> None:
    for source in site.sources:
        if isinstance(source, ModbusSource):
            server = await modbus.serve_gateway(source, instruments, switch, time.time)
            stack.push_async_callback(server.shutdown)


async def _keep_diary(
    plan: Plan, options: _Options, memory: Memory, switch: faults.Switch, closing: Closing
) -> None:
    """Posts the past, then notes each minute how far the service has read the present."""
    service = Service(options.api, os.environ.get("PARKWATT_TOKEN"), closing.begun)
    try:
        instruments = await asyncio.to_thread(_instruments, plan, memory)
        past = partial(history.post_past, service, instruments=instruments, faults=switch.faults())
        await asyncio.to_thread(past, memory=memory, clock=time.time, say=say)
    except Stopped:
        return
    except DemoError as error:
        say(f"past readings: {error}")
        return
    while True:
        await asyncio.sleep(_DIARY_S)
        memory.note_posted(memory.posted_from_s or memory.epoch_s, quarter(time.time()))
        memory.keep()


def _instruments(plan: Plan, memory: Memory) -> Instruments:
    meters = _site(plan).read_meters
    return Instruments(meters, plan.library.devices, Simulation(meters, PARK, memory.epoch_s))


def _site(plan: Plan) -> Site:
    if plan.site is None:
        raise DemoError("the demo's configuration has no site")
    return plan.site


def _broker_url(site: Site) -> str:
    return next(source.url for source in site.sources if isinstance(source, MqttSource))


def say(text: str) -> None:
    sys.stdout.write(f"demo park: {text}\n")
    sys.stdout.flush()


async def _until_signal(plan: Plan, options: _Options, *, with_parent: bool) -> None:
    closing = Closing()
    asyncio.get_running_loop().set_exception_handler(_unless_gone)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, closing.begin)
    if with_parent:
        threading.Thread(target=_watch_parent, args=(closing,), daemon=True).start()
    await run(plan, options, closing)


def _unless_gone(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The broker stumbles over a client that hangs up while it is greeted; that is no news."""
    greeting = "client_connected_cb" in context["message"]
    if not (greeting and isinstance(context.get("exception"), OSError)):
        loop.default_exception_handler(context)


def _watch_parent(closing: Closing) -> None:
    while os.read(0, 1024):
        pass
    closing.begin()


def main(arguments: Sequence[str]) -> int:
    """Plays the park until SIGTERM, SIGINT or the parent's end."""
    given = _parser().parse_args(arguments)
    _name_addresses(given.modbus_port, given.mqtt)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    options = _Options(given.api, Path(given.data), not given.no_broker, given.faults)
    failed = False
    try:
        asyncio.run(_until_signal(load_plan(Path(given.config)), options, with_parent=given.with_parent))
    except* ParkWattError as group:
        for error in group.exceptions:
            say(str(error))
        failed = True
    return int(failed)


def _name_addresses(modbus_port: int | None, mqtt_url: str | None) -> None:
    """The site file reads its addresses from the environment."""
    if mqtt_url:
        os.environ["PARKWATT_MQTT_URL"] = mqtt_url
    if modbus_port:
        os.environ |= gateway_variables(modbus_port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m telemetry.demo", description=main.__doc__)
    environment = read_environment()
    parser.add_argument("--api", default="http://127.0.0.1:8000", help="where past readings are posted")
    parser.add_argument("--data", default=str(data_folder(environment)))
    parser.add_argument("--config", default=str(environment.config_dir), help="the configuration of the park")
    parser.add_argument("--modbus-port", type=int, help="of the first gateway; the others follow")
    parser.add_argument("--mqtt", help="the broker's address, mqtt://host:port")
    parser.add_argument("--no-broker", action="store_true", help="the broker is run by somebody else")
    parser.add_argument("--faults", action="store_true", help="let one meter after the other fail")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
