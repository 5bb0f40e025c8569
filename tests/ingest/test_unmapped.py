import pytest

from ingest.json_path import follow, parse_path
from ingest.unmapped import unmapped, written

DOCUMENT = {
    "t": 1,
    "emeters": [{"phase": "b", "power": 2.5}, {"phase": "a", "power": 3, "pf": 0.9}],
    "wifi": {"rssi": -61, "ssid": "x", "on": True, "1.8.0": 7},
    "gone": None,
}


def test_numbers_that_no_path_leads_to_are_found_by_their_path() -> None:
    mapped = [parse_path(text) for text in ("t", "emeters[phase=a].power", "nowhere.at.all")]
    found = unmapped(DOCUMENT, mapped)
    assert found == {
        "emeters[phase=b].power": 2.5,
        "emeters[phase=a].pf": 0.9,
        "wifi.rssi": -61,
        'wifi["1.8.0"]': 7,
    }


def test_elements_of_an_array_from_which_nothing_is_chosen_are_named_by_their_place() -> None:
    assert unmapped({"a": [{"k": "x", "n": 1}, {"k": "x", "n": 2}]}, []) == {"a.0.n": 1, "a.1.n": 2}
    mapped = [parse_path("a[k=x].m")]
    assert unmapped({"a": [{"k": "x", "n": 1}, {"k": "x", "n": 2}]}, mapped) == {"a[k=x].n": 1, "a.1.n": 2}


@pytest.mark.parametrize("text", ["a.0.b", 'wifi["1.8.0"].x', "a[k=v w].b", ""])
def test_a_path_has_one_text(text: str) -> None:
    assert written(parse_path(text)) == text
    assert written(parse_path('["a"]["0"].b')) == "a.0.b"


@pytest.mark.parametrize(
    ("text", "number"), [("230.5", 230.5), ("-3", -3), ("", None), ("1e5", None), ("on", None)]
)
def test_a_number_may_stand_in_quotes(text: str, number: float | None) -> None:
    assert unmapped({"v": text}, []) == ({} if number is None else {"v": number})


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
