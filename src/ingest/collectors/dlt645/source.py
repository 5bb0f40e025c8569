"""What a site says of a line of DL/T 645-2007 meters."""

from typing import Literal

from ingest.collectors.dlt645.template import is_address
from ingest.collectors.half_duplex.source import LineSource


class Dlt645Source(LineSource):
    protocol = "DL/T 645"
    kind: Literal["dlt645"]

    def misfit(self, address: str | int | None) -> str | None:
        if is_address(address):
            return None
        return (
            'a DL/T 645 address is its 12 digits in quotation marks, such as "000000000161"; '
            f'"AAAAAAAAAAAA" where the meter is alone on its line (got {address!r})'
        )
