"""Adding to a site file changes nothing else in it, however a person wrote it."""

import pytest
import yaml

from telemetry.settings.documents import parse_yaml
from telemetry.settings.site_text import SiteTextError, added, written

NEW = {"code": "M-9", "name": {"en": "New: one", "zh": "新表 #9"}, "address": 3}
LISTS = (
    "code: p\nmeters:\n  - {code: A} # the incomer\n\n# the end\n",
    "code: p\nmeters:\n- code: A\n  note: |\n    two\n    lines\nzone: UTC\n",
    "code: p\nmeters: [{code: A}]  # all of them\nzone: UTC\n",
    "code: p\nmeters:\n    - code: A\n      name: {en: a, zh: 表}",
    "meters: [] # none yet\ncode: p\n",
    "meters:\ncode: p\n",
    "meters: null\ncode: p",
    "code: p",
    "code: p\nmeters:\n  - code: A\n    history:\n      - {multiplier: 40}\n      # more\nsources: []\n",
)


@pytest.mark.parametrize("text", LISTS)
def test_an_item_comes_to_the_end_of_its_list(text: str) -> None:
    before = parse_yaml(text)
    assert isinstance(before, dict)
    told = added(text, {"meters": [NEW], "sources": []})
    assert parse_yaml(told) == {**before, "meters": [*(before.get("meters") or []), NEW]}


@pytest.mark.parametrize("text", LISTS)
def test_what_a_person_wrote_stays(text: str) -> None:
    kept = [line.strip() for line in text.splitlines() if "#" in line]
    told = added(text, {"meters": [NEW, {**NEW, "code": "M-10"}], "areas": [{"code": "E"}]})
    comments = [line[line.index("#") :] for line in kept]
    assert all(comment in told for comment in comments)


@pytest.mark.parametrize(
    "text", ["{code: p, meters: []}", "- a\n- b\n", "code: p\nmeters: &m [{code: A}]\nx: *m\n"]
)
def test_what_cannot_be_added_to_is_refused(text: str) -> None:
    with pytest.raises(SiteTextError):
        added(text, {"meters": [NEW]})


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(yaml.YAMLError):
        added("code: p\ncode: q\n", {"meters": [NEW]})


def test_a_first_file_is_lines_that_a_person_would_write() -> None:
    document = {"code": "p", "name": {"en": "Works", "zh": "工厂"}, "areas": [{"code": "p", "kind": "park"}]}
    told = written(document)
    assert told.splitlines() == [
        "code: p",
        "name: {en: Works, zh: 工厂}",
        "areas:",
        "  - {code: p, kind: park}",
    ]
