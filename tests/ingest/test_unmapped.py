import pytest

from ingest.json_path import follow, parse_path
from ingest.unmapped import unmapped

DOCUMENT = {
    "t": 1,
    "emeters": [{"phase": "b", "power": 2.5}, {"phase": "a", "power": 3, "pf": 0.9}],
    "wifi": {"rssi": -61, "ssid": "x", "on": True, "1.8.0": 7},
    "gone": None,
}


def test_numbers_that_no_path_leads_to_are_found_by_their_path() -> None:
    mapped = [parse_path(text) for text in ("t", "emeters[phase=a].power", "nowhere.at.all")]
    found = unmapped(DOCUMENT, mapped)
    assert found == {"emeters.0.power": 2.5, "emeters.1.pf": 0.9, "wifi.rssi": -61, 'wifi["1.8.0"]': 7}


def test_a_template_finds_each_number_at_the_path_named() -> None:
    found = unmapped(DOCUMENT, [])
    assert {path: follow(DOCUMENT, parse_path(path)) for path in found} == found


@pytest.mark.parametrize(
    "document",
    [{f"n{i}": i for i in range(5_000)}, {str(n): {str(i): i for i in range(100)} for n in range(50)}],
)
def test_no_payload_takes_more_than_a_thousand(document: object) -> None:
    assert len(unmapped(document, [])) == 1_000


def test_what_no_quantity_could_be_is_left_out() -> None:
    assert unmapped({"a": 10**400, "b": float("inf"), "c": float("nan"), "d": True, "e": 1}, []) == {"e": 1}


def test_what_stands_too_deep_is_left_out() -> None:
    document: object = 5
    for _ in range(900):
        document = {"a": document}
    assert unmapped(document, []) == {}
