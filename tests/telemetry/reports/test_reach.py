"""Pools that have a part in what others carry, and no more."""

from telemetry.reports.pools.layout import Layout, Part, PoolKey, Row, Way
from telemetry.reports.pools.reach import narrowed

PARK, A, B = (PoolKey(area, "electricity") for area in ("park", "A", "B"))
AIR = PoolKey("A", "compressed_air")
HEAT = PoolKey("A", "heat")
ROWS = [
    Row(PARK, Part.BOUGHT, "P", Way.ALONG),
    Row(PARK, Part.USED, "P-L", Way.ALONG),
    Row(PARK, Part.SENT, "A-M", Way.ALONG, A),
    Row(A, Part.RECEIVED, "A-M", Way.ALONG, PARK),
    Row(PARK, Part.SENT, "B-M", Way.ALONG, B),
    Row(B, Part.RECEIVED, "B-M", Way.ALONG, PARK),
    Row(B, Part.SENT, "B-M", Way.AGAINST, PARK),
    Row(PARK, Part.RECEIVED, "B-M", Way.AGAINST, B),
    Row(B, Part.GENERATED, "B-PV", Way.AGAINST),
    Row(B, Part.USED, "B-L", Way.ALONG),
    Row(A, Part.TAKEN, "A-K", Way.ALONG, None, "K"),
    Row(AIR, Part.CONVERTED, "A-AIR", Way.ALONG, None, "K"),
    Row(HEAT, Part.CONVERTED, "A-HEAT", Way.ALONG, None, "K"),
    Row(AIR, Part.USED, "A-AL", Way.ALONG),
]


def meters(wanted: PoolKey, *, feeds_back: bool) -> set[str]:
    found = narrowed(Layout(ROWS), wanted.__eq__, lambda row: feeds_back or row.way is Way.ALONG)
    return {row.meter for row in found.rows}


def test_what_feeds_a_converter_is_read_with_all_that_it_gives() -> None:
    assert meters(AIR, feeds_back=False) == {"P", "A-M", "A-K", "A-AIR", "A-HEAT", "A-AL"}


def test_a_neighbour_that_feeds_back_has_a_part_and_its_loads_have_none() -> None:
    assert meters(AIR, feeds_back=True) - meters(AIR, feeds_back=False) == {"B-M", "B-PV"}


def test_a_pool_that_is_asked_for_keeps_all_its_rows_and_what_its_converters_give() -> None:
    assert meters(A, feeds_back=False) == {"P", "A-M", "A-K", "A-AIR", "A-HEAT"}
    assert meters(PARK, feeds_back=False) == {"P", "P-L", "A-M", "B-M"}
