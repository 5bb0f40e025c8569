"""What is said of a place that is not reached."""

import asyncio
import os
import pty
from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from ingest.collectors.half_duplex.port import connect
from ingest.collectors.modbus import ModbusSource
from ingest.errors import LineDown
from ingest.unreached import unreached

_SETTINGS = "it does not take these settings: baudrate, parity, stop_bits"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)"), "nothing listens there"),
        (
            OSError(
                "Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), "
                "[Errno 111] Connect call failed ('127.0.0.1', 1)"
            ),
            "nothing listens there",
        ),
        (
            OSError("Multiple exceptions: [Errno 111] one, [Errno 113] other"),
            "Multiple exceptions: [Errno 111] one, [Errno 113] other",
        ),
        (PermissionError(13, "could not open port"), "whoever runs ParkWatt may not open it (on Debian"),
        (RuntimeError(22, "Invalid argument"), _SETTINGS),
        (TimeoutError(), "no answer"),
        (ValueError("Not a valid baudrate: -1"), "Not a valid baudrate: -1"),
    ],
)
def test_words_for_whoever_has_to_mend_it(error: Exception, said: str) -> None:
    assert unreached(error).startswith(said)


def _reason(**place: object) -> str:
    async def scenario() -> None:
        await connect(ModbusSource.model_validate({"kind": "modbus", "code": "gw", **place}))

    with pytest.raises(LineDown) as caught:
        asyncio.run(scenario())
    return str(caught.value).rpartition(": ")[2]


def test_ports_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert _reason(serial=str(tmp_path / "none")) == "there is no such port"
    assert _reason(serial=str(tmp_path / "file")) == "it is no serial port"


def test_a_port_that_another_program_holds() -> None:
    ours, theirs = pty.openpty()
    path = os.ttyname(theirs)
    with serial.Serial(path, exclusive=True):
        assert _reason(serial=path) == "another program has it open"
    os.close(ours)
    os.close(theirs)


def test_a_host_that_nobody_knows_and_one_that_refuses(free_port: Callable[[], int]) -> None:
    assert _reason(host="no-such-gateway.invalid") == "no such host is known here"
    assert _reason(host="localhost", port=free_port()) == "nothing listens there"
