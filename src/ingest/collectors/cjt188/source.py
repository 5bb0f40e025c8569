"""What a site says of a line of CJ/T 188 meters."""

from typing import Literal

from ingest.collectors.cjt188.template import is_address
from ingest.collectors.half_duplex.source import LineSource


class Cjt188Source(LineSource):
    protocol = "CJ/T 188"
    kind: Literal["cjt188"]

    def misfit(self, address: str | int | None) -> str | None:
        if is_address(address):
            return None
        return (
            "a CJ/T 188 address is 14 digits in quotation marks, the maker's 4 first: '78330011223344'; "
            f'"AAAAAAAAAAAAAA" where the meter is alone on its line (got {address!r})'
        )
