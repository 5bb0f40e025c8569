import pytest

from ingest.json_path import ABSENT, Chosen, follow, parse_path

DOCUMENT = {
    "emeters": [{"phase": "a", "power": 1}, {"phase": "b", "power": 2}],
    "values": [{"id": "1.8.0", "v": 3}, {"id": 7, "v": 4}],
    "em:0": {"1.8.0": 5, "list": [6, [7]]},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("emeters.1.power", 2),
        ("emeters[phase=b].power", 2),
        ("values[id=1.8.0].v", 3),
        ("values[id=7].v", 4),
        ('em:0["1.8.0"]', 5),
        ("em:0.list.1.0", 7),
        ("emeters[phase=c].power", ABSENT),
        ("emeters[power=1.5].phase", ABSENT),
        ("emeters.2", ABSENT),
        ("em:0[phase=a]", ABSENT),
        ("emeters.phase", ABSENT),
    ],
)
def test_paths_lead_to_what_stands_there(path: str, found: object) -> None:
    assert follow(DOCUMENT, parse_path(path)) == found


def test_the_empty_path_is_the_document() -> None:
    assert follow(DOCUMENT, parse_path("")) is DOCUMENT


def test_a_path_is_read_into_steps() -> None:
    assert parse_path('a["b.c"][k=v.w].0') == ("a", "b.c", Chosen("k", "v.w"), "0")


@pytest.mark.parametrize("path", ["a..b", ".a", "a.", "a[b", "a]b", "[k=]", "a[1]", "a[k=v]b"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        parse_path(path)
