"""The options by which a command reaches a Modbus line that stands in no site file."""

from typing import Annotated

import typer

from ingest.collectors.half_duplex.source import Parity
from ingest.collectors.modbus.source import Framing, ModbusSource

PlaceArgument = Annotated[
    str, typer.Argument(help="Host of a gateway or meter, or a serial port (/dev/ttyUSB0).")
]
PortOption = Annotated[int, typer.Option(min=1, max=65535, help="TCP port of a gateway or meter.")]
FramingOption = Annotated[
    Framing, typer.Option(help="rtu where the gateway passes the bytes of the serial line on as they are.")
]
BaudOption = Annotated[int, typer.Option(min=1, help="Of a serial port.")]
ParityOption = Annotated[Parity, typer.Option(help="Of a serial port.")]
StopBitsOption = Annotated[int, typer.Option(min=1, max=2, help="Of a serial port.")]


def line_at(
    place: str,
    *,
    port: int = 502,
    framing: Framing = Framing.TCP,
    baudrate: int = 9600,
    parity: Parity = Parity.NONE,
    stop_bits: int = 1,
    timeout_s: float = 1.0,
    pause_s: float = 0.0,
) -> ModbusSource:
    """A serial port where `place` is a path or COM port, otherwise a host."""
    reached: dict[str, object] = (
        {"serial": place, "baudrate": baudrate, "parity": parity, "stop_bits": stop_bits}
        if _is_serial(place)
        else {"host": place, "port": port, "framing": framing}
    )
    timing = {"timeout_s": timeout_s, "pause_s": pause_s}
    return ModbusSource.model_validate({"kind": "modbus", "code": "line", **timing, **reached})


def _is_serial(place: str) -> bool:
    return "/" in place or place.upper().startswith("COM")
