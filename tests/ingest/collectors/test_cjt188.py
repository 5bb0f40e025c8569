"""What is sent to CJ/T 188 meters, byte by byte, and which addresses they can have."""

import asyncio
from types import SimpleNamespace

import pytest
from listening import listening

from ingest.collector import read_meter
from ingest.errors import SourceError, TemplateError
from ingest.kinds import read_source, read_template
from ingest.pace import Pace
from ingest.template import Template

ANSWER = bytes.fromhex(
    "68 10 44 33 22 11 00 33 78 81 16 1F 90 00 00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84 13 16"
)
SERIAL = {"kind": "cjt188", "code": "line", "serial": "/dev/ttyUSB0"}


def template(**rest: object) -> Template:
    head = {"code": "t", "name": {"en": "t", "zh": "t"}, "source": "a test", "protocol": "cjt188"}
    volume = {"at": 0, "length": 4, "unit_at": 4, "quantity": "water_volume", "unit": "m3", "scale": 0.01}
    return read_template({**head, "meter_type": 0x10, "items": [volume], **rest})


def meter(address: str) -> SimpleNamespace:
    return SimpleNamespace(code="M", source="line", device="t", address=address, pace=Pace())


async def asked(address: str, device: Template) -> bytes:
    """What a meter gets to read."""
    got = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal got
        got = await reader.read(300)
        writer.write(ANSWER)

    async with listening(serve) as port:
        source = read_source({"kind": "cjt188", "code": "line", "host": "127.0.0.1", "port": port})
        await read_meter(source, meter(address), {"t": device})
    return got


def test_the_one_thing_that_is_sent_reads() -> None:
    """As https://hftangyu.com/563.html prints it, but for the number that counts the questions."""
    sent = asyncio.run(asked("78330011223344", template()))
    assert sent.hex(" ").upper() == "FE FE FE FE 68 10 44 33 22 11 00 33 78 01 03 1F 90 01 81 16"


def test_some_meters_want_the_identifier_the_other_way_round() -> None:
    sent = asyncio.run(asked("AAAAAAAAAAAAAA", template(identifier="90 1F")))
    assert sent.hex(" ").upper() == "FE FE FE FE 68 10 AA AA AA AA AA AA AA 01 03 90 1F 01 D2 16"


@pytest.mark.parametrize("address", [11223344, "11223344", "7833001122334X", "11AA0000000000", None])
def test_what_is_no_address(address: object) -> None:
    assert "14 digits in quotation marks" in str(read_source(SERIAL).misfit(address))  # type: ignore[arg-type]  # what YAML may hold
    with pytest.raises(SourceError, match="meter M: a CJ/T 188 address is 14 digits"):
        asyncio.run(read_meter(read_source(SERIAL), meter(address), {"t": template()}))  # type: ignore[arg-type]  # the same


def test_an_identifier_is_two_bytes() -> None:
    with pytest.raises(TemplateError, match="identifier: '901F' is not two bytes"):
        template(identifier="901F")
