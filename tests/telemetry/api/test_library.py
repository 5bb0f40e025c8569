"""What the library holds and where everything is kept, as the settings page asks for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from telemetry.model import Site

pytestmark = pytest.mark.database
SITE = {
    "code": "p",
    "name": {"en": "Park", "zh": "园区"},
    "zone": "Asia/Shanghai",
    "region": "CN-GD",
    "areas": [{"code": "p", "kind": "park", "name": {"en": "Park", "zh": "园区"}}],
    "sources": [{"kind": "push", "code": "s"}],
    "meters": [{"code": "m", "name": {"en": "Meter", "zh": "表"}, "area": "p", "source": "s"}],
}


def test_factors_say_who_published_them_and_which_regions_answer(start: Callable[..., Any]) -> None:
    told = start(Site.model_validate(SITE)).get("/library/factors")
    assert told["regions"][0] == "CN-GD"
    assert told["regions"][-1] == "CN"
    assert all(one["source"] and one["edition"] and one["name"]["zh"] for one in told["factors"])
    guangdong = [
        one
        for one in told["factors"]
        if (one["region"], one["purpose"], one["item"]) == ("CN-GD", "scope2_location", "electricity")
    ]
    assert 0.4403 in [one["value"] for one in guangdong]


def test_tariffs_come_with_their_documents_and_prices_as_printed(start: Callable[..., Any]) -> None:
    told = start(Site.model_validate(SITE)).get("/library/tariffs")["tariffs"]
    assert not any(one["here"] for one in told)
    assert all(one["source"] for one in told)
    tables = [table for one in told for table in one["tables"]]
    assert all(isinstance(price, str) for table in tables for price in table["prices"].values())
    for one in told:
        days = [table["valid_from"] for table in one["tables"]]
        assert days == sorted(days, reverse=True)


def test_the_database_tells_how_much_room_it_takes(start: Callable[..., Any]) -> None:
    service = start(Site.model_validate(SITE))
    at = datetime(2026, 11, 22, tzinfo=UTC)
    service.post(
        [
            {"meter": "m", "time": (at + timedelta(seconds=n)).isoformat(), "values": {"active_power": n}}
            for n in range(500)
        ]
    )
    told = service.get("/storage")
    named = {one["name"]: one["bytes"] for one in told["relations"]}
    assert named["reading"] > 0
    assert sum(named.values()) + told["other_bytes"] == told["bytes"]
    assert (told["version"][:2].isdigit(), bool(told["server"])) == (True, True)
