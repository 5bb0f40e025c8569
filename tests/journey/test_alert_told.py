"""From a register over its limit to a signed message at somebody else's door, and back within it."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from receivers import Receiver

pytestmark = [pytest.mark.browser, pytest.mark.database]
POWER = 0x0034
METER = """
  - code: press
    name: {en: Press <1>, zh: 压机}
    area: E1
    source: line-1
    device: eastron-sdm630
    address: 9
"""
RULE = """
kind: limit
code: press-limit
name: {en: Press over its limit, zh: 压机超限}
severity: critical
where: {meters: [press]}
quantity: active_power
above: 40 kW
hysteresis: 2 kW
"""
CONTACTS = """
page: https://park.example
contacts:
  - code: desk
    name: {{en: Desk, zh: 值班台}}
    language: en
    channels: [{{kind: webhook, url: "{url}", secret_variable: PARKWATT_DESK}}]
routes: [{{code: all, contacts: [desk], rules: [press-limit]}}]
"""


def until(what: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "this did not come about in time"
        time.sleep(0.05)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with closing(Receiver()) as opened:
        yield opened


def test_a_register_over_its_limit_is_told_and_its_end_too(
    serve: Callable[..., Any], site: str, put: Callable[[int, int, float], None], receiver: Receiver
) -> None:
    put(9, POWER, 30_000.0)
    service = serve(site + METER.removeprefix("\n"), PARKWATT_DESK="a secret of the test")
    folder = Path(service.variables["PARKWATT_CONFIG_DIR"])
    (folder / "alerts").mkdir()
    (folder / "alerts" / "press.yaml").write_text(RULE, encoding="utf-8")
    (folder / "contacts.yaml").write_text(CONTACTS.format(url=receiver.url), encoding="utf-8")
    until(lambda: httpx.get(f"{service.url}/api/v1/contacts", timeout=60).json()["contacts"])
    assert httpx.get(f"{service.url}/api/v1/contacts", timeout=60).json()["contacts"][0]["missing"] == []
    put(9, POWER, 45_000.0)
    until(lambda: len(receiver.requests) == 1)
    put(9, POWER, 30_000.0)
    until(lambda: len(receiver.requests) == 2)
    began, over = receiver.bodies
    assert began["subject"] == "[critical] Press over its limit: Press <1> (press) began, 45 kW, limit 40 kW"
    assert began["alert"]["link"] == "https://park.example/meters/press"
    assert began["alert"]["areas"] == ["E1", "plant"]
    assert over["alert"]["what"] == "resolved"
    assert over["alert"]["alert"] == began["alert"]["alert"]
    asked = f"{service.url}/api/v1/deliveries?state=sent"
    until(lambda: len(httpx.get(asked, timeout=60).json()["deliveries"]) == 2)
    assert [each["what"] for each in httpx.get(asked, timeout=60).json()["deliveries"]] == [
        "resolved",
        "fired",
    ]
    assert "a secret of the test" not in service.log.read_text(encoding="utf-8")
